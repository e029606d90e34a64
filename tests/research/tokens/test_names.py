import numpy as np
import pytest

from data_prep.notes import PERCUSSION, arrange
from research.errors import UserError
from research.meaning import Meaning
from research.tokens import Names, names

TPQ = 480


def made(events, tempi=(), programs=(0,)):
    """Events are onset and duration in quarters, pitch, and part."""
    rows = [
        (onset * TPQ, pitch, length * TPQ, 64, *(part or (0,)))
        for onset, length, pitch, *part in events
    ]
    return arrange(
        np.rint(rows).astype(np.int64),
        TPQ,
        np.array(tempi, np.int64).reshape(-1, 2),
        [''] * len(programs),
        programs,
    )


def test_notes_chords_and_rests_are_the_words_of_the_scheme():
    piece = made([(0, 1, 60), (1, 1, 60), (1, 1, 64), (1, 1, 67), (3, 1, 61), (4, 2, 63)])
    assert names.encode(piece) == ['C4', '0.4.7', '#0.5', 'C#4', 'E-4']


@pytest.mark.parametrize(
    ('pitches', 'word'),
    [
        ((64, 67, 72), '0.4.7'),
        ((67, 71, 74, 77), '11.2.5.7'),
        ((60, 63, 66, 69), '0.3.6.9'),
        ((60, 72), '0'),
        ((61, 60), '0.1'),
    ],
)
def test_chords_are_in_normal_order(pitches, word):
    assert names.encode(made([(0, 1, pitch) for pitch in pitches])) == [word]


def test_what_is_played_almost_together_is_a_chord_unless_steps_are_small():
    piece = made([(0, 1, 60), (0.03, 1, 64)])
    assert names.encode(piece) == ['0.4']
    assert names.encode(piece, steps_per_quarter=TPQ) == ['C4', 'E4']


def test_parts_sound_together_and_percussion_is_left_out():
    piece = made([(0, 1, 60, 0), (0, 1, 64, 1), (0.5, 1, 35, 2)], programs=(0, 40, PERCUSSION))
    assert names.encode(piece) == ['0.4']


def test_rests_are_seconds_by_the_tempo_and_none_while_a_note_is_held():
    piece = made([(1, 1, 60), (1, 4, 48), (3, 1, 62), (6, 1, 64)], tempi=[(0, 10**6)])
    assert names.encode(piece) == ['#1', '0', 'D4', '#1', 'E4']


def test_words_come_back_from_what_they_decode_to():
    rng = np.random.default_rng(0)
    for _ in range(20):
        words = []
        for _ in range(30):
            count = rng.integers(1, 5)
            if rng.random() < 0.2:
                words.append(f'#{rng.integers(1, 3000) / 1000:.10g}')
            pitches = rng.integers(12, 128, count)
            words += names.encode(made([(0, 1, int(pitch)) for pitch in pitches]))
        assert names.encode(names.decode(words), steps_per_quarter=500) == words


def test_every_pitch_comes_back_but_for_two_that_share_their_names():
    back = {
        pitch: int(names.decode(names.encode(made([(0, 1, pitch)]))).events[0, 1])
        for pitch in range(128)
    }
    assert {pitch: other for pitch, other in back.items() if pitch != other} == {4: 27, 11: 34}


def test_decoded_notes_stand_a_step_apart_and_rests_are_waited_for():
    piece = names.decode(['C4', '#0.25', '0.4.7', 'D4'], step_s=0.5)
    begins_s = piece.seconds_at(piece.events[:, 0])
    lengths_s = piece.seconds_at(piece.events[:, 0] + piece.events[:, 2]) - begins_s
    assert begins_s.tolist() == [0, 0.75, 0.75, 0.75, 1.25]
    assert lengths_s.tolist() == [0.5] * 5
    assert piece.events[:, 1].tolist() == [60, 60, 64, 67, 62]


@pytest.mark.parametrize('word', ['H4', '12', '0.4.', '#', '#x', '', 'C', '0.12'])
def test_other_words_are_refused_by_name(word):
    with pytest.raises(ValueError, match=f"unknown word '{word}'"):
        names.decode(['C4', word])


def test_chords_and_notes_have_the_names_that_music21_gives():
    from music21.chord import Chord
    from music21.pitch import Pitch

    rng = np.random.default_rng(3)
    for size in (2, 3, 4, 4, 5, 5, 6, 6, 7, 8, 9, 10):
        for _ in range(3):
            classes = rng.choice(12, size, replace=False).tolist()
            [word] = names.encode(made([(0, 1, 60 + each) for each in classes]))
            assert word == '.'.join(map(str, Chord(sorted(classes)).normalOrder))
    for pitch in range(128):
        assert names.encode(made([(0, 1, pitch)])) == [Pitch(midi=pitch).nameWithOctave]


def test_words_of_fewer_than_two_training_pieces_are_rare_and_numbers_follow_the_names():
    meaning = Names().meaning([['C4', 'D4', 'D4'], ['C4', 'B4', '#0.5'], ['B4', 'E4']])
    assert meaning == Meaning(labels=('<rare>', 'B4', 'C4'), sizes=(3,))
    rows = Names().rows(['C4', 'D4', 'G9', 'B4'], meaning)
    assert rows.tolist() == [[2], [0], [0], [1]]


def test_notes_come_back_from_numbers_and_what_is_rare_is_left_out():
    meaning = Meaning(labels=('<rare>', 'B4', '#0.5', '0.4.7'), sizes=(4,))
    rows = np.array([[1], [0], [3]], np.int32)
    assert names.encode(Names().decode(rows, meaning)) == ['B4', '0.4.7']


def test_pieces_that_share_no_word_are_refused():
    with pytest.raises(UserError, match='no word is in two of the 2 training pieces'):
        Names().meaning([['C4'], ['D4', 'D4']])
