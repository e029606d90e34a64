import random
from functools import cache

import jiwer
import numpy as np
import pytest

from research import transcription
from research.transcription import Piece


def distance(one: list[str] | str, two: list[str] | str) -> int:
    """Levenshtein's, by its definition."""

    @cache
    def edits(i: int, j: int) -> int:
        if not i or not j:
            return i + j
        same = edits(i - 1, j - 1) + (one[i - 1] != two[j - 1])
        return min(same, edits(i - 1, j) + 1, edits(i, j - 1) + 1)

    return edits(len(one), len(two))


def drawn(seed: int, utterances: int = 30) -> list[str]:
    rng = random.Random(seed)
    words = ['A', 'AN', "IT'S", 'BIRD', 'BARD']
    return [' '.join(rng.choices(words, k=rng.randrange(1, 7))) for _ in range(utterances)]


def test_edits_are_the_distance_of_levenshtein():
    references, hypotheses = drawn(0), drawn(1)
    words = transcription.word_errors(references, hypotheses)
    characters = transcription.character_errors(references, hypotheses)
    for i, (reference, hypothesis) in enumerate(zip(references, hypotheses, strict=True)):
        assert words.edits[i] == distance(reference.split(), hypothesis.split())
        assert words.length[i] == len(reference.split())
        assert characters.edits[i] == distance(reference, hypothesis)
        assert characters.length[i] == len(reference)


def test_error_rates_are_ratios_of_sums_as_jiwer_has_them():
    references, hypotheses = drawn(2), drawn(3)
    words = transcription.word_errors(references, hypotheses)
    expected = jiwer.wer(references, hypotheses)
    assert words.edits.sum() / words.length.sum() == pytest.approx(expected)
    characters = transcription.character_errors(references, hypotheses)
    expected = jiwer.cer(references, hypotheses)
    assert characters.edits.sum() / characters.length.sum() == pytest.approx(expected)


def test_kinds_of_edits_are_told_apart():
    errors = transcription.word_errors(
        ['THE BIG BIRD SANG', 'IT FLEW'], ['THE BIRD RANG', 'IT FLEW AWAY']
    )
    np.testing.assert_array_equal(errors.substituted, [1, 0])
    np.testing.assert_array_equal(errors.deleted, [1, 0])
    np.testing.assert_array_equal(errors.inserted, [0, 1])
    np.testing.assert_array_equal(errors.length, [4, 2])


def test_empty_texts_have_defined_edits():
    errors = transcription.word_errors(['', '', 'A BIRD'], ['', 'A BIRD SANG', ''])
    np.testing.assert_array_equal(errors.inserted, [0, 3, 0])
    np.testing.assert_array_equal(errors.deleted, [0, 0, 2])
    np.testing.assert_array_equal(errors.length, [0, 0, 2])
    np.testing.assert_array_equal(transcription.character_errors([''], ['A B']).inserted, [3])
    assert transcription.word_errors([], []).edits.shape == (0,)


@pytest.mark.parametrize(
    ('given', 'wanted'),
    [
        ("it's  a\tbird.", "IT'S A BIRD"),
        ('it\u2019s \u2018tis', "IT'S 'TIS"),
        ('well-known, e.g. “this” — 42!', 'WELL KNOWN E G THIS 42'),
        ('cafe\u0301 stra\u00dfe', 'CAF\u00c9 STRASSE'),
        ('co\u00adop', 'COOP'),
        ('  ', ''),
        ('...', ''),
    ],
)
def test_texts_are_compared_in_one_form(given: str, wanted: str):
    assert transcription.normalise(given) == wanted
    assert transcription.normalise(wanted) == wanted


def test_spelling_of_the_same_words_is_no_error():
    for errors in (transcription.word_errors, transcription.character_errors):
        assert not errors(["IT'S A BIRD"], ['it\u2019s a  bird.']).edits.any()


def test_alignment_tells_what_became_of_each_word():
    assert transcription.alignment('the big bird sang today', 'THE BIRD RANG TODAY NOW') == [
        Piece('equal', ['THE'], ['THE']),
        Piece('deleted', ['BIG'], []),
        Piece('equal', ['BIRD'], ['BIRD']),
        Piece('substituted', ['SANG'], ['RANG']),
        Piece('equal', ['TODAY'], ['TODAY']),
        Piece('inserted', [], ['NOW']),
    ]
    assert transcription.alignment('', '') == []


def test_alignments_spell_both_sides_and_hold_the_edits():
    references, hypotheses = drawn(4), drawn(5)
    edits = transcription.word_errors(references, hypotheses).edits
    for reference, hypothesis, count in zip(references, hypotheses, edits, strict=True):
        pieces = transcription.alignment(reference, hypothesis)
        assert ' '.join(word for piece in pieces for word in piece.reference) == reference
        assert ' '.join(word for piece in pieces for word in piece.hypothesis) == hypothesis
        wrong = [max(len(x.reference), len(x.hypothesis)) for x in pieces if x.kind != 'equal']
        assert sum(wrong) == count


def test_unlike_numbers_of_texts_are_refused():
    with pytest.raises(ValueError, match='2 references, 1 hypotheses'):
        transcription.word_errors(['A', 'B'], ['A'])
