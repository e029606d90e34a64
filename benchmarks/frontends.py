"""Speed of each front-end beside librosa, on the same signal in the same run.

    python -m benchmarks.frontends --seconds=30 --repeats=10

Prints how many seconds of sound each gets through in a second (its fastest repeat), ours under jit
and after compilation, on the default device; librosa on the CPU. Transfers are not counted.
"""

import datetime
import functools
import os
import time
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import jax
import jax.numpy as jnp
import librosa
import numpy as np
from absl import app, flags, logging

from research.frontends import MFCC, STFT, LogMel, Mel, resample

SECONDS = flags.DEFINE_float('seconds', 30.0, 'Length of the signal.', lower_bound=1.0)
REPEATS = flags.DEFINE_integer('repeats', 10, 'Times that each is run.', lower_bound=1)


def rows() -> dict[str, tuple[int, Callable, Callable[[np.ndarray], Any]]]:
    """Name to the rate of the samples, ours and librosa's."""
    capuchin = STFT(rate_hz=16000, n_fft=512, win_length=320, hop=32, center=False)
    speech = STFT(rate_hz=16000, n_fft=320, hop=160, center=False)
    stft = functools.partial(librosa.stft, center=False)
    return {
        'STFT 2048/512': (22050, STFT(), lambda y: abs(librosa.stft(y))),
        'STFT 512/320/32': (
            16000,
            capuchin,
            lambda y: abs(stft(y, n_fft=512, win_length=320, hop_length=32)),
        ),
        'STFT 320/160': (16000, speech, lambda y: abs(stft(y, n_fft=320, hop_length=160))),
        'Mel': (22050, Mel(), lambda y: librosa.feature.melspectrogram(y=y, sr=22050)),
        'LogMel': (
            22050,
            LogMel(),
            lambda y: librosa.power_to_db(librosa.feature.melspectrogram(y=y, sr=22050)),
        ),
        'MFCC 13': (
            22050,
            MFCC(n_mfcc=13),
            lambda y: librosa.feature.mfcc(y=y, sr=22050, n_mfcc=13),
        ),
        'resample 22050 > 16000': (
            22050,
            lambda y: resample(y, 22050, 16000),
            lambda y: librosa.resample(y, orig_sr=22050, target_sr=16000, res_type='polyphase'),
        ),
    }


def fastest_s(*functions: Callable[[], Any]) -> list[float]:
    """Seconds of each one's fastest repeat; they take turns, so that each meets the same load."""
    times: list[list[float]] = [[] for _ in functions]
    for _ in range(1 + REPEATS.value):
        for function, taken in zip(functions, times, strict=True):
            start = time.perf_counter()
            function()
            taken.append(time.perf_counter() - start)
    return [min(taken[1:]) for taken in times]


def main(argv: list[str]) -> None:
    if argv[1:]:
        raise app.UsageError(f'{argv[1]}: no arguments are taken')
    logging.set_verbosity(logging.WARNING)
    device = jax.devices()[0]
    print(
        f'{datetime.date.today()}, {device.device_kind}, {os.cpu_count()} cores, '
        f'jax {version("jax")}, librosa {version("librosa")}, {SECONDS.value:g} s of noise'
    )
    print(f'{"":24}{"x real time":>12}{"librosa":>12}{"ratio":>8}')
    for name, (rate_hz, ours, theirs) in rows().items():
        size = round(SECONDS.value * rate_hz)
        noise = np.random.default_rng(0).uniform(-1, 1, size).astype(np.float32)
        on_device, program = jnp.asarray(noise), jax.jit(ours)
        ours_s, theirs_s = fastest_s(
            lambda p=program, x=on_device: jax.block_until_ready(p(x)),
            lambda f=theirs, x=noise: f(x),
        )
        speed, their_speed = SECONDS.value / ours_s, SECONDS.value / theirs_s
        print(f'{name:24}{speed:12,.0f}{their_speed:12,.0f}{theirs_s / ours_s:8.2f}')


if __name__ == '__main__':
    app.run(main)
