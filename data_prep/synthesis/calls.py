"""Animals of a made-up forest: the one that is looked for and those that are taken for it.

The one that is looked for, 'moo', follows the capuchinbird (Perissocephalus tricolor): a growl that
rises, a step into a moo of many close harmonics below 2 kHz, a short fall at the end (D. Snow.
The Cotingas. 1982, and the calls that recordings show). The others share its pitch, its band, its
length or its roughness, each some of them, and none all.
"""

import dataclasses

import numpy as np
from jaxtyping import Float

from data_prep.synthesis import acoustics

RATE_HZ = 22_050
Span = tuple[float, float]
_TABLE = 2048
_RAMP_S = 0.03  # fade at the ends of a note


@dataclasses.dataclass(frozen=True)
class Species:
    """Spans from which an individual is drawn.

    Attributes:
        pitch_hz: fundamental.
        formant_hz: where the spectrum has its peak.
        octaves: half width of that peak: one standard deviation.
        note_s, gap_s: lengths of a note and of the silence after it.
        notes: how many to a call.
        glide: octaves from the beginning of a note to its end.
        arc: octaves by which the middle of a note lies above the line between its ends.
        rough: how far the pitch jumps about, as a share of it.
        growl: share of a note, at its beginning, that is rough and lower.
        tremolo_hz, tremolo: rate and depth of the beating of the level.
    """

    pitch_hz: Span
    formant_hz: Span
    octaves: Span
    note_s: Span
    gap_s: Span = (0.0, 0.0)
    notes: Span = (1, 1)
    glide: Span = (-0.1, 0.1)
    arc: Span = (0.0, 0.0)
    rough: Span = (0.0, 0.01)
    growl: Span = (0.0, 0.0)
    tremolo_hz: Span = (4, 9)
    tremolo: Span = (0.0, 0.3)


TARGET = Species(
    pitch_hz=(100, 165),
    formant_hz=(700, 1250),
    octaves=(0.3, 0.6),
    note_s=(0.8, 4.0),
    glide=(-0.25, -0.02),
    arc=(0.0, 0.1),
    rough=(0.003, 0.02),
    growl=(0.15, 0.5),
)
OTHERS = {
    'dove': Species((380, 650), (400, 700), (0.3, 0.5), (0.25, 0.7), (0.15, 0.5), (2, 5)),
    'engine': Species((45, 110), (250, 900), (0.5, 0.9), (2, 6), rough=(0.01, 0.05)),
    'frog': Species(
        (18, 45), (500, 1500), (0.2, 0.5), (0.2, 1.2), (0.2, 1), (1, 5), rough=(0.02, 0.1)
    ),
    'howler': Species(
        (60, 120), (350, 900), (0.3, 0.6), (1.5, 4), arc=(0.1, 0.4), rough=(0.3, 0.8)
    ),
    'moan': Species((230, 420), (500, 1300), (0.4, 0.7), (0.6, 2), arc=(0.1, 0.5)),
    'tinamou': Species((700, 1500), (800, 1600), (0.3, 0.4), (0.5, 1.6), (0.2, 0.6), (1, 3)),
    'trogon': Species(
        (650, 1300), (800, 1400), (0.3, 0.5), (0.08, 0.2), (0.08, 0.25), (5, 14), (-0.4, 0)
    ),
    'warbler': Species(
        (1500, 4000), (2000, 4500), (0.4, 0.7), (0.08, 0.4), (0.05, 0.3), (3, 12), (-0.8, 0.8)
    ),
}


@dataclasses.dataclass(frozen=True)
class Individual:
    """One animal: its values of what `Species` gives spans of."""

    pitch_hz: float
    formant_hz: float
    octaves: float
    note_s: float
    gap_s: float
    notes: float
    glide: float
    arc: float
    rough: float
    growl: float
    tremolo_hz: float
    tremolo: float
    timbre: tuple[float, ...]  # what each harmonic has of its own, in dB


