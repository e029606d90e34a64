import io
import itertools

import numpy as np
import pytest
import soundfile

from data_prep import copies, sketches

RATE_HZ = 16_000
NOTHING = np.zeros(0, np.uint32)


def words(count, seed):
    return np.random.default_rng(seed).integers(1, 2**32, count, dtype=np.uint32)


def flipped(sketch, share, seed=99):
    """The same words with about this share of bits wrong."""
    bits = np.random.default_rng(seed).random((len(sketch), 32)) < share
    return sketch ^ np.packbits(bits, axis=1).view('>u4')[:, 0].astype(np.uint32)


def clusters(*sketched, kind='audio', hashes=None):
    items = [chr(ord('a') + number) for number in range(len(sketched))]
    return copies.clusters(items, hashes or items, list(sketched), kind)


def talk(seconds, seed):
    """Bursts of coloured noise, as different from each other as words are."""
    rng = np.random.default_rng(seed)
    count = round(seconds * RATE_HZ)
    spectrum = np.fft.rfft(rng.normal(size=(16, count)))
    hz = np.fft.rfftfreq(count, 1 / RATE_HZ)
    centres = np.geomspace(250, 2500, 16)[:, None]
    bands = np.fft.irfft(spectrum * np.exp(-(((hz - centres) / (0.1 * centres)) ** 2)), count)
    knots = np.arange(0, seconds + 1, 0.12)
    times = np.arange(count) / RATE_HZ
    levels = [np.interp(times, knots, rng.exponential(1, len(knots)) ** 2) for _ in range(16)]
    sound = (bands * np.array(levels)).sum(axis=0)
    return np.rint(4000 * sound / sound.std()).clip(-32768, 32767).astype(np.int16)


def coded(sound, form):
    file = io.BytesIO()
    soundfile.write(file, sound, RATE_HZ, format=form)
    file.seek(0)
    return soundfile.read(file, dtype='int16')[0]


def noisy(sound):
    noise = np.random.default_rng(5).normal(size=len(sound)) * sound.std() / 10
    return (sound + noise).clip(-32768, 32767).astype(np.int16)


def test_equal_content_is_exact_whatever_its_sketch():
    found = clusters(NOTHING, NOTHING, NOTHING, NOTHING, hashes=['x', 'y', 'x', 'x'])
    assert found.names == ['a', '', 'a', 'a']
    assert found.pairs == [('a', 'c', 'exact', 1.0), ('a', 'd', 'exact', 1.0)]


@pytest.mark.parametrize('kind', ['audio', 'flac', 'notes'])
def test_nothing_and_alone(kind):
    assert copies.clusters([], [], [], kind) == ([], [])
    assert clusters(words(99, 0), kind=kind) == ([''], [])


def test_similarity_is_the_share_of_equal_bits_at_the_right_offset():
    whole = words(300, 0)
    part = flipped(whole[100:180], 0.1)
    expected = 1 - np.bitwise_count(part ^ whole[100:180]).sum() / (32 * 80)
    [pair] = clusters(words(200, 1), whole, part).pairs
    assert pair == ('b', 'c', 'near', pytest.approx(expected))
    [pair] = clusters(part, words(200, 1), whole).pairs
    assert pair == ('a', 'c', 'near', pytest.approx(expected))


def test_an_overlap_at_the_ends_counts_if_it_is_long_enough():
    whole = words(200, 0)
    assert clusters(whole[:130], whole[60:]).names == ['a', 'a']  # 70 words, 4.5 s
    assert clusters(whole[:120], whole[60:]).names == ['', '']  # 60 words, of 120
    assert clusters(whole[:40], whole[14:54]).names == ['a', 'a']  # 26 words, of 40
    assert clusters(whole[:40], whole[20:60]).names == ['', '']


def test_short_recordings_are_compared_whole_and_strictly():
    short = words(13, 0)  # 1.2 s
    assert clusters(short, flipped(short, 0.04)).names == ['a', 'a']
    assert clusters(short, flipped(short, 0.04)[2:]).names == ['a', 'a']
    assert clusters(short, flipped(short, 0.3)).names == ['', '']
    assert clusters(short[:9], flipped(short[:9], 0.01)).names == ['', '']  # 9 words prove nothing
    assert clusters(words(60, 1), np.concatenate([words(30, 2), short])).names == ['', '']
    assert clusters(np.concatenate([short, words(30, 2)]), short).names == ['', '']  # not whole


def test_ten_words_of_different_sounds_never_come_near_the_threshold():
    bits = np.random.default_rng(0).random((20_000, 10 * 32)) < 0.5
    assert 0 < 2 * copies.most_errors(10) < bits.mean(axis=1).min()


@pytest.mark.parametrize('change', ['12 dB softer', 'ogg'])
def test_a_sound_of_a_second_is_found_again(change):
    sounds = [talk(1.3, seed) for seed in range(6)]
    changed = [CHANGES[change](sound) for sound in sounds]
    found = clusters(*[sketches.audio(sound, RATE_HZ) for sound in sounds + changed])
    assert {(pair.a, pair.b) for pair in found.pairs} == set(zip('abcdef', 'ghijkl', strict=True))


def test_what_holds_too_little_is_counted():
    silence = np.full(100, sketches.SILENT, np.uint32)
    barely = np.concatenate([words(20, 0), silence])
    sketched = [NOTHING, words(9, 1), words(10, 2), silence, barely, words(300, 3)]
    assert copies.uncompared(sketched, 'audio') == 4
    assert copies.uncompared([words(7, 0), words(8, 0)], 'notes') == 1


