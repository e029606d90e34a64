import dataclasses

import numpy as np
import pytest

from data_prep.synthesis import calls
from data_prep.synthesis.additive import stream


def _spectrum(sound):
    return np.abs(np.fft.rfft(sound)) ** 2, np.fft.rfftfreq(len(sound), 1 / calls.RATE_HZ)


@pytest.mark.parametrize('name', sorted(calls.OTHERS))
def test_every_other_is_drawn_from_its_spans_and_heard(name):
    species = calls.OTHERS[name]
    animal = calls.draw(species, stream(name))
    for field, (low, high) in dataclasses.asdict(species).items():
        assert low <= getattr(animal, field) <= high
    sound = calls.sing(animal, stream('song'))
    assert np.mean(sound**2) == pytest.approx(1)
    assert np.isfinite(sound).all()


def test_the_call_lasts_as_wished_and_fades_at_its_ends():
    animal = calls.draw(calls.TARGET, stream('a'))
    sound = calls.sing(animal, stream('song'), 1.234)
    assert len(sound) == round(1.234 * calls.RATE_HZ)
    assert abs(sound[0]) < 1e-9
    assert abs(sound[-1]) < 1e-9


def test_calls_last_whole_milliseconds_within_the_span():
    for name in 'abcdefgh':
        rng = stream(name)
        seconds = calls.seconds(calls.draw(calls.TARGET, rng), rng)
        assert 0.8 <= seconds <= 4
        assert seconds == round(seconds, 3)


def test_the_moo_stands_on_harmonics_of_its_pitch_and_the_growl_does_not():
    drawn = calls.draw(calls.TARGET, stream('a'))
    steady = dataclasses.replace(
        drawn, pitch_hz=125.0, glide=0.0, arc=0.0, rough=0.0, growl=0.5, timbre=(0.0,) * 64
    )
    sound = calls.sing(steady, stream('song'), 2.0)
    shares = []
    for start, end in ((0.1, 0.9), (1.05, 1.85)):
        part = sound[int(start * calls.RATE_HZ) : int(end * calls.RATE_HZ)]
        power, hertz = _spectrum(part * np.hanning(len(part)))
        drift = hertz[power.argmax()] / (125 * round(hertz[power.argmax()] / 125))
        off = np.abs(hertz / (125 * drift) - np.rint(hertz / (125 * drift)))
        shares.append(power[off < 0.1].sum() / power.sum())
    assert shares[1] > 0.95
    assert shares[0] < 0.6


def test_the_spectrum_has_its_peak_at_the_formant():
    drawn = calls.draw(calls.TARGET, stream('a'))
    for formant_hz in (600.0, 1200.0):
        animal = dataclasses.replace(
            drawn, formant_hz=formant_hz, octaves=0.3, growl=0.0, timbre=(0.0,) * 64
        )
        power, hertz = _spectrum(calls.sing(animal, stream('song'), 2.0))
        centre = np.exp(np.sum(power[1:] * np.log(hertz[1:])) / power[1:].sum())
        assert centre == pytest.approx(formant_hz, rel=0.1)


def test_no_harmonic_folds_back():
    for name in ('warbler', 'tinamou'):
        animal = calls.draw(calls.OTHERS[name], stream(name))
        power, hertz = _spectrum(calls.sing(animal, stream('song')))
        below = hertz < 0.5 * animal.pitch_hz
        assert power[below].sum() < 0.01 * power.sum()