def draw(species: Species, rng: np.random.Generator) -> Individual:
    """An individual of the species."""
    spans = dataclasses.asdict(species)
    values = {name: float(rng.uniform(*span)) for name, span in spans.items()}
    timbre = rng.normal(0, 3, 64)
    return Individual(**values, timbre=tuple(float(value) for value in timbre))


def seconds(animal: Individual, rng: np.random.Generator) -> float:
    """How long a note of the one that is looked for lasts this time, in whole milliseconds."""
    return round(float(np.clip(animal.note_s * np.exp(rng.normal(0, 0.15)), *TARGET.note_s)), 3)


def sing(
    animal: Individual, rng: np.random.Generator, note_s: float | None = None
) -> Float[np.ndarray, ' samples']:
    """One call at RMS 1, at 22,050 Hz: as the animal does it, and a little different each time.

    Args:
        animal: whose.
        rng: draws the differences.
        note_s: length of each note; None draws it.
    """
    drift = np.exp(rng.normal(0, 0.03))
    notes = []
    for _ in range(round(animal.notes)):
        length_s = note_s or animal.note_s * np.exp(rng.normal(0, 0.15))
        notes.append(_note(animal, rng, length_s, drift))
        notes.append(np.zeros(round(animal.gap_s * np.exp(rng.normal(0, 0.1)) * RATE_HZ)))
    return acoustics.level(np.concatenate(notes[:-1]))


def _note(
    animal: Individual, rng: np.random.Generator, length_s: float, drift: float
) -> Float[np.ndarray, ' samples']:
    samples = round(length_s * RATE_HZ)
    part = np.linspace(0, 1, samples)
    time = part * length_s
    # 0 while it growls, 1 after; the step takes about 60 ms.
    sung = 1 / (1 + np.exp(-(time - animal.growl * length_s) / 0.015)) if animal.growl else 1.0
    octaves = animal.glide * (part - 0.5) + animal.arc * 4 * part * (1 - part)
    if animal.growl:
        octaves += (sung - 1) * 0.6 - 0.8 * np.clip(part - 0.93, 0, 1) / 0.07
    rough = np.where(sung < 0.5, 0.35, animal.rough)
    jumps = np.repeat(rng.standard_normal(samples // 64 + 1), 64)[:samples]
    pitch_hz = animal.pitch_hz * drift * 2**octaves * np.exp(rough * jumps)
    phase = rng.uniform() + np.cumsum(pitch_hz) / RATE_HZ
    sound = _cycles(phase, animal, animal.formant_hz)
    if animal.growl:
        sound = sung * sound + (1 - sung) * 0.6 * _cycles(phase, animal, 0.65 * animal.formant_hz)
    swing = 1 + animal.tremolo * np.sin(2 * np.pi * (animal.tremolo_hz * time + rng.uniform()))
    fade = np.clip(np.minimum(time, length_s - time) / _RAMP_S, 0, 1)
    return sound * swing * fade


def _cycles(phase: np.ndarray, animal: Individual, formant_hz: float) -> np.ndarray:
    """A wave table read at `phase`, in cycles: harmonics under a formant, at RMS 1."""
    number = np.arange(1, len(animal.timbre) + 1)
    hertz = animal.pitch_hz * number
    height = np.exp(-0.5 * (np.log2(hertz / formant_hz) / animal.octaves) ** 2)
    # Twice the pitch: room for every arc and jump before a harmonic would fold back.
    height *= 10 ** (np.array(animal.timbre) / 20) * (2 * hertz < 0.5 * RATE_HZ)
    height /= np.sqrt(np.sum(height**2) / 2)
    spectrum = np.zeros(_TABLE // 2 + 1, complex)
    spectrum[number] = height * np.exp(2j * np.pi * number**2 / len(number)) * _TABLE / 2
    table = np.fft.irfft(spectrum, _TABLE)
    return np.interp(phase % 1 * _TABLE, np.arange(_TABLE + 1), np.append(table, table[0]))
