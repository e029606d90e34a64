"""A made-up forest: what a recorder there hears, and when the calls in it began and ended."""

import dataclasses
import typing
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from data_prep.synthesis import acoustics, calls
from data_prep.synthesis.additive import stream
from data_prep.synthesis.calls import OTHERS, RATE_HZ, TARGET, Individual

_FULL_SCALE = 32767


class Event(typing.NamedTuple):
    """A call, half-open; the echoes that follow it do not count.

    Attributes:
        start_s, end_s: from the start of the recording, to the millisecond.
        caller: whose, a position in `Place.callers`.
    """

    start_s: float
    end_s: float
    caller: int

    def at(self, start_s: float) -> 'Event':
        """The same call at another time."""
        begin = round(float(start_s), 3)
        return Event(begin, round(begin + self.end_s - self.start_s, 3), self.caller)


@dataclasses.dataclass(frozen=True)
class Place:
    """What stays the same through a recording.

    Attributes:
        wind_slope: fall of the wind's spectrum, in powers of the frequency.
        gusts: by how much, in nepers, its level wanders about.
        stream_hz, stream: middle of the noise of water and leaves, and its level.
        choruses: of insects: middle in Hz, half width in octaves, level, beats a second.
        drops: of rain, a second.
        drop_level: RMS of the rain.
        hiss: level of the recorder's own noise.
        decay_s: time in which echoes fall by 60 dB.
        level_db: RMS of the background, in dB of full scale.
        callers: those that are looked for.
        others: those that are taken for them.
        others_hz: calls of others a second.
    """

    wind_slope: float
    gusts: float
    stream_hz: float
    stream: float
    choruses: tuple[tuple[float, float, float, float], ...]
    drops: float
    drop_level: float
    hiss: float
    decay_s: float
    level_db: float
    callers: tuple[Individual, ...]
    others: tuple[Individual, ...]
    others_hz: float


def place(name: str) -> Place:
    """The place of a recording of that name."""
    rng = stream(f'place of {name}')
    rain = rng.uniform() < 0.3
    insects = rng.integers(0, 4)
    kinds = rng.choice(sorted(OTHERS), rng.integers(3, 6), replace=False)
    return Place(
        wind_slope=float(rng.uniform(0.6, 1.4)),
        gusts=float(rng.uniform(0.1, 0.8)),
        stream_hz=float(np.exp(rng.uniform(np.log(200), np.log(2000)))),
        stream=float(rng.uniform(0, 1)),
        choruses=tuple(
            (
                float(rng.uniform(2200, 8000)),
                float(rng.uniform(0.03, 0.15)),
                float(rng.uniform(0.1, 0.8)),
                float(rng.uniform(2, 40)),
            )
            for _ in range(insects)
        ),
        drops=float(rng.uniform(2, 60)) if rain else 0.0,
        drop_level=float(rng.uniform(0.2, 0.8)),
        hiss=float(rng.uniform(0.02, 0.2)),
        decay_s=float(rng.uniform(0.3, 1.5)),
        level_db=float(rng.uniform(-50, -34)),
        callers=tuple(calls.draw(TARGET, rng) for _ in range(rng.integers(1, 4))),
        others=tuple(calls.draw(OTHERS[kind], rng) for kind in kinds),
        others_hz=float(rng.uniform(0.15, 0.45)),
    )


def event(where: Place, rng: np.random.Generator) -> Event:
    """A call by one of the callers of a place, from second 0 on."""
    caller = int(rng.integers(len(where.callers)))
    return Event(0.0, calls.seconds(where.callers[caller], rng), caller)


