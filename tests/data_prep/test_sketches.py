import numpy as np
import pytest

from data_prep import sketches
from data_prep.notes import PERCUSSION, Notes


def babble(seconds, rate_hz, seed=0):
    """Harmonics of tones that glide at random: the same sound at any rate."""
    rng = np.random.default_rng(seed)
    times = np.arange(round(seconds * rate_hz)) / rate_hz
    sound = np.zeros(len(times))
    for _ in range(12):
        knots = np.arange(0, seconds + 1, 0.15)
        hz = np.interp(times, knots, rng.uniform(300, 1900, len(knots)))
        level = np.interp(times, knots, rng.uniform(0, 1, len(knots)) ** 2)
        sound += level * np.sin(2 * np.pi * np.cumsum(hz) / rate_hz + rng.uniform(0, 6))
    return np.rint(2000 * sound).astype(np.int16)


def errors(one, other):
    words = min(len(one), len(other))
    return np.bitwise_count(one[:words] ^ other[:words]).mean() / 32


def piece(rows, programs=(0,), ticks_per_quarter=480):
    """Rows of onset, pitch, duration and part, in quarters."""
    events = [
        [round(onset * ticks_per_quarter), pitch, round(length * ticks_per_quarter), 64, part]
        for onset, pitch, length, part in rows
    ]
    tempi = np.array([[0, 500_000]], np.int32)
    table = np.array(sorted(events), np.int32).reshape(-1, 5)
    return Notes(
        table, ticks_per_quarter, tempi, ('',) * len(programs), np.array(programs, np.int32)
    )


def tune(notes=40, seed=0):
    rng = np.random.default_rng(seed)
    lengths = rng.choice([0.5, 1.0, 2.0], notes)
    onsets = np.cumsum(lengths) - lengths
    return [
        (float(onset), int(pitch), float(length), 0)
        for onset, pitch, length in zip(onsets, rng.integers(60, 80, notes), lengths, strict=True)
    ]


def test_bits_are_the_signs_of_what_a_direct_transform_says():
    rate_hz, sound = 5_000, babble(3, 5_000)
    block = 600  # 0.12 s
    edges = np.geomspace(300, 2000, 34)
    window = np.hanning(block + 1)[:-1]
    starts = range(0, len(sound) - block + 1, 320)  # 0.064 s
    spectra = [np.abs(np.fft.rfft(sound[at : at + block] * window)) ** 2 for at in starts]
    bins = np.fft.rfftfreq(block, 1 / rate_hz)
    half = bins[1] / 2
    shares = np.clip(
        np.minimum(edges[1:], bins[:, None] + half) - np.maximum(edges[:-1], bins[:, None] - half),
        0,
        None,
    )
    roots = np.sqrt(np.array(spectra) @ (shares / bins[1]))
    times = np.arange(-2.5, 3)
    slope = -times * np.exp(-((times / 1.35) ** 2) / 2)
    between = roots[:, :-1] - roots[:, 1:]
    words = sketches.audio(sound, rate_hz)
    assert len(words) == len(roots) - 5
    wrong = 0
    for place, word in enumerate(words.tolist()):
        rises = slope @ between[place : place + 6]
        bits = [word >> (31 - band) & 1 for band in range(32)]
        wrong += sum((rise > 0) != bit for rise, bit in zip(rises, bits, strict=True))
    assert wrong <= 2  # rounding decides a tie


def test_a_word_stands_for_64_ms():
    sound = babble(6, 16_000)
    whole, rest = sketches.audio(sound, 16_000), sketches.audio(sound[15 * 1024 :], 16_000)
    np.testing.assert_array_equal(whole[15:], rest)
    assert len(whole) == pytest.approx(6 / sketches.WORD_S, abs=8)


