"""Speed of each step of a prep, beside plain loops over librosa.load and soundfile, in one run.

    python -m benchmarks.prep --files=200 --repeats=3

Makes a folder of FLAC files (16 kHz mono, 12 s, as speech comes) and one of MP3 files (44.1 kHz
stereo, 30 s, as music comes) out of synthesised sound, and prints how many hours of audio each way
gets through in a second, its fastest repeat, and its ratio to both yardsticks. Ours and theirs take
turns, so that each meets the same load. A whole prep starts processes of its own, some seconds.
"""

import concurrent.futures
import dataclasses
import datetime
import multiprocessing
import operator
import os
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import librosa
import numpy as np
import soundfile
from absl import app, flags

import data_prep
from data_prep import audio, audio_folder, sketches
from data_prep.building import plans, shards
from data_prep.cards import Entry
from data_prep.synthesis.additive import stream
from research import clips

FILES = flags.DEFINE_integer('files', 200, 'Files of each format.', lower_bound=4)
REPEATS = flags.DEFINE_integer('repeats', 3, 'Times that each is run.', lower_bound=1)
RESAMPLED_HZ = 22_050


def main(argv: list[str]) -> None:
    if argv[1:]:
        raise app.UsageError(f'{argv[1]}: no arguments are taken')
    cores = os.cpu_count() or 1
    print(
        f'{datetime.date.today()}, {cores} cores, librosa {version("librosa")}, '
        f'soundfile {version("soundfile")}, {FILES.value} files of each format'
    )
    context = multiprocessing.get_context('spawn')
    with (
        tempfile.TemporaryDirectory() as folder,
        concurrent.futures.ProcessPoolExecutor(cores, context) as pool,
    ):
        list(pool.map(time.sleep, [0.1] * cores))  # processes are there before the clock starts
        for make in (speech, music):
            place = Path(folder, make.__name__)
            folders = place / 'sounds' / 'odd', place / 'sounds' / 'even'  # two classes
            seconds = [make(folders[i % 2], i) for i in range(FILES.value)]
            hours = sum(seconds) / 3600
            table(f'{make.__name__}: {hours:.2f} hours', hours, ways(place, pool))


def speech(folder: Path, number: int) -> float:
    """One FLAC file; returns its seconds."""
    return _write(folder / f'{number}.flac', rate_hz=16_000, seconds=12, channels=1)


def music(folder: Path, number: int) -> float:
    """One MP3 file; returns its seconds."""
    return _write(folder / f'{number}.mp3', rate_hz=44_100, seconds=30, channels=2)


def ways(place: Path, pool: concurrent.futures.ProcessPoolExecutor) -> dict[str, Callable]:
    """What is timed, by name: the two yardsticks first."""
    paths = sorted(map(str, (place / 'sounds').glob('*/*')))
    sounds = list(map(audio.decode, paths))
    preps = iter(range(10**6))
    return {
        'librosa.load, one by one': lambda: [librosa.load(path, sr=None) for path in paths],
        'soundfile.read, all cores': lambda: list(pool.map(_read, paths, chunksize=8)),
        f'librosa.load to {RESAMPLED_HZ:,} Hz, one by one': lambda: [
            librosa.load(path, sr=RESAMPLED_HZ) for path in paths
        ],
        'soundfile.read, one by one': lambda: list(map(_read, paths)),
        'decode, one by one': lambda: list(map(_decode, paths)),
        'decode, all cores': lambda: list(pool.map(_decode, paths, chunksize=8)),
        f'resample to {RESAMPLED_HZ:,} Hz, one by one': lambda: list(map(_resample, sounds)),
        'hash, sketch and write, one by one': lambda: _shard(sounds, place),
        'decode and sketch, all cores': lambda: list(pool.map(_sketch, paths, chunksize=8)),
        'whole prep, all cores': lambda: data_prep.prepare(
            f'audio_folder:{next(preps)}', place / 'data', source=place / 'sounds', report=str
        ),
    }


def table(title: str, hours: float, ways: dict[str, Callable]) -> None:
    """Runs all ways in turn and prints a line each."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(1 + REPEATS.value):  # the first finds nothing in the page cache
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            times[name].append(time.perf_counter() - start)
    speeds = {name: hours / min(taken[1:]) for name, taken in times.items()}
    loop, bare, *_ = speeds.values()
    print(f'\n{title:48}{"hours/s":>10}{"/ librosa":>12}{"/ soundfile":>13}')
    for name, speed in speeds.items():
        print(f'{name:48}{speed:10.3f}{speed / loop:12.2f}{speed / bare:13.2f}')


def _write(path: Path, rate_hz: int, seconds: int, channels: int) -> float:
    """Tones that come and go over faint noise: silence and noise alone would code unlike sound."""
    path.parent.mkdir(parents=True, exist_ok=True)
    random = stream(path.name)
    t = np.arange(rate_hz * seconds) / rate_hz
    sound = random.normal(0, 0.003, (len(t), channels))
    for start in np.arange(0, seconds, 0.25):
        tone = 110 * 2 ** (random.integers(0, 36) / 12)
        near = slice(int(start * rate_hz), int((start + 0.25) * rate_hz))
        fading = np.exp(-8 * (t[near] - start))
        harmonics = sum(np.sin(2 * np.pi * tone * k * t[near]) / k for k in range(1, 6))
        sound[near] += 0.2 * (fading * harmonics)[:, None]
    soundfile.write(path, np.clip(sound, -1, 1), rate_hz)
    return float(seconds)


def _read(path: str) -> int:
    return len(soundfile.read(path)[0])


def _decode(path: str) -> int:
    return len(audio.decode(path).samples)


def _resample(sound: audio.Recording) -> int:
    # As a stream does when it is trained on: a prep keeps each recording's own rate.
    end = len(sound.samples) * RESAMPLED_HZ // sound.rate_hz
    return len(clips.resampled(sound.samples, sound.rate_hz, RESAMPLED_HZ, 0, end))


def _shard(sounds: list[audio.Recording], folder: Path) -> None:
    corpus = dataclasses.replace(
        audio_folder.CORPUS, classes=('one',), load=operator.attrgetter('content')
    )
    columns = dict.fromkeys(corpus.columns, '')
    entries = [Entry(f'{i}', 'one', '', columns, sound) for i, sound in enumerate(sounds)]
    shards.write(shards.Recipe(corpus, folder), plans.Shard(0, tuple(entries)))


def _sketch(path: str) -> int:
    sound = audio.decode(path)
    return len(sketches.audio(sound.samples, sound.rate_hz))


if __name__ == '__main__':
    app.run(main)