def background(
    where: Place, seconds: float, rng: np.random.Generator
) -> Float[np.ndarray, ' samples']:
    """Wind, water, insects, rain and hiss, at RMS 1."""
    samples = round(seconds * RATE_HZ)

    def steady(hertz: np.ndarray) -> np.ndarray:
        water = where.stream * acoustics.bump(where.stream_hz, 1.0)(hertz) / 25
        return np.hypot(water, where.hiss / 100)

    def wind(hertz: np.ndarray) -> np.ndarray:
        return np.maximum(hertz, 60.0) ** -where.wind_slope

    sound = acoustics.noise(rng, samples, RATE_HZ, wind)
    sound *= np.exp(where.gusts * acoustics.slow(rng, samples, RATE_HZ, 0.3))
    water = acoustics.noise(rng, samples, RATE_HZ, steady)
    water *= np.hypot(where.stream, where.hiss)
    sound += water
    time = np.arange(samples) / RATE_HZ
    for middle_hz, octaves, loudness, beats_hz in where.choruses:
        chorus = acoustics.noise(rng, samples, RATE_HZ, acoustics.bump(middle_hz, octaves))
        chorus *= 1 + np.sin(2 * np.pi * (beats_hz * time + rng.uniform()))
        chorus *= np.exp(0.3 * acoustics.slow(rng, samples, RATE_HZ, 0.2))
        chorus *= loudness / 1.3  # of what beating and swelling make of its RMS of 1
        sound += chorus
    if where.drops:
        sound += where.drop_level * _rain(where.drops, samples, rng)
    return acoustics.level(sound)


def record(
    where: Place, seconds: float, wanted: Sequence[Event], rng: np.random.Generator
) -> Float[np.ndarray, ' samples']:
    """A recording with those calls in it.

    Args:
        where: the place; each call is by one of its callers.
        seconds: length.
        wanted: the calls; they may overlap and reach over either end.
        rng: draws all the rest, other animals among it.

    Returns:
        `seconds * 22,050` samples in int16 units, not yet rounded.
    """
    sound = background(where, seconds, rng)
    for event in wanted:
        call = calls.sing(where.callers[event.caller], rng, event.end_s - event.start_s)
        _mix(sound, call, event.start_s, where, rng)
    # Others begin before the recording does, too; they do not know of the calls.
    for _ in range(rng.poisson(where.others_hz * (seconds + 3))):
        animal = where.others[rng.integers(len(where.others))]
        start_s = rng.uniform(-3, seconds)
        _mix(sound, calls.sing(animal, rng), start_s, where, rng)
    return sound * (_FULL_SCALE * 10 ** (where.level_db / 20))


def _mix(
    sound: Float[np.ndarray, ' samples'],
    call: Float[np.ndarray, ' call'],
    start_s: float,
    where: Place,
    rng: np.random.Generator,
) -> None:
    """Adds a call from a distance that is drawn: quieter, duller and more of an echo far away."""
    away = rng.uniform()
    loudness_db = rng.normal(16 - 18 * away, 2)  # against the background
    heard = acoustics.far(
        call * 10 ** (loudness_db / 20),
        RATE_HZ,
        rng,
        lowpass_hz=6000 * 0.25**away,
        decay_s=where.decay_s,
        echo=0.05 + 0.6 * away,
    )
    first = round(start_s * RATE_HZ)
    begin, end = max(first, 0), min(first + len(heard), len(sound))
    if begin < end:
        sound[begin:end] += heard[begin - first : end - first]


def _rain(drops_hz: float, samples: int, rng: np.random.Generator) -> Float[np.ndarray, ' samples']:
    """Drops on leaves: clicks of a millisecond or two, a few of them loud; RMS 1."""
    drops = 1 + rng.poisson(drops_hz * samples / RATE_HZ)
    clicks = np.zeros(samples)
    clicks[rng.integers(0, samples, drops)] = rng.lognormal(0, 0.8, drops)
    time = np.arange(round(0.01 * RATE_HZ)) / RATE_HZ
    click = np.sin(2 * np.pi * rng.uniform(900, 3500) * time) * np.exp(-time / 0.0015)
    return acoustics.level(np.convolve(clicks, click)[:samples])