def test_what_differs_in_a_third_of_its_bits_or_more_is_no_copy():
    whole = words(300, 0)
    assert clusters(whole, flipped(whole, 0.25)).names == ['a', 'a']
    half = np.concatenate([whole[:150], words(150, 1)])  # one half the same, and the other not
    assert clusters(whole, flipped(half, 0.2)).names == ['', '']


def test_threshold_is_the_papers_for_long_overlaps_and_stricter_for_short_ones():
    limits = [copies.most_errors(count) for count in (16, 24, 40, 60, 90, 200)]
    assert limits == sorted(limits)
    assert limits[-1] == 0.35
    bits = np.random.default_rng(0).random((20_000, 16 * 32)) < 0.5
    assert bits.mean(axis=1).min() > copies.most_errors(16)


def test_silent_words_bring_nothing_together():
    silence = np.full(200, sketches.SILENT, np.uint32)
    assert clusters(silence, silence.copy()).names == ['', '']
    one, other = words(300, 0), words(300, 1)
    one[50:250] = other[50:250] = sketches.SILENT
    assert clusters(one, other).names == ['', '']


def test_what_hangs_together_through_another_has_one_name():
    whole = words(300, 0)
    found = clusters(whole[:100], words(100, 1), whole[200:], whole)
    assert found.names == ['a', '', 'a', 'a']
    assert {(pair.a, pair.b) for pair in found.pairs} == {('a', 'd'), ('c', 'd')}


def test_near_copies_of_exact_duplicates_join_them_all():
    whole = words(100, 0)
    found = clusters(whole, flipped(whole, 0.1), whole, hashes=['x', 'y', 'x'])
    assert found.names == ['a', 'a', 'a']
    assert [pair[:3] for pair in found.pairs] == [('a', 'c', 'exact'), ('a', 'b', 'near')]


def test_a_word_that_all_share_costs_no_more_and_hides_no_copy():
    common = words(1, 0)
    many = [np.where(np.arange(60) % 2, common, words(60, seed)) for seed in range(1, 400)]
    many.append(flipped(many[7], 0.05))
    places = [str(number) for number in range(len(many))]
    pairs = copies.clusters(places, places, many, 'audio').pairs
    assert ('7', '399') in {(pair.a, pair.b) for pair in pairs}


def test_a_hundred_copies_of_one_recording_are_one_cluster():
    whole = words(150, 0)
    many = [flipped(whole[number % 20 :], 0.1, number) for number in range(100)]
    places = [str(number) for number in range(100)]
    found = copies.clusters(places, places, many, 'audio')
    assert set(found.names) == {'0'}
    assert len(found.pairs) < 100 * 99 / 2


def test_planted_copies_are_found_among_thousands_and_nothing_else():
    rng = np.random.default_rng(0)
    many = [words(190, seed) for seed in range(2000)]
    planted = set()
    for one, other in rng.permutation(2000)[:200].reshape(100, 2).tolist():
        many[other] = flipped(many[one][30:], 0.12, other)
        planted.add((str(min(one, other)), str(max(one, other))))
    places = [str(number) for number in range(2000)]
    found = {(pair.a, pair.b) for pair in copies.clusters(places, places, many, 'audio').pairs}
    assert found <= planted
    assert len(found) >= 98


CHANGES = {
    'mp3': lambda sound: coded(sound, 'MP3'),
    'ogg': lambda sound: coded(sound, 'OGG'),
    '12 dB softer': lambda sound: sound // 4,
    'trimmed': lambda sound: sound[5001:-7003],
    'noise': noisy,
    'excerpt': lambda sound: sound[40_500:90_500],
    'all of it': lambda sound: coded(noisy(sound[5001:-7003] // 4), 'MP3'),
}


@pytest.mark.parametrize('change', CHANGES)
def test_a_changed_recording_is_found_and_another_is_not(change):
    sounds = [talk(8, seed) for seed in range(6)]
    changed = [CHANGES[change](sound) for sound in sounds]
    found = clusters(*[sketches.audio(sound, RATE_HZ) for sound in sounds + changed])
    assert {(pair.a, pair.b) for pair in found.pairs} == set(zip('abcdef', 'ghijkl', strict=True))


def test_pieces_that_share_a_third_of_the_shapes_of_the_shorter_one_are_near():
    shapes = np.sort(np.unique(words(400, 0)))
    cut = [shapes[:100], shapes[80:], np.sort(words(50, 2))]  # 20 of 100 in common
    assert clusters(*cut, kind='notes').pairs == []
    cut[1] = shapes[60:]
    assert clusters(*cut, kind='notes').pairs == [('a', 'b', 'near', 0.4)]


def test_few_shapes_and_shapes_that_all_have_prove_nothing():
    shapes = np.sort(np.unique(words(7, 0)))
    assert clusters(shapes, shapes, kind='notes', hashes=['x', 'y']).pairs == []
    scale = np.sort(words(30, 1))
    many = [np.unique(np.concatenate([scale, words(30, seed)])) for seed in range(2, 90)]
    places = [str(number) for number in range(len(many))]
    assert copies.clusters(places, places, many, 'notes').pairs == []


def test_similarity_of_pieces_is_that_of_sets():
    rng = np.random.default_rng(0)
    many = [np.sort(rng.choice(300, 60, replace=False)).astype(np.uint32) for _ in range(12)]
    places = [str(number) for number in range(12)]
    found = {
        (pair.a, pair.b): pair.similarity
        for pair in copies.clusters(places, places, many, 'notes').pairs
    }
    expected = {}
    for one, other in itertools.combinations(range(12), 2):
        share = len({*many[one].tolist()} & {*many[other].tolist()}) / 60
        if share >= 0.35:
            expected[str(one), str(other)] = share
    assert found == expected
