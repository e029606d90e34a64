"""Every published system here and in Keras, in one run: a training step, and an epoch end to end.

    pip install -r requirements-benchmarks.txt -c constraints.txt
    python -m benchmarks.systems --data_dir=data
    python -m benchmarks.systems --system=genre_lstm --seconds=20

Both train the same architecture on the same arrays, the training part of the embedded corpus (its
first batches), at the published batch size, halved where the corpus does not fill one. Ours and
theirs take turns, so that each meets the same load; each is given by its fastest turn. An epoch
begins with a prepared corpus: here its records
are read and go through the front-end on the device, there they go through librosa one by one; then
comes every step of the epoch. Programs are compiled before anything is timed. A ratio above 1: ours
is so many times faster.
"""

import contextlib
import datetime
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import jax
import librosa
import numpy as np
from absl import app, flags, logging

from benchmarks.keras_systems import MODELS
from benchmarks.prepared import Prepared, Steps
from research import parallel, sources
from research.batches import Features
from research.experiment import sound
from research.frontends import MFCC, STFT, FrontEnd, Mel

SYSTEM = flags.DEFINE_multi_enum('system', [], sorted(MODELS), 'Which; all where none is named.')
DATA_DIR = flags.DEFINE_string('data_dir', 'data', 'Prepared corpora; what lacks is prepared.')
SECONDS = flags.DEFINE_float('seconds', 5.0, 'Of each turn.', lower_bound=0.1)
TURNS = flags.DEFINE_integer('turns', 3, 'Of each side.', lower_bound=1)
BATCHES = flags.DEFINE_integer('batches', 4, 'Of training examples, at most.', lower_bound=1)
PYTHON = flags.DEFINE_string('keras_python', sys.executable, 'An interpreter with TensorFlow.')


def arrays(prepared: Prepared) -> dict[str, np.ndarray]:
    """The same data as benchmarks.keras_systems wants it."""
    model: Any = prepared.experiment.model
    assert isinstance(prepared.data, Features), f'{prepared.experiment.name} draws random samples'
    x, y = np.asarray(prepared.data.inputs), prepared.data.targets
    if isinstance(y, dict) and 'first' in y:  # notes: the last word is told from those before
        tokens = x[..., 0]
        x, y = tokens[:, :-1, None] / np.float32(max(model.outputs - 1, 1)), tokens[:, -1]
    elif isinstance(y, dict):
        y = y['tokens']
    fields = {name: getattr(model, name, ()) for name in ('channels', 'pools', 'dense')}
    return {
        'x': x.astype(np.float32),
        'y': np.asarray(y),
        'batch': np.array(prepared.experiment.batch_size),
        'outputs': np.array(model.outputs),
        **{name: np.array(each, int) for name, each in fields.items()},
    }


def turn_here(epoch: Steps, seconds: float) -> float:
    """The seconds of a step, in a turn of so many seconds."""
    done, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        epoch()
        done += epoch.prepared.steps
    return (time.perf_counter() - began) / done


def heard_by_librosa(system: Prepared) -> list[np.ndarray]:
    """The front-end as the tutorials run it, slice by slice."""
    frontend: Any = sound(system.experiment)
    size = round(system.experiment.data.slice_s * frontend.rate_hz)
    found = []
    for record in np.unique(system.examples.record).tolist():
        [samples] = system.corpus.audio([record])
        wave = samples / np.float32(32768)
        rate_hz = int(system.corpus.rates_hz[record])
        if rate_hz != frontend.rate_hz:
            wave = librosa.resample(wave, orig_sr=rate_hz, target_sr=frontend.rate_hz)
        for start in system.examples.start[system.examples.record == record].tolist():
            found.append(_features(frontend, wave[start : start + size]))
    return found


