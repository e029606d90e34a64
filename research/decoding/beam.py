"""Prefix beam search over the outputs of a CTC network, with or without a language model."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from research.decoding.greedy import valid_frames
from research.decoding.ngram import END


@runtime_checkable
class LanguageModel(Protocol):
    """Gives the natural log of p(word | the words of the sentence before it)."""

    def log_prob(self, word: str, before: Sequence[str]) -> float: ...


class Spelled(NamedTuple):
    """A language model over words, for labels that spell them.

    Attributes:
        model: over words, and `ngram.END` after the last one.
        alphabet: the text of each label; one label's is ' ', which ends a word. The blank's is
            never read.
    """

    model: LanguageModel
    alphabet: Sequence[str]


class Hypothesis(NamedTuple):
    """A labelling.

    Attributes:
        labels: without blanks.
        log_prob: natural log of the probability of all its alignments that the beam kept.
        score: `log_prob` and what the language model adds: what hypotheses are ordered by.
    """

    labels: list[int]
    log_prob: float
    score: float


def decode(
    log_probs: Float[np.ndarray, 'frames labels'],
    length: int,
    beam: int = 32,
    language_model: Spelled | None = None,
    alpha: float = 0.5,
    beta: float = 1.0,
    blank_id: int = 0,
) -> list[int]:
    """The labels of the best hypothesis of `search`, whose arguments these are."""
    return search(log_probs, length, beam, language_model, alpha, beta, blank_id)[0].labels


def search(
    log_probs: Float[np.ndarray, 'frames labels'],
    length: int,
    beam: int = 32,
    language_model: Spelled | None = None,
    alpha: float = 0.5,
    beta: float = 1.0,
    blank_id: int = 0,
) -> list[Hypothesis]:
    """Prefix beam search, in the log domain.

    Graves, "Sequence Transduction with Recurrent Neural Networks" (2012), algorithm 1, for CTC as
    Hannun et al., "First-Pass Large Vocabulary Continuous Speech Recognition using Bi-Directional
    Recurrent DNNs" (2014), algorithm 1: the alignments of a prefix are summed, apart by whether
    they end in a blank. The score is log p_ctc + alpha * log p_lm + beta * words (Hannun et al.,
    "Deep Speech", 2014, section 2.2). A word enters it at the space after it; the last one, and
    the end of the sentence, at the last frame. With a beam as wide as there are prefixes the
    search is exact.

    Args:
        log_probs: of each label in each frame, normalised; -inf is allowed.
        length: valid frames.
        beam: prefixes kept after each frame.
        language_model: None: the score is log p_ctc alone.
        alpha: weight of the language model.
        beta: bonus of a word, in nats.
        blank_id: as in `optax.ctc_loss`.

    Returns:
        At most `beam` hypotheses, best first; among equals the order is that of the search.

    Raises:
        ValueError: `length` is not in [0, frames], a valid frame holds a NaN or gives no label
            any probability, `beam` is not positive, or the alphabet does not fit.
    """
    if beam < 1:
        raise ValueError(f'beam {beam}: at least 1 is wanted')
    frames = valid_frames(log_probs, length).astype(np.float64)
    tree = _Tree(blank_id, _Words(language_model, log_probs.shape[1], alpha, beta))
    nodes = [0]
    in_blank, in_label = np.zeros(1), np.full(1, -np.inf)
    for number, frame in enumerate(frames):
        last = np.array([tree.label[node] for node in nodes])
        total = np.logaddexp(in_blank, in_label)
        stay_blank = total + frame[blank_id]
        stay_label = in_label + frame[last]
        grow = total[:, None] + frame
        # A label that is said twice must have a blank in between.
        grow[np.arange(len(nodes)), last] = in_blank + frame[last]
        grow[:, blank_id] = -np.inf
        place = {node: i for i, node in enumerate(nodes)}
        for child, node in enumerate(nodes):
            if (parent := place.get(tree.parent[node])) is not None:
                way = grow[parent, last[child]]
                stay_label[child] = np.logaddexp(stay_label[child], way)
                grow[parent, last[child]] = -np.inf
        bonus = np.array([tree.bonus[node] for node in nodes])
        scores = grow + bonus[:, None]
        if tree.words.space is not None:
            scores[:, tree.words.space] += [tree.closing(node) for node in nodes]
        stay = np.logaddexp(stay_blank, stay_label) + bonus
        scores = np.concatenate([stay, scores.ravel()])
        best = np.argsort(-scores, kind='stable')[:beam]
        best = best[scores[best] > -np.inf]
        if not len(best):
            raise ValueError(f'frame {number} gives no label any probability: is it normalised?')
        kept = best[best < len(nodes)]
        from_node, label = np.divmod(best[best >= len(nodes)] - len(nodes), len(frame))
        nodes = [nodes[i] for i in kept] + [
            tree.child(nodes[i], x) for i, x in zip(from_node.tolist(), label.tolist(), strict=True)
        ]
        in_blank = np.append(stay_blank[kept], np.full(len(label), -np.inf))
        in_label = np.append(stay_label[kept], grow[from_node, label])
    hypotheses = [
        Hypothesis(tree.labels(node), log_prob, log_prob + tree.ended(node))
        for node, log_prob in zip(nodes, np.logaddexp(in_blank, in_label).tolist(), strict=True)
    ]
    return sorted(hypotheses, key=lambda hypothesis: -hypothesis.score)


class _Words:
    """What the language model adds to a score."""

    def __init__(self, spelled: Spelled | None, labels: int, alpha: float, beta: float):
        self.space = None
        if spelled:
            self._model, self.alphabet = spelled
            self._alpha, self._beta = alpha, beta
            if len(self.alphabet) != labels or list(self.alphabet).count(' ') != 1:
                raise ValueError(
                    f'an alphabet of {len(self.alphabet)} signs, {list(self.alphabet).count(" ")} '
                    f"of them ' ': {labels} are wanted, one for each label, with one ' '"
                )
            self.space = list(self.alphabet).index(' ')

    def word(self, word: str, before: tuple[str, ...]) -> float:
        return self._alpha * self._model.log_prob(word, before) + self._beta if word else 0.0

    def end(self, before: tuple[str, ...]) -> float:
        return self._alpha * self._model.log_prob(END, before)


class _Tree:
    """The prefixes met so far, each a node; 0 is the empty one, whose label is the blank.

    Attributes:
        parent, label: of each node.
        bonus: what the language model adds for the words that ended.
        words: where that comes from.
    """

    def __init__(self, blank_id: int, words: _Words):
        self.words = words
        self.parent, self.label, self.bonus = [-1], [blank_id], [0.0]
        self._said: list[tuple[tuple[str, ...], str]] = [((), '')]
        self._closing: list[float | None] = [None]
        self._children: dict[tuple[int, int], int] = {}

    def child(self, node: int, label: int) -> int:
        """The prefix that is longer by a label."""
        if (node, label) not in self._children:
            self._children[node, label] = len(self.parent)
            bonus, said = self.bonus[node], self._said[node]
            if label == self.words.space:
                bonus, said = bonus + self.closing(node), (self._before(node), '')
            elif self.words.space is not None:
                said = (said[0], said[1] + self.words.alphabet[label])
            self.parent.append(node)
            self.label.append(label)
            self.bonus.append(bonus)
            self._said.append(said)
            self._closing.append(None)
        return self._children[node, label]

    def closing(self, node: int) -> float:
        """What a space after the prefix adds."""
        found = self._closing[node]
        if found is None:
            before, word = self._said[node]
            found = self._closing[node] = self.words.word(word, before)
        return found

    def ended(self, node: int) -> float:
        """What the language model adds in all, were this the end of the sentence."""
        if self.words.space is None:
            return 0.0
        return self.bonus[node] + self.closing(node) + self.words.end(self._before(node))

    def labels(self, node: int) -> list[int]:
        labels = []
        while node:
            labels.append(self.label[node])
            node = self.parent[node]
        return labels[::-1]

    def _before(self, node: int) -> tuple[str, ...]:
        before, word = self._said[node]
        return (*before, word) if word else before
