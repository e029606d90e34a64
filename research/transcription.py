"""Errors of transcripts: words and characters substituted, deleted and inserted."""

import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Int64

_APOSTROPHES = dict.fromkeys(map(ord, '\u2018\u2019\u02bc\uff07`\u00b4'), "'")
_KINDS = {'equal': 'equal', 'substitute': 'substituted', 'delete': 'deleted', 'insert': 'inserted'}


class Errors(NamedTuple):
    """Of each utterance; the edits are a shortest way from the reference to the hypothesis.

    Attributes:
        substituted, deleted, inserted: words, or characters.
        length: words, or characters, of the reference; 0 where it is empty, and then whatever was
            transcribed is inserted. An empty hypothesis deletes all of the reference.
    """

    substituted: Int64[np.ndarray, ' utterances']
    deleted: Int64[np.ndarray, ' utterances']
    inserted: Int64[np.ndarray, ' utterances']
    length: Int64[np.ndarray, ' utterances']

    @property
    def edits(self) -> Int64[np.ndarray, ' utterances']:
        return self.substituted + self.deleted + self.inserted


class Piece(NamedTuple):
    """Of an alignment: a run of words of one kind.

    Attributes:
        kind: equal, substituted, deleted or inserted.
        reference, hypothesis: the words; none of the former where inserted, of the latter where
            deleted, as many of both else.
    """

    kind: str
    reference: list[str]
    hypothesis: list[str]


def normalise(text: str) -> str:
    """The form in which transcripts are compared, LibriSpeech's.

    Upper case; typographic apostrophes become "'"; letters, marks and digits of any script stay, a
    soft hyphen goes, all else parts words; words are parted by one space.
    """
    text = unicodedata.normalize('NFC', text.translate(_APOSTROPHES).replace('\xad', ''))
    kept = (x if x == "'" or unicodedata.category(x)[0] in 'LMN' else ' ' for x in text.upper())
    return ' '.join(''.join(kept).split())


def word_errors(references: Sequence[str], hypotheses: Sequence[str]) -> Errors:
    """Of each utterance, both sides normalised; edits over words are the word error rate.

    Raises:
        ValueError: there are more of the ones than of the others.
    """
    return _errors(_aligned(references, hypotheses, by_word=True))


def character_errors(references: Sequence[str], hypotheses: Sequence[str]) -> Errors:
    """Of each utterance, both sides normalised; the spaces between words are characters too.

    Raises:
        ValueError: there are more of the ones than of the others.
    """
    return _errors(_aligned(references, hypotheses, by_word=False))


def alignment(reference: str, hypothesis: str) -> list[Piece]:
    """What became of each word, both sides normalised; [] where both are empty."""
    return _aligned([reference], [hypothesis], by_word=True)[0]


def _aligned(
    references: Sequence[str], hypotheses: Sequence[str], by_word: bool
) -> list[list[Piece]]:
    if len(references) != len(hypotheses):
        raise ValueError(
            f'{len(references)} references, {len(hypotheses)} hypotheses: as many are wanted'
        )
    if not references:
        return []
    import jiwer

    process = jiwer.process_words if by_word else jiwer.process_characters
    found = process([*map(normalise, references)], [*map(normalise, hypotheses)])
    return [
        [
            Piece(
                _KINDS[chunk.type],
                reference[chunk.ref_start_idx : chunk.ref_end_idx],
                hypothesis[chunk.hyp_start_idx : chunk.hyp_end_idx],
            )
            for chunk in chunks
        ]
        for reference, hypothesis, chunks in zip(
            found.references, found.hypotheses, found.alignments, strict=True
        )
    ]


def _errors(alignments: Sequence[Sequence[Piece]]) -> Errors:
    counts = np.zeros((len(alignments), 4), np.int64)
    for row, pieces in zip(counts, alignments, strict=True):
        for kind, reference, hypothesis in pieces:
            row[list(_KINDS.values()).index(kind)] += max(len(reference), len(hypothesis))
    equal, substituted, deleted, inserted = counts.T
    return Errors(substituted, deleted, inserted, equal + substituted + deleted)