def _features(frontend: Any, wave: np.ndarray) -> np.ndarray:
    short = {'n_fft': frontend.n_fft, 'hop_length': frontend.hop}
    if isinstance(frontend, MFCC):
        return librosa.feature.mfcc(y=wave, sr=frontend.rate_hz, n_mfcc=frontend.n_mfcc, **short).T
    if isinstance(frontend, Mel):
        return librosa.feature.melspectrogram(
            y=wave, sr=frontend.rate_hz, n_mels=frontend.n_mels, **short
        ).T
    assert isinstance(frontend, STFT), frontend
    spectrum = librosa.stft(wave, win_length=frontend.width, center=frontend.center, **short)
    return np.abs(spectrum).T


@contextlib.contextmanager
def keras(folder: Path) -> Iterator[Callable[[str, float], dict[str, Any]]]:
    """The child that trains in Keras; asks it for a turn."""
    command = [PYTHON.value, '-m', 'benchmarks.keras_systems', str(folder)]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdin
    assert child.stdout

    def turn(name: str, seconds: float) -> dict[str, Any]:
        assert child.stdin
        assert child.stdout
        child.stdin.write(f'{name} {seconds}\n')
        child.stdin.flush()
        line = child.stdout.readline()
        if not line:
            raise RuntimeError(f'{" ".join(command)} ended with {child.wait()}')
        return json.loads(line)

    try:
        yield turn
    finally:
        child.stdin.close()
        child.wait()


def measure(name: str, folder: Path, turn_there: Callable[..., dict[str, Any]]) -> list[str]:
    """A row of the table."""
    system = Prepared.make(name, Path(DATA_DIR.value), BATCHES.value)
    np.savez(folder / f'{name}.npz', allow_pickle=False, **arrays(system))
    epoch = Steps(system)
    epoch()
    here, there, counted = [], [], 0
    for _ in range(TURNS.value):
        here.append(turn_here(epoch, SECONDS.value))
        said = turn_there(name, SECONDS.value)
        there.append(said['seconds'] / said['steps'])
        counted = said['parameters']
    notes = not isinstance(system.experiment.frontend, FrontEnd)
    epochs_here, heard_there = [], []
    for _ in range(TURNS.value):
        began = time.perf_counter()
        epoch(sources.on_device(system.experiment, system.corpus, system.examples))
        epochs_here.append(time.perf_counter() - began)
        began = time.perf_counter()
        _ = [] if notes else heard_by_librosa(system)
        heard_there.append(time.perf_counter() - began)
    epoch_here, epoch_there = min(epochs_here), min(heard_there) + min(there) * system.steps
    return [
        name,
        str(system.experiment.batch_size),
        f'{epoch.parameters:,}',
        f'{counted:,}',
        f'{1e3 * min(here):,.1f}',
        f'{1e3 * min(there):,.1f}',
        f'{min(there) / min(here):.2f}',
        f'{epoch_here:.1f}',
        f'{epoch_there:.1f}',
        f'{epoch_there / epoch_here:.2f}',
    ]


def main(argv: Sequence[str]) -> None:
    del argv
    logging.set_verbosity(logging.WARNING)
    if PYTHON.value == sys.executable and not find_spec('tensorflow'):
        sys.exit(
            'error: TensorFlow is not installed: '
            'pip install -r requirements-benchmarks.txt -c constraints.txt'
        )
    device = parallel.describe()
    print(
        f'{datetime.date.today()}, {os.cpu_count()} cores, {device["count"]} x {device["kind"]} '
        f'({device["platform"]}), jax {jax.__version__}, librosa {version("librosa")}'
    )
    header = ['system', 'batch', 'parameters', 'of them in Keras', 'ms a step', 'Keras', 'ratio']
    header += ['s an epoch', 'Keras and librosa', 'ratio']
    print(f'| {" | ".join(header)} |\n|{" --- |" * len(header)}')
    with tempfile.TemporaryDirectory() as folder, keras(Path(folder)) as turn:
        for name in SYSTEM.value or MODELS:
            print(f'| {" | ".join(measure(name, Path(folder), turn))} |', flush=True)


if __name__ == '__main__':
    app.run(main)
