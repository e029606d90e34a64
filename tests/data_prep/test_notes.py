import numpy as np
import pytest

from data_prep import notes
from data_prep.errors import Unreadable


def made(events, tempi=(), ticks_per_quarter=480, programs=(0,)):
    return notes.arrange(
        np.array(events, np.int64).reshape(-1, 5),
        ticks_per_quarter,
        np.array(tempi, np.int64).reshape(-1, 2),
        [''] * len(programs),
        programs,
    )


def test_seconds_follow_each_tempo_from_its_tick_on():
    piece = made([[0, 60, 1440, 64, 0]], [(480, 1_000_000), (960, 250_000)])
    ticks = np.array([0, 240, 480, 720, 960, 1440, 2400])
    np.testing.assert_allclose(piece.seconds_at(ticks), [0, 0.25, 0.5, 1, 1.5, 1.75, 2.25])
    assert piece.seconds() == 1.75


def test_events_are_sorted_by_all_their_columns():
    rows = [[5, 60, 1, 9, 0], [0, 64, 3, 9, 0], [0, 64, 2, 9, 0], [0, 60, 2, 9, 0]]
    assert made(rows).events.tolist() == sorted(rows)


def test_of_tempi_at_one_tick_the_last_counts_and_the_first_is_at_the_start():
    row = [[0, 60, 1, 64, 0]]
    assert made(row).tempi.tolist() == [[0, 500_000]]
    assert made(row, [(9, 1), (0, 2), (9, 3)]).tempi.tolist() == [[0, 2], [9, 3]]


@pytest.mark.parametrize(
    ('piece', 'reason'),
    [
        (made([]), 'no notes'),
        (made([[0, 60, 1, 64, 0]], [(5, 0)]), 'a tempo of 0'),
        (made([[100_001, 60, 1, 64, 0]], ticks_per_quarter=1), '100,002 quarter notes long'),
        (made([[90_000, 60, 1, 64, 0]], [(0, 2_000_000)], 1), '50 hours long'),
        (made([[0, 60, 1, 64, 0]] * 1_000_001), '1,000,001 notes'),
    ],
)
def test_what_no_piece_of_music_has_is_refused(piece, reason):
    with pytest.raises(Unreadable, match=reason):
        notes.bounded(piece)


def test_a_whole_day_is_not_refused():
    day = made([[0, 60, 86_400, 64, 0]], [(0, 1_000_000)], 1)
    assert notes.bounded(day) is day
