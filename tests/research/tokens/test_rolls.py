import jax.numpy as jnp
import numpy as np

from data_prep import jsb
from data_prep.cards import Entry
from data_prep.notes import PERCUSSION, arrange
from research.meaning import Meaning
from research.tokens import Rolls
from research.tokens.rolls import LOWEST

NOTHING = Meaning()


def frames_of(seed=0, steps=30):
    rng = np.random.default_rng(seed)
    drawn = [sorted({*rng.integers(43, 97, 4).tolist()}) for _ in range(steps)]
    drawn[5] = []  # a silence
    return drawn


def test_the_public_frames_come_back():
    frames = frames_of()
    notes = jsb.load_quarter(Entry('one', '', '', {}, frames))
    roll = Rolls().encode(notes)
    expected = np.zeros((30, 88), np.float32)
    for at, pitches in enumerate(frames):
        expected[at, [pitch - 21 for pitch in pitches]] = 1
    np.testing.assert_array_equal(roll, expected)
    assert roll.dtype == np.float32
    assert jsb.frames(notes, 1) == frames


def test_frames_come_back_from_the_notes_that_they_decode_to():
    roll = Rolls().encode(jsb.load_quarter(Entry('one', '', '', {}, frames_of(3))))
    np.testing.assert_array_equal(Rolls().encode(Rolls().decode(roll, NOTHING)), roll)


def test_keys_beyond_a_piano_and_drums_are_left_out():
    rows = np.array(
        [(0, 20, 480, 64, 0), (0, 108, 480, 64, 0), (0, 109, 960, 64, 0), (0, 50, 9, 1, 1)]
    )
    notes = arrange(rows, 480, np.zeros((0, 2), np.int64), ['', ''], [0, PERCUSSION])
    roll = Rolls().encode(notes)
    assert [np.flatnonzero(frame).tolist() for frame in roll] == [[87], []]
    assert Rolls().meaning([roll]).labels[87] == '108'


def test_keys_are_moved_together_as_far_as_the_piano_goes():
    x = jnp.zeros((3, 88)).at[0, 80].set(1).at[1, 3].set(1).at[2, 87].set(1)
    for wish, got in ((5, 5), (20, 7), (-20, -3)):
        moved = Rolls().transposed(x, jnp.array(2), jnp.array(wish))
        assert np.argwhere(moved).tolist() == [[0, 80 + got], [1, 3 + got], [2, 87]]
    silent = Rolls().transposed(jnp.zeros((2, 88)), jnp.array(2), jnp.array(9))
    assert not silent.any()
    assert LOWEST == 21