def test_level_and_rate_change_few_bits_and_another_sound_half_of_them():
    sound = babble(8, 16_000)
    words = sketches.audio(sound, 16_000)
    assert errors(words, sketches.audio(sound // 4, 16_000)) < 0.02
    for rate_hz in (8_000, 11_025, 22_050, 44_100, 48_000, 96_000):
        assert errors(words, sketches.audio(babble(8, rate_hz), rate_hz)) < 0.05
    assert 0.4 < errors(words, sketches.audio(babble(8, 16_000, seed=1), 16_000)) < 0.6


def test_sound_above_the_bands_is_not_folded_into_them():
    times = np.arange(5 * 22_050) / 22_050
    sound = babble(5, 22_050)
    shrill = 2000 * np.sin(2 * np.pi * np.cumsum(4500 + 500 * np.sin(20 * times)) / 22_050)
    mixed = sketches.audio((sound + shrill).astype(np.int16), 22_050)
    assert errors(sketches.audio(sound, 22_050), mixed) < 0.1


def test_silence_and_steady_sounds_give_no_word():
    times = np.arange(32_000) / 16_000
    for sound in (0 * times, 0 * times + 1000, 8000 * np.sin(2 * np.pi * 997 * times)):
        words = sketches.audio(sound.astype(np.int16), 16_000)
        assert len(words) > 20
        assert set(words.tolist()) == {sketches.SILENT}


@pytest.mark.parametrize('rate_hz', [1, 1_000, 4_999, 5_000, 6_123, 9_999, 192_000, 384_000])
@pytest.mark.parametrize('seconds', [0, 0.01, 0.3, 1.0])
def test_any_rate_and_length_has_a_sketch_or_an_empty_one(rate_hz, seconds):
    rng = np.random.default_rng(0)
    sound = rng.integers(-9999, 9999, int(seconds * rate_hz)).astype(np.int16)
    words = sketches.audio(sound, rate_hz)
    assert words.dtype == np.uint32
    assert bool(len(words)) == (rate_hz >= sketches.LOWEST_RATE_HZ and seconds == 1.0)


def test_loudest_samples_are_no_trouble():
    sound = np.where(np.arange(50_000) // 7 % 2, 32_767, -32_768).astype(np.int16)
    sound[20_000:] //= 3
    assert sketches.audio(sound, 44_100).any()


def test_a_tune_has_its_shapes_in_any_key_tempo_and_loudness():
    shapes = sketches.notes(piece(tune()))
    assert len(shapes) == 40 - sketches.NOTES + 1
    higher = [(onset, pitch + 7, length, part) for onset, pitch, length, part in tune()]
    slower = [(3 * onset, pitch, 3 * length, part) for onset, pitch, length, part in tune()]
    loud = piece(tune())
    loud.events[:, 3] = 100
    coarse = piece(tune(), ticks_per_quarter=24)
    for other in (piece(higher), piece(slower), loud, coarse):
        np.testing.assert_array_equal(sketches.notes(other), shapes)


def test_a_tune_has_its_shapes_above_any_accompaniment():
    rows = tune()
    end = int(rows[-1][0] + rows[-1][2])
    bass = [(float(beat), 40 + beat % 5, 1.0, 1) for beat in range(end)]
    drums = [(beat / 4, 90, 0.1, 2) for beat in range(4 * end)]
    whole = piece(rows + bass + drums, (0, 32, PERCUSSION))
    np.testing.assert_array_equal(sketches.notes(whole), sketches.notes(piece(rows)))


def test_a_rolled_chord_and_tied_legato_leave_the_top_line_as_it_is():
    rows = tune()
    rolled = [(max(0, onset - 0.03), pitch - 4, 0.5, 0) for onset, pitch, _, _ in rows]
    legato = [(onset, pitch, length + 0.1, part) for onset, pitch, length, part in rows]
    shapes = sketches.notes(piece(rows))
    np.testing.assert_array_equal(sketches.notes(piece(legato)), shapes)
    np.testing.assert_array_equal(sketches.notes(piece(rows + rolled)), shapes)


def test_each_shape_is_there_once_and_sorted():
    bar = tune(10)
    end = bar[-1][0] + bar[-1][2]
    again = [(onset + end, pitch, length, part) for onset, pitch, length, part in bar]
    shapes = sketches.notes(piece(bar + again))
    assert (np.diff(shapes.astype(np.int64)) > 0).all()
    assert len(shapes) == 10


def test_another_tune_shares_no_shape():
    shapes = [sketches.notes(piece(tune(60, seed))) for seed in range(20)]
    together = np.concatenate(shapes)
    assert len(np.unique(together)) == len(together)


def test_short_and_empty_pieces_have_no_shape():
    assert len(sketches.notes(piece([]))) == 0
    assert len(sketches.notes(piece(tune(sketches.NOTES - 1)))) == 0
    assert len(sketches.notes(piece(tune(sketches.NOTES)))) == 1
    assert len(sketches.notes(piece(tune(), (PERCUSSION,)))) == 0
