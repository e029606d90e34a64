"""Examples out of a prepared corpus, as small pictures and sounds that a page can carry."""

import base64
import io
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from jaxtyping import Float, Int16

from data_prep.audio import Recording
from data_prep.notes import DURATION, ONSET, Notes

EXCERPT_S = 10.0
RANGE_DB = 80.0
LOWEST_HZ = 500  # rates below this leave nothing to see
_FRAMES = 400  # columns of a picture
_BANDS = 128
# MPEG-1, 2 and 2.5 know these rates.
_MP3_HZ = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)


def read(directory: Path, numbers: Sequence[int], seconds: float) -> Iterator[Recording | Notes]:
    """The first `seconds` of records of sound, by their positions; records of notes are whole."""
    import tensorflow_datasets as tfds

    builder: Any = tfds.builder_from_directory(builder_dir=str(directory))
    source = builder.as_data_source('all')
    return (_content(source[number], seconds) for number in numbers)


def _content(record: Mapping[str, Any], seconds: float) -> Recording | Notes:
    if 'notes' in record:
        return Notes(
            record['notes'],
            int(record['ticks_per_quarter']),
            record['tempi'],
            tuple(json.loads(record['parts'])),
            record['programs'],
        )
    rate_hz = int(record['rate_hz'])
    most = math.ceil(seconds * rate_hz)
    if 'audio' in record:
        return Recording(record['audio'][:most].copy(), rate_hz)
    file = io.BytesIO(record['flac'].tobytes())
    samples, _ = soundfile.read(file, frames=most, dtype='int16')
    return Recording(samples, rate_hz)


def level_db(samples: Int16[np.ndarray, ' samples']) -> float:
    """Root of the mean square in dB, 0 where every sample is at full scale; silence is -inf."""
    power = np.mean(np.square(samples.astype(np.float64) / 32768)) if len(samples) else 0.0
    return 10 * math.log10(power) if power > 0 else -math.inf


def spectrogram(sound: Recording) -> Float[np.ndarray, 'band frame']:
    """Log-mel spectrogram in dB below its loudest point, down to -RANGE_DB; low bands first.

    Windows of 46 to 93 ms, as many frames as a picture has columns, and no more bands than the
    resolution carries. Slaney's mel scale.

    Raises:
        ValueError: the rate is below LOWEST_HZ.
    """
    import librosa

    if sound.rate_hz < LOWEST_HZ:
        raise ValueError(f'{sound.rate_hz} Hz is too low a rate for a spectrogram')
    window = 2 ** math.ceil(math.log2(sound.rate_hz * 0.0464))
    samples = sound.samples.astype(np.float32) / 32768
    power = librosa.feature.melspectrogram(
        y=np.pad(samples, (0, max(0, window - len(samples)))),
        sr=sound.rate_hz,
        n_fft=window,
        hop_length=max(1, len(samples) // _FRAMES),
        n_mels=min(_BANDS, window // 8),
    )
    loudest = max(float(power.max()), 1e-10)
    return 10 * np.log10(np.maximum(power / loudest, 10 ** (-RANGE_DB / 10)))


def heights(rate_hz: int, bands: int, wanted_hz: Sequence[float]) -> list[float]:
    """Where frequencies stand in a spectrogram of so many bands: 0 is its lower edge, 1 its upper.

    Band k is centred on the (k + 1)-th of `bands` + 2 points evenly spaced in mel.
    """
    import librosa

    top = float(librosa.hz_to_mel(rate_hz / 2))
    steps = librosa.hz_to_mel(np.asarray(wanted_hz, float)) / top * (bands + 1)
    return ((steps - 0.5) / bands).tolist()


def times_s(piece: Notes) -> Float[np.ndarray, 'notes 2']:
    """When each note starts and ends, in seconds from the start, by the tempi."""
    starts, lengths = piece.events[:, ONSET], piece.events[:, DURATION]
    return np.stack([piece.seconds_at(starts), piece.seconds_at(starts + lengths)], axis=1)


def played(piece: Notes) -> Recording:
    """The first EXCERPT_S of a piece, played as written."""
    from data_prep.synthesis.play import play

    rate_hz = 22_050
    return Recording(np.rint(play(piece, rate_hz, EXCERPT_S) * 32767).astype(np.int16), rate_hz)


def png(picture: Float[np.ndarray, 'band frame']) -> str:
    """A spectrogram as the data URI of a PNG in the colours of 'magma'; low bands are below."""
    import matplotlib
    from PIL import Image  # matplotlib stands on it

    steps = 64  # of colour: finer ones cannot be told apart, and are larger
    levels = np.rint((picture[::-1] + RANGE_DB) / RANGE_DB * (steps - 1)).astype(np.uint8)
    colours = matplotlib.colormaps['magma'](np.linspace(0, 1, steps), bytes=True)[:, :3]
    image = Image.fromarray(levels)
    image.putpalette(colours.tobytes())
    file = io.BytesIO()
    image.save(file, 'PNG', optimize=True)
    return uri('image/png', file.getvalue())


def mp3(sound: Recording) -> str:
    """A sound as the data URI of an MP3: of what is small, the one that every browser plays.

    FLAC takes four times the space; Ogg Vorbis plays nowhere on older Apple devices.
    """
    import librosa

    rate_hz = next((rate for rate in _MP3_HZ if rate >= sound.rate_hz), _MP3_HZ[-1])
    samples = sound.samples.astype(np.float32) / 32768
    if rate_hz != sound.rate_hz:
        samples = librosa.resample(samples, orig_sr=sound.rate_hz, target_sr=rate_hz)
    file = io.BytesIO()
    soundfile.write(file, samples, rate_hz, format='MP3')
    return uri('audio/mpeg', file.getvalue())


def uri(kind: str, content: bytes) -> str:
    """The data URI of some bytes."""
    return f'data:{kind};base64,{base64.b64encode(content).decode()}'
