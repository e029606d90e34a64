"""Random forests beside the networks, and the tempo of a recording.

The tempo corpus is a folder of sounds with a table. Of GTZAN, whose tempi stand in a file
tempo.csv (track,tempo_bpm) and whose artists in tracks.csv (track,...,artist,...):

    (echo file,target,group; join -t, <(tail -n +2 tempo.csv | sort) \\
      <(tail -n +2 tracks.csv | cut -d, -f1,3 | sort)) > table.csv
    python -m data_prep audio_folder:tempo --source=genres_original --table=table.csv
"""

from research.experiment import Data, Experiment, StandIn
from research.frontends import STFT, LogMel
from research.models import CNN1D, Forest
from research.optimizers import Adam
from research.tasks import Classification, Regression

# Every experiment has an optimizer, and a forest has no use for it.
UNUSED = Adam()


def genre_forest() -> Experiment:
    """A random forest on statistics of STFT magnitudes over the whole clip.

    Published: a tutorial without a protocol; scores are not comparable.
    Model: 5,125 statistics (mean, deviation and three quantiles of 1,025 bins); 100 or 300 trees
    of depth 2 to 16, chosen by five folds of whole groups of the training part.
    Seen: item_accuracy 41.7% [30.0%, 54.0%] on corpus_styles, 3 seeds, 2026-11-28.
    """
    return Experiment(
        name='genre_forest',
        data=Data(corpus='gtzan', slice_s=29.0, slices=1),
        frontend=STFT(rate_hz=22_050, n_fft=2048, hop=2048),
        model=Forest(),
        task=Classification(),
        optimizer=UNUSED,
        standin=StandIn('corpus_styles'),
    )


def tempo_forest() -> Experiment:
    """A random forest on statistics of STFT magnitudes tells the tempo.

    Published: a tutorial without a protocol; scores are not comparable.
    Model: the 5,125 statistics of genre_forest, which do not know the order of frames; trees and
    depth chosen as there. Slices of 10 s, three of a clip of GTZAN; their mean is what is told.
    Seen: mae 25.015 [20.858, 29.443] on synthetic_rhythms, 3 seeds, 2026-11-28.
    """
    return _tempo_forest('tempo_forest', STFT(rate_hz=22_050, n_fft=2048, hop=2048), Forest())


def tempo_flux_forest() -> Experiment:
    """A random forest on the periodicity of the STFT's flux tells the tempo.

    Model: 344 statistics, the autocorrelation at lags up to four seconds; the rest as tempo_forest.
    Seen: mae 22.281 [19.286, 25.281] on synthetic_rhythms, 3 seeds, 2026-11-28.
    """
    model = Forest(moments=False, quantiles=(), lags=344)
    return _tempo_forest('tempo_flux_forest', STFT(rate_hz=22_050, n_fft=1024, hop=256), model)


def tempo_cnn1d() -> Experiment:
    """Five 1-D convolutions over log mel bands tell the tempo.

    Input after Schreiber and Mueller, "A single-step approach to musical tempo estimation using a
    convolutional neural network" (2018): 40 bands; there the tempo is one of 256 classes, here a
    number. A filter of the last level spans 1.6 s.
    Budget: 30 epochs of six slices; on the stand-in less time than the search over trees and depth
    of tempo_forest takes (docs/results.md).
    Seen: mae 22.036 [18.846, 25.569] on synthetic_rhythms, 3 seeds, 2026-11-28.
    """
    return Experiment(
        name='tempo_cnn1d',
        data=Data(corpus='audio_folder:tempo', slice_s=5.0, slices=6),
        frontend=LogMel(rate_hz=22_050, n_fft=1024, hop=256, n_mels=40),
        model=CNN1D(width=32, levels=5, kernel=5, norm_momentum=0.9),
        task=Regression(tempo=True),
        optimizer=Adam(learning_rate=1e-3),
        batch_size=16,
        epochs=30.0,
        standin=StandIn('synthetic_rhythms'),
    )


def _tempo_forest(name: str, frontend: STFT, model: Forest) -> Experiment:
    return Experiment(
        name=name,
        data=Data(corpus='audio_folder:tempo', slice_s=10.0, slices=3),
        frontend=frontend,
        model=model,
        task=Regression(tempo=True),
        optimizer=UNUSED,
        standin=StandIn('synthetic_rhythms'),
    )
