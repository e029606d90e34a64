"""What a record holds: sound as samples, sound as FLAC, or notes.

Each kind says how it lies in a record, which facts of it stand in items.csv, and by which values
(`data_prep.sketches`) near copies of it are found.
"""

import dataclasses
import hashlib
import io
import json
from collections.abc import Mapping
from typing import Any, ClassVar, Protocol, runtime_checkable

import numpy as np
import soundfile
from jaxtyping import UInt32

from data_prep import sketches
from data_prep.audio import Recording
from data_prep.notes import Notes


@runtime_checkable
class Content(Protocol):
    """One kind of content.

    Attributes:
        facts: columns of items.csv that `row` gives.
    """

    facts: ClassVar[tuple[str, ...]]

    def features(self) -> dict[str, Any]:
        """TFDS features by name."""
        ...

    def example(self, content: Any) -> dict[str, Any]:
        """What is stored, by the names of `features`."""
        ...

    def row(self, content: Any) -> dict[str, object]:
        """The facts, by name; `sha256` is over the content whatever its coding."""
        ...

    def seconds(self, row: Mapping[str, Any]) -> float:
        """How long a record is, from its row in items.csv."""
        ...

    def sketch(self, content: Any) -> UInt32[np.ndarray, ' values']:
        """Values that near copies share."""
        ...


@dataclasses.dataclass(frozen=True)
class Audio:
    """int16 samples at the recording's own rate: read fastest."""

    facts: ClassVar[tuple[str, ...]] = ('samples', 'rate_hz', 'clipped', 'sha256')

    def features(self) -> dict[str, Any]:
        import tensorflow_datasets as tfds

        raw = tfds.features.Encoding.BYTES  # the default stores int16 as 64-bit varints
        audio = tfds.features.Tensor(shape=(None,), dtype=np.int16, encoding=raw)
        return {'audio': audio, 'rate_hz': np.int32}

    def example(self, content: Recording) -> dict[str, Any]:
        return {'audio': content.samples, 'rate_hz': content.rate_hz}

    def row(self, content: Recording) -> dict[str, object]:
        return {
            'samples': len(content.samples),
            'rate_hz': content.rate_hz,
            'clipped': content.clipped,
            'sha256': self.sha256(content),
        }

    @staticmethod
    def sha256(content: Recording) -> str:
        """Over the rate as well: the same samples at another rate are another sound."""
        digest = hashlib.sha256(f'{content.rate_hz} Hz\n'.encode())
        digest.update(np.ascontiguousarray(content.samples, '<i2').tobytes())
        return digest.hexdigest()

    def seconds(self, row: Mapping[str, Any]) -> float:
        return int(row['samples']) / int(row['rate_hz'])

    def sketch(self, content: Recording) -> UInt32[np.ndarray, ' values']:
        return sketches.audio(content.samples, content.rate_hz)


@dataclasses.dataclass(frozen=True)
class Flac(Audio):
    """The same samples, coded as FLAC: about half the space, and decoded at every reading.

    A source that is mono 16-bit FLAC itself is stored byte for byte.
    """

    def features(self) -> dict[str, Any]:
        import tensorflow_datasets as tfds

        raw = tfds.features.Encoding.BYTES
        flac = tfds.features.Tensor(shape=(None,), dtype=np.uint8, encoding=raw)
        return {'flac': flac, 'rate_hz': np.int32}

    def example(self, content: Recording) -> dict[str, Any]:
        coded = content.flac or self.encode(content)
        return {'flac': np.frombuffer(coded, np.uint8), 'rate_hz': content.rate_hz}

    @staticmethod
    def encode(content: Recording) -> bytes:
        file = io.BytesIO()
        soundfile.write(file, content.samples, content.rate_hz, format='FLAC', subtype='PCM_16')
        return file.getvalue()


@dataclasses.dataclass(frozen=True)
class Scored:
    """Notes as `data_prep.notes.Notes` has them."""

    facts: ClassVar[tuple[str, ...]] = ('notes', 'parts', 'ticks', 'seconds', 'sha256')

    def features(self) -> dict[str, Any]:
        import tensorflow_datasets as tfds

        def table(*shape: int | None):
            raw = tfds.features.Encoding.BYTES
            return tfds.features.Tensor(shape=shape, dtype=np.int32, encoding=raw)

        return {
            'notes': table(None, 5),
            'ticks_per_quarter': np.int32,
            'tempi': table(None, 2),
            'parts': tfds.features.Text(),
            'programs': table(None),
        }

    def example(self, content: Notes) -> dict[str, Any]:
        return {
            'notes': content.events,
            'ticks_per_quarter': content.ticks_per_quarter,
            'tempi': content.tempi,
            'parts': json.dumps(content.parts),
            'programs': content.programs,
        }

    def row(self, content: Notes) -> dict[str, object]:
        whole = (content.events, content.tempi, content.programs)
        names = json.dumps([content.ticks_per_quarter, *content.parts]).encode()
        parts = [np.ascontiguousarray(each, '<i4').tobytes() for each in whole]
        return {
            'notes': len(content.events),
            'parts': len(content.parts),
            'ticks': content.ticks(),
            'seconds': f'{content.seconds():.3f}',
            'sha256': hashlib.sha256(b'|'.join([*parts, names])).hexdigest(),
        }

    def seconds(self, row: Mapping[str, Any]) -> float:
        return float(row['seconds'])

    def sketch(self, content: Notes) -> UInt32[np.ndarray, ' values']:
        return sketches.notes(content)


KINDS: dict[str, Content] = {'audio': Audio(), 'flac': Flac(), 'notes': Scored()}
