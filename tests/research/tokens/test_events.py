import jax.numpy as jnp
import numpy as np
import pytest

from data_prep.notes import PERCUSSION, arrange
from research.tokens import Events, events


def made(rows, ticks_per_quarter=480, programs=(0,)):
    return arrange(
        np.array(rows, np.int64).reshape(-1, 5),
        ticks_per_quarter,
        np.zeros((0, 2), np.int64),
        [''] * len(programs),
        programs,
    )


def test_rows_are_pitch_steps_since_the_row_before_duration_and_velocity_bin():
    piece = made([[480, 60, 240, 64, 0], [480, 67, 960, 127, 0], [720, 62, 240, 1, 0]])
    assert events.encode(piece, steps_per_quarter=4).tolist() == [
        [60, 4, 2, 16],
        [67, 0, 8, 31],
        [62, 2, 2, 0],
    ]


def test_notes_on_the_steps_come_back_from_their_rows():
    rng = np.random.default_rng(0)
    onsets = np.cumsum(rng.integers(0, 16 * 12, 200))
    rows = np.stack(
        [
            onsets,
            rng.integers(0, 128, 200),
            rng.integers(1, 16 * 12 + 1, 200),
            rng.integers(0, 32, 200) * 4 + 2,
            rng.integers(0, 2, 200),
        ],
        1,
    )
    piece = made(rows, 12, (0, PERCUSSION))
    back = events.decode(events.encode(piece))
    np.testing.assert_array_equal(back.events, piece.events)
    np.testing.assert_array_equal(back.programs, piece.programs)
    assert back.ticks_per_quarter == piece.ticks_per_quarter


def test_rows_come_back_from_their_notes():
    rng = np.random.default_rng(1)
    sizes = events.sizes(4)
    rows = np.stack([rng.integers(0, size, 300) for size in sizes], 1)
    rows[:, 1] = np.maximum(rows[:, 1], 1)  # rows at one onset would have to be in order
    rows[:, 2] = np.maximum(rows[:, 2], 1)
    np.testing.assert_array_equal(events.encode(events.decode(rows, 4), 4), rows)


def test_values_stay_within_the_sizes_and_what_exceeds_them_is_cut():
    piece = made([[100_000, 0, 1, 1, 0], [900_000, 127, 900_000, 127, 1]], programs=(0, PERCUSSION))
    rows = events.encode(piece, 4)
    assert rows.tolist() == [[0, 64, 1, 0], [255, 64, 64, 31]]
    assert events.sizes(4) == (256, 65, 65, 32)
    assert (rows < events.sizes(4)).all()


def test_percussion_is_kept_apart_from_the_pitches():
    rows = events.encode(made([[0, 35, 480, 64, 0]], programs=(PERCUSSION,)))
    assert rows[0, 0] == 128 + 35
    back = events.decode(rows)
    assert back.programs.tolist() == [PERCUSSION]
    assert back.events[0, 1] == 35


@pytest.mark.parametrize(
    ('row', 'reason'),
    [
        ([256, 0, 1, 0], 'pitch=256: wanted is 0 to 255'),
        ([60, -1, 1, 0], 'onset=-1: wanted is 0 to 192'),
        ([60, 0, 0, 0], 'duration=0: wanted is 1 to 192'),
        ([60, 0, 1, 32], 'velocity=32: wanted is 0 to 31'),
    ],
)
def test_values_out_of_bounds_are_refused_by_name(row, reason):
    with pytest.raises(ValueError, match=reason):
        events.decode(np.array([row]))


def test_no_rows_are_no_notes():
    empty = np.zeros((0, 4), np.int32)
    assert len(events.decode(empty).events) == 0
    assert events.encode(events.decode(empty)).shape == (0, 4)


def test_a_piece_is_moved_as_far_as_its_notes_stay_within_bounds_and_drums_stay():
    rows = np.array([[60, 0, 3, 9], [100, 5, 4, 9], [128 + 35, 0, 1, 2], [3, 0, 1, 2]])
    for wish, got in ((5, 5), (-7, -7), (40, 27), (-90, -60)):
        moved = np.asarray(Events().transposed(jnp.array(rows), jnp.array(3), jnp.array(wish)))
        assert moved[:, 0].tolist() == [60 + got, 100 + got, 163, 3]  # the last lies past the end
        np.testing.assert_array_equal(moved[:, 1:], rows[:, 1:])
