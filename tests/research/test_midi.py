import numpy as np
import pytest

from data_prep.notes import PERCUSSION, arrange
from data_prep.sources import midi as reading
from research import midi
from research.errors import UserError

TEMPI = np.array([[0, 500_000], [480, 400_001], [960, 1_000_000]])


def piece(rows, parts=('lead', '', 'drums'), programs=(0, 52, PERCUSSION), per_quarter=480):
    return arrange(np.array(rows), per_quarter, TEMPI, parts, programs)


def assert_same(one, other):
    for field, mine, theirs in zip(one._fields, one, other, strict=True):
        np.testing.assert_array_equal(mine, theirs, err_msg=field)


def test_notes_come_back_with_parts_tempi_and_velocities(tmp_path):
    rng = np.random.default_rng(4)
    rows = [
        (at * 60, pitch, int(rng.integers(1, 60)), int(rng.integers(1, 128)), part)
        for part in range(3)
        for at in range(40)
        for pitch in rng.choice(128, 3, replace=False).tolist()
    ]
    notes = piece(rows)
    midi.write(tmp_path / 'a.mid', notes)
    assert_same(reading.read(tmp_path / 'a.mid'), notes)


def test_a_note_struck_again_where_it_ends_is_two_notes(tmp_path):
    notes = piece([(0, 60, 5, 64, 0), (5, 60, 5, 64, 0), (10, 60, 1, 64, 0)], ('',), (0,))
    midi.write(tmp_path / 'a.mid', notes)
    assert_same(reading.read(tmp_path / 'a.mid'), notes)


def test_of_overlapping_notes_of_a_pitch_the_first_comes_back_as_the_first_to_end(tmp_path):
    midi.write(tmp_path / 'a.mid', piece([(0, 60, 10, 9, 0), (5, 60, 2, 8, 0)], ('',), (0,)))
    read = reading.read(tmp_path / 'a.mid')
    assert read.events.tolist() == [[0, 60, 7, 9, 0], [5, 60, 5, 8, 0]]


@pytest.mark.parametrize('count', [15, 16, 17, 40])
def test_more_parts_than_midi_has_channels_come_back(tmp_path, count):
    rows = [(part, 60, 100, 64, part) for part in range(count)]
    notes = piece(rows, [f'p{part}' for part in range(count)], list(range(count)))
    midi.write(tmp_path / 'a.mid', notes)
    assert_same(reading.read(tmp_path / 'a.mid'), notes)


def test_music21_reads_the_same_notes(tmp_path):
    import music21

    rows = [(0, 60, 480, 64, 0), (480, 64, 240, 64, 0), (480, 67, 240, 64, 0), (960, 72, 96, 64, 0)]
    midi.write(tmp_path / 'a.mid', piece(rows, ('',), (0,)))
    score = music21.converter.parse(tmp_path / 'a.mid', quantizePost=False)
    heard = [
        (float(each.offset), pitch.midi, float(each.quarterLength))
        for each in score.flatten().notes
        for pitch in each.pitches
    ]
    wanted = [(on / 480, pitch, lasting / 480) for on, pitch, lasting, _, _ in rows]
    np.testing.assert_allclose(sorted(heard), wanted)


def test_a_folder_that_is_not_there_is_named_in_one_line(tmp_path):
    with pytest.raises(UserError, match=r'nowhere.* cannot be written'):
        midi.write(tmp_path / 'nowhere' / 'a.mid', piece([(0, 60, 1, 64, 0)], ('',), (0,)))
