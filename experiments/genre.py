"""Genre of a recording: the four architectures of the public GTZAN tutorials, and a better one.

The tutorials split slices at random, so that slices of one song stand on both sides; here the split
is by track and artist (`fault_filtered` on GTZAN), predictions are joined per track, and validation
picks the checkpoint. `--set=data.protocol=leaky_slices` gives the tutorials' own, flattering,
number.
"""

import flax.linen as nn

from research.augment import Gain, Mixup, RandomCrop, SpecAugment, Speed
from research.experiment import Data, Experiment, StandIn
from research.frontends import MFCC, LogMel, Mel
from research.models import CNN1D, CNN2D, LSTM, MLP, ResNet
from research.optimizers import Adam, Optimizer, RMSprop, WarmupCosine
from research.tasks import Classification


def genre_cnn1d() -> Experiment:
    """Seven 1-D convolutions over a power mel-spectrogram of the whole clip.

    Published: about 60% on 10% of GTZAN's clips, one random split, no validation set.
    Model: 34,728,650 parameters with ten genres (16,256 of them running statistics).
    Seen: item_accuracy 50.0% [35.2%, 64.2%] on corpus_styles, 3 seeds, 2026-11-28.
    Cost: python -m benchmarks.train_step.

    On the stand-in's 120 clips a batch of 128 would be one step an epoch, so it takes smaller ones;
    and 225 steps are too few for running statistics that keep 99% a step.
    """
    return Experiment(
        name='genre_cnn1d',
        data=Data(corpus='gtzan', slice_s=29.0, slices=1),
        frontend=Mel(rate_hz=16_000, frames=900),
        model=CNN1D(),
        task=Classification(),
        optimizer=Adam(learning_rate=1e-4),
        batch_size=128,
        epochs=100.0,
        standin=StandIn('corpus_styles', ('batch_size=16', 'epochs=30', 'model.norm_momentum=0.9')),
    )


def genre_cnn2d() -> Experiment:
    """Three 2-D convolutions over the MFCCs of slices of 2.9 s.

    Published: 75-79% of validation slices, random split of slices.
    Model: 45,514 parameters with ten genres (192 of them running statistics).
    Seen: item_accuracy 38.9% [27.1%, 50.8%] on corpus_styles, 3 seeds, 2026-11-28.
    Cost: python -m benchmarks.train_step.
    """
    return _of_slices('genre_cnn2d', CNN2D(), RMSprop(learning_rate=1e-3), epochs=30.0)


def genre_mlp() -> Experiment:
    """Five dense layers on the flattened MFCCs of slices of 2.9 s.

    Published: 76% of training and 59% of validation slices, random split of slices; the optimizer
    is not stated, Adam at 1e-3 is read into it.
    Model: 1,268,298 parameters with ten genres.
    Seen: item_accuracy 39.4% [28.3%, 50.8%] on corpus_styles, 3 seeds, 2026-11-28.
    Cost: python -m benchmarks.train_step.
    """
    return _of_slices('genre_mlp', MLP(), Adam(learning_rate=1e-3), epochs=50.0)


def genre_lstm() -> Experiment:
    """Two LSTM layers over the MFCCs of slices of 2.9 s.

    Published: 90% of training and 76% of validation slices, random split of slices; optimizer and
    number of epochs are not stated, Adam at 1e-3 and 50 are read into it.
    Model: 57,802 parameters with ten genres.
    Seen: item_accuracy 43.3% [30.0%, 57.6%] on corpus_styles, 3 seeds, 2026-11-28.
    Cost: python -m benchmarks.train_step.
    """
    return _of_slices('genre_lstm', LSTM(), Adam(learning_rate=1e-3), epochs=50.0)


def genre_resnet() -> Experiment:
    """A residual network over log-mel slices of 9.6 s, augmented.

    Input: slices shifted by up to half their length, speed, level, masks and blends drawn anew for
    each step; label smoothing, decoupled weight decay and a cosine, after Kong et al., "PANNs"
    (2020), section III.
    Model: 1,233,578 parameters with ten genres (2,240 of them running statistics).
    Budget: 40 epochs of three slices a recording, where the tutorials' hear ten slices 30 to 50
    times; on the stand-in 1,622 s, where genre_cnn1d took 1,644 (docs/results.md). Cost: python -m
    benchmarks.train_step.
    Seen: item_accuracy 59.4% [46.7%, 72.0%] on corpus_styles, 3 seeds, 2026-11-28.
    """
    return Experiment(
        name='genre_resnet',
        data=Data(corpus='gtzan', slice_s=9.6, slices=3),
        frontend=LogMel(rate_hz=16_000, hop=1024),
        model=ResNet(),
        task=Classification(label_smoothing=0.1),
        optimizer=Adam(learning_rate=1e-3, weight_decay=0.05, schedule=WarmupCosine(100)),
        augment=(RandomCrop(4.8), Speed(3.0), Gain(6.0), SpecAugment(2, 20.0, 2, 16.0), Mixup(0.4)),
        batch_size=16,
        epochs=40.0,
        standin=StandIn('corpus_styles'),
    )


def _of_slices(name: str, model: nn.Module, optimizer: Optimizer, epochs: float) -> Experiment:
    """The first 29 s in ten slices: 63,945 samples each, 125 frames at a hop of 512."""
    return Experiment(
        name=name,
        data=Data(corpus='gtzan', slice_s=2.9, slices=10),
        frontend=MFCC(rate_hz=22_050, n_mfcc=13),
        model=model,
        task=Classification(),
        optimizer=optimizer,
        batch_size=32,
        epochs=epochs,
        standin=StandIn('corpus_styles'),
    )
