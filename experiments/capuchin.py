"""Calls of the Capuchinbird: is there one in 3 s, and how many are in a forest recording?

The tutorials shuffle their clips anew before each pass, so that training and test clips change
places, and clips of one field recording stand on both sides; their counts take windows end to end,
so that a call on a border is lost or counted twice. Here the split is by recording, validation
picks checkpoint and thresholds, and calls are found in windows that overlap and are judged by the
truth where there is one. `--set=data.protocol=leaky_clips` gives the tutorials' own, flattering,
number.

Windows of 3 s cannot tell apart calls whose middles are nearer than 1.5 s. So event scores have a
ceiling: what a detector that is never wrong would have stands in result.json as forests/ceiling.
"""

from research.augment import SpecAugment, Speed
from research.experiment import Data, Experiment, StandIn
from research.frontends import STFT, LogMel
from research.models import PlainCNN2D, SeparableCNN
from research.optimizers import Adam, WarmupCosine
from research.tasks import Detection

CLIPS = Data(corpus='capuchin', slice_s=3.0)


def capuchin_cnn2d() -> Experiment:
    """Two convolutions over the magnitudes of a short-time Fourier transform.

    Published: validation recall 1.000 and precision 0.986 after the 4th epoch, on clips of which
    some were trained on.
    Model: 6,021,857 parameters.
    Budget: 4 epochs, as published; 30 steps on the stand-in. Cost: python -m benchmarks.train_step.
    Ceiling: event F1 0.947, recall 0.899, count error 0.83 on the stand-in, for windows of 3 s.

    A clip shorter than 3 s has its zeros behind it, where the published one has them in front.
    Seen: average_precision 63.1% [57.1%, 76.2%] on synthetic_calls, 3 seeds, 2026-11-28.
    """
    return Experiment(
        name='capuchin_cnn2d',
        data=CLIPS,
        frontend=STFT(rate_hz=16_000, n_fft=512, win_length=320, hop=32, center=False),
        model=PlainCNN2D(),
        task=Detection(),
        optimizer=Adam(learning_rate=1e-3),
        batch_size=16,
        epochs=4.0,
        standin=StandIn('synthetic_calls'),
    )


def capuchin_small() -> Experiment:
    """Depthwise-separable convolutions over a log-mel spectrogram; Speed and SpecAugment.

    The call lies below 2 kHz (Snow, "The Cotingas", 1982), and its harmonics are 100 Hz and more
    apart: 8 kHz are enough, with windows of 64 ms.
    Model: 52,225 parameters.
    Budget: 120 epochs; 900 steps on the stand-in, which take less time than the 30 of
    `capuchin_cnn2d`. Cost: python -m benchmarks.train_step.
    Ceiling: event F1 0.947, recall 0.899, count error 0.83 on the stand-in, for windows of 3 s.
    Seen: average_precision 81.2% [69.1%, 91.9%] on synthetic_calls, 3 seeds, 2026-11-28.
    """
    return Experiment(
        name='capuchin_small',
        data=CLIPS,
        frontend=LogMel(rate_hz=8000, n_fft=512, hop=256, n_mels=64, fmin_hz=50.0, top_db=None),
        model=SeparableCNN(),
        task=Detection(),
        optimizer=Adam(
            learning_rate=2e-3, schedule=WarmupCosine(warmup_steps=20), weight_decay=1e-2
        ),
        augment=(
            Speed(),
            SpecAugment(time_masks=1, max_time=15.0, freq_masks=1, max_freq=8.0),
        ),
        batch_size=16,
        epochs=120.0,
        standin=StandIn('synthetic_calls'),
    )
