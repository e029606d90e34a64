"""Which of a person's own folders a song is from."""

from research.experiment import Data, Experiment, StandIn
from research.frontends import Mel
from research.models import PlainCNN2D
from research.optimizers import RMSprop
from research.tasks import Classification

RATE_HZ = 22_050
SLICE = 100_000  # samples


def tracks_cnn2d() -> Experiment:
    """Three 2-D convolutions over power mel-spectrograms of slices of 4.5 s, a folder a class.

    Prepare: python -m data_prep audio_folder:tracks --source=DIR, of DIR/<genre>/*.mp3.
    Published: two genres of 100 songs, slices dealt at random, so that songs stand on both sides;
    validation accuracy hardly rises. Here songs (and near copies) are dealt whole and joined, and
    there may be any number of folders. `--set=frontend=LogMel` hears decibels.
    What is not published is read into it: 32, 64 and 64 filters of 3 x 3, pooling by 2, 64 dense
    units, RMSprop at 1e-3 in batches of 32.
    Model: 5,216,898 parameters with two classes. The published one has 65 fewer: one sigmoid, which
    is the softmax of two outputs with the other held at zero.

    On the stand-in a piece gives three slices of the six that it has: minutes on two CPU cores.
    Seen: item_accuracy 41.7% [29.2%, 54.2%] on corpus_styles, 3 seeds, 2026-11-28.
    """
    return Experiment(
        name='tracks_cnn2d',
        data=Data(corpus='audio_folder:tracks', slice_s=SLICE / RATE_HZ, slices=100),
        frontend=Mel(rate_hz=RATE_HZ),
        model=PlainCNN2D(channels=(32, 64, 64), pools=(2, 2, 1), dense=(64,)),
        task=Classification(),
        optimizer=RMSprop(learning_rate=1e-3),
        batch_size=32,
        epochs=10.0,
        standin=StandIn('corpus_styles', ('data.slices=3',)),
    )
