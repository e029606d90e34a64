import itertools
import math
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import optax
import pytest

from research.decoding import beam
from research.decoding.ngram import END

WIDE = 1000
ALPHABET = ['', 'A', 'B', ' ']


def random_frames(seed: int, frames: int = 5, labels: int = 4) -> np.ndarray:
    logits = 2 * np.random.default_rng(seed).normal(size=(frames, labels))
    return logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))


def labellings(log_probs: np.ndarray, blank_id: int = 0) -> dict[tuple[int, ...], float]:
    """The probability of each labelling: the sum over all its alignments, one by one."""
    sums = defaultdict(float)
    frames, labels = log_probs.shape
    for path in itertools.product(range(labels), repeat=frames):
        joined = (label for label, _ in itertools.groupby(path))
        p = math.exp(sum(log_probs[t, label] for t, label in enumerate(path)))
        sums[tuple(label for label in joined if label != blank_id)] += p
    return dict(sums)


class Table:
    """A language model that prefers B to A, and more so after an A."""

    def log_prob(self, word: str, before: Sequence[str]) -> float:
        if word == END:
            return -0.1 * len(before)
        return {'A': -2.0, 'B': -0.5}.get(word, -4.0) + 0.25 * (before[-1:] == ('A',))


@pytest.mark.parametrize('seed', range(5))
@pytest.mark.parametrize('blank_id', [0, 3])
def test_wide_beam_gives_every_labelling_its_exact_probability(seed: int, blank_id: int):
    log_probs = random_frames(seed)
    expected = labellings(log_probs, blank_id)
    found = beam.search(log_probs, 5, WIDE, blank_id=blank_id)
    assert {tuple(x.labels) for x in found} == set(expected)
    for labels, log_prob, score in found:
        assert score == log_prob == pytest.approx(math.log(expected[tuple(labels)]))
    assert beam.decode(log_probs, 5, WIDE, blank_id=blank_id) == list(
        max(expected, key=lambda labelling: expected[labelling])
    )


def test_probability_is_that_of_optax():
    log_probs = random_frames(7, frames=6)
    found = [x for x in beam.search(log_probs, 6, WIDE) if x.labels]
    labels = np.array([x.labels + [0] * (6 - len(x.labels)) for x in found])
    batch = np.broadcast_to(log_probs, (len(found), 6, 4))
    losses = optax.ctc_loss(batch, np.zeros((len(found), 6)), labels, labels == 0)
    np.testing.assert_allclose(losses, [-x.log_prob for x in found], atol=1e-4)


def test_most_probable_labelling_is_not_the_best_path():
    # Graves et al. (2006), section 3.2: the blank wins both frames, 'A' the sum of alignments.
    log_probs = np.log([[0.6, 0.4], [0.6, 0.4]])
    [best, other] = beam.search(log_probs, 2)
    assert best.labels == [1]
    assert math.exp(best.log_prob) == pytest.approx(1 - 0.36)
    assert other.labels == []


@pytest.mark.parametrize(
    ('path', 'expected'),
    [([1, 1, 0, 1, 2, 2], [1, 1, 2]), ([0, 0], []), ([2, 2, 2], [2]), ([], [])],
)
def test_certain_frames_give_their_path_collapsed(path: list[int], expected: list[int]):
    with np.errstate(divide='ignore'):
        log_probs = np.log(np.eye(4)[path])
    [only] = beam.search(log_probs, len(path))
    assert only == (expected, 0.0, 0.0)


def test_frames_past_the_length_change_nothing():
    log_probs = random_frames(3)
    padded = np.concatenate([log_probs, np.full((2, 4), np.nan)])
    assert beam.search(padded, 5) == beam.search(log_probs, 5)


def test_narrow_beam_never_claims_more_probability_than_there_is():
    log_probs = random_frames(4, frames=6)
    exact = labellings(log_probs)
    found = beam.search(log_probs, 6, beam=3)
    assert len(found) == 3
    for labels, log_prob, _ in found:
        assert log_prob <= math.log(exact[tuple(labels)]) + 1e-9


@pytest.mark.parametrize('seed', range(4))
def test_language_model_scores_words_as_their_definition_says(seed: int):
    log_probs, alpha, beta = random_frames(seed), 0.8, 0.7
    expected = {}
    for labels, p in labellings(log_probs).items():
        words = ''.join(ALPHABET[label] for label in labels).split()
        model = sum(Table().log_prob(w, tuple(words[:i])) for i, w in enumerate([*words, END]))
        expected[labels] = math.log(p) + alpha * model + beta * len(words)
    found = beam.search(log_probs, 5, WIDE, beam.Spelled(Table(), ALPHABET), alpha, beta)
    assert {tuple(x.labels): x.score for x in found} == pytest.approx(expected)
    assert found == sorted(found, key=lambda x: -x.score)


def test_language_model_decides_between_words_that_sound_alike():
    log_probs = np.log([[0.02, 0.49, 0.47, 0.02], [0.9, 0.04, 0.04, 0.02]])
    spelled = beam.Spelled(Table(), ALPHABET)
    assert beam.decode(log_probs, 2) == [1]
    assert beam.decode(log_probs, 2, language_model=spelled) == [2]
    assert beam.decode(log_probs, 2, language_model=spelled, alpha=0.0) == [1]


def test_word_bonus_makes_more_words():
    log_probs = np.log([[0.02, 0.94, 0.02, 0.02], [0.5, 0.05, 0.05, 0.4], [0.02, 0.02, 0.94, 0.02]])
    spelled = beam.Spelled(Table(), ALPHABET)
    assert beam.decode(log_probs, 3, language_model=spelled, alpha=0.0, beta=0.0) == [1, 2]
    assert beam.decode(log_probs, 3, language_model=spelled, alpha=0.0, beta=1.0) == [1, 3, 2]


def test_what_cannot_be_searched_is_refused():
    log_probs = random_frames(0)
    with pytest.raises(ValueError, match='beam 0'):
        beam.decode(log_probs, 5, beam=0)
    with pytest.raises(ValueError, match='length 6 of 5'):
        beam.decode(log_probs, 6)
    with pytest.raises(ValueError, match=r'alphabet of 3 signs, 0 of them .* 4 are wanted'):
        beam.decode(log_probs, 5, language_model=beam.Spelled(Table(), ['', 'A', 'B']))
    log_probs[2] = -np.inf
    with pytest.raises(ValueError, match='frame 2 gives no label any probability'):
        beam.decode(log_probs, 5)
