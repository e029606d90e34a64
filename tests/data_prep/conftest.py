"""Small sources in the layouts of the public, written without the library that reads them."""

import os
import struct
import subprocess
import sys
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import data_prep

RATE_HZ = 22_050
ROOT = Path(__file__).parents[2]


@pytest.fixture
def write_wav() -> Callable:
    def write(path: Path, samples: np.ndarray, rate_hz: int = RATE_HZ) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        with wave.open(str(path), 'wb') as file:
            file.setnchannels(1 if samples.ndim == 1 else samples.shape[1])
            file.setsampwidth(2)
            file.setframerate(rate_hz)
            file.writeframes(samples.astype('<i2').tobytes())
        return path

    return write


@pytest.fixture
def write_au() -> Callable:
    def write(path: Path, samples: np.ndarray, declared: int | None = None) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        data = samples.astype('>i2').tobytes()
        length = len(data) if declared is None else declared
        # magic, offset of the data, its length, encoding 3 (16-bit PCM), rate, channels
        head = struct.pack('>4sIIIII', b'.snd', 24, length, 3, RATE_HZ, 1)
        path.write_bytes(head + data)
        return path

    return write


@pytest.fixture
def clip() -> Callable[[str], np.ndarray]:
    def make(name: str) -> np.ndarray:
        seed = int.from_bytes(name.encode(), 'little') % 2**32
        return np.random.default_rng(seed).integers(-9000, 9000, 2000).astype(np.int16)

    return make


@pytest.fixture
def gtzan_source(tmp_path, write_wav, clip) -> Path:
    """Two genres of five tracks, in the WAV layout."""
    source = tmp_path / 'source'
    for genre in ('blues', 'jazz'):
        for number in range(50, 55):
            name = f'{genre}.{number:05d}'
            write_wav(source / 'genres_original' / genre / f'{name}.wav', clip(name))
    return source


@pytest.fixture
def write_midi() -> Callable[..., Path]:
    """Writes a Standard MIDI File: each track is a list of delta and message."""

    def number(value: int) -> bytes:
        digits = [value & 0x7F]
        while value := value >> 7:
            digits.append(value & 0x7F | 0x80)
        return bytes(reversed(digits))

    def track(messages: list[tuple[int, bytes]]) -> bytes:
        messages = [*messages, (0, b'\xff\x2f\x00')]
        body = b''.join(number(delta) + message for delta, message in messages)
        return b'MTrk' + struct.pack('>I', len(body)) + body

    def write(
        path: Path,
        *tracks: list[tuple[int, bytes]],
        division: int = 480,
        kind: int = 1,
        declared: int | None = None,
    ) -> Path:
        count = len(tracks) if declared is None else declared
        head = b'MThd' + struct.pack('>IHHH', 6, kind, count, division)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(head + b''.join(map(track, tracks)))
        return path

    return write


TOY = """
import os
import signal
import time
from pathlib import Path

from data_prep.audio import decode
from data_prep.cards import Card, Corpus, Entry, Found

def find(wish):
    paths = sorted(path for path in wish.source.iterdir() if path.is_file())
    entries = [Entry(path.stem, path.stem[0], str(path), {'group': path.stem}) for path in paths]
    return Found(entries[: wish.limit], [], notes=('a toy',))

def load(entry):
    home = Path(entry.path).parents[1]
    with (home / 'decoded').open('a') as log:
        log.write(f'{entry.item} ')
    trap = home / f'trap-{entry.item}'
    if trap.exists():
        kind = trap.read_text()
        (home / 'trapped').touch()
        if kind == 'die':
            os.kill(os.getpid(), signal.SIGKILL)
        if kind == 'interrupt':
            raise KeyboardInterrupt
        if kind == 'raise':
            raise RuntimeError('trapped')
        time.sleep(600)
    return decode(entry.path)

CORPUS = Corpus(
    card=Card('toy', 'A toy', 'For tests', 'nobody', 'none', 'nowhere', 1000),
    label='letter',
    classes=('a', 'b'),
    columns=('group',),
    protocols={'folds': {'unit': 'item', 'group': 'group', 'folds': 3}},
    default_protocol='folds',
    find=find,
    load=load,
    records_per_shard=2,
)
"""


PREPARE = """
import signal
import sys
# What was started in the background has been told to pass Ctrl-C by.
signal.signal(signal.SIGINT, signal.default_int_handler)
import data_prep
from data_prep.__main__ import main
data_prep.CORPORA['toy'] = 'toy_corpus:CORPUS'
if __name__ == '__main__':
    sys.exit(main(sys.argv))
"""


class Toy:
    """A corpus of a module of its own, whose decoding can be watched and trapped.

    Attributes:
        home: holds `source`, and the module; `PYTHONPATH` for other processes.
    """

    def __init__(self, home: Path):
        self.home = home
        self.source = home / 'source'

    def trap(self, item: str, kind: str) -> Path:
        """Makes whoever decodes `item` 'hang', 'die', 'interrupt' or 'raise', until removed."""
        path = self.home / f'trap-{item}'
        path.write_text(kind)
        return path

    def prepare(self, data: Path, name: str = 'toy', **kwargs) -> Path:
        """In this process."""
        kwargs = {'jobs': 1, 'report': str, 'source': self.source} | kwargs
        return data_prep.prepare(name, data, **kwargs)

    def start(self, data: Path, *flags: str) -> subprocess.Popen[str]:
        """By its command, in a process and a session of its own, as a terminal would."""
        script = self.home / 'prepare.py'
        script.write_text(PREPARE)
        path = {'PYTHONPATH': os.pathsep.join([str(self.home), str(ROOT)])}
        flags = (f'--source={self.source}', f'--data_dir={data}', *flags)
        return subprocess.Popen(
            [sys.executable, script, 'toy', *flags],
            env=os.environ | path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def decoded(self) -> list[str]:
        """What was decoded since the last call, in any process."""
        log = self.home / 'decoded'
        items = log.read_text().split() if log.exists() else []
        log.unlink(missing_ok=True)
        return items


@pytest.fixture
def toy(tmp_path, write_wav, clip, monkeypatch) -> Toy:
    """Ten recordings, a0 to a4 and b0 to b4, in five shards; known to data_prep as 'toy'."""
    home = tmp_path / 'workshop'
    for name in [f'{letter}{number}' for letter in 'ab' for number in range(5)]:
        write_wav(home / 'source' / f'{name}.wav', clip(name))
    (home / 'toy_corpus.py').write_text(TOY)
    monkeypatch.syspath_prepend(home)
    monkeypatch.delitem(sys.modules, 'toy_corpus', raising=False)
    monkeypatch.setitem(data_prep.CORPORA, 'toy', 'toy_corpus:CORPUS')
    return Toy(home)
