"""N-gram language models by interpolated, modified Kneser-Ney smoothing.

S. Chen and J. Goodman, "An empirical study of smoothing techniques for language modeling",
Computer Speech and Language 13 (1999), section 3. What is predicted is a word or, where sentences
are strings, a character.
"""

import dataclasses
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

START, END, UNKNOWN = '<s>', '</s>', '<unk>'
# Chen and Goodman's estimates need n-grams that occur once, twice, three and four times. These
# stand in where a text is too small to have them.
FALLBACK = (0.0, 0.5, 1.0, 1.5)
NGram = tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Model:
    """p(word | the order - 1 words before it), for every word: those not in the text are one.

    Attributes:
        order: length of the longest n-grams.
        log_probs: natural log of p(last word | the others) of each n-gram in the text.
        backoffs: natural log of the share that a history leaves to the history without its first
            word.
    """

    order: int
    log_probs: Mapping[NGram, float]
    backoffs: Mapping[NGram, float]

    @property
    def vocabulary(self) -> list[str]:
        """The words that the probabilities after any history sum to 1 over, with END, UNKNOWN."""
        return sorted(gram[0] for gram in self.log_probs if len(gram) == 1)

    def log_prob(self, word: str, before: Sequence[str]) -> float:
        """Natural log of p(word | the words before it in its sentence); END ends a sentence."""
        if (word,) not in self.log_probs:
            word = UNKNOWN
        length = self.order - 1
        history = tuple(before[len(before) - length :] if length <= len(before) else before)
        if len(history) < length:
            history = (START, *history)
        left = 0.0
        while (found := self.log_probs.get((*history, word))) is None:
            left += self.backoffs.get(history, 0.0)
            history = history[1:]
        return left + found


def build(sentences: Iterable[Sequence[str]], order: int = 3) -> Model:
    """Estimates a model; a function of the sentences and, but for rounding, not of their order.

    N-grams that begin a sentence are counted as often as they occur there, since nothing can stand
    before them (Heafield et al., "Scalable Modified Kneser-Ney Language Model Estimation", 2013,
    section 3). Unigrams are interpolated with the uniform distribution: so UNKNOWN gets its share.

    Args:
        sentences: each a sequence of words, or a string: a sequence of characters.
        order: of the longest n-grams, at least 1.

    Raises:
        ValueError: `order` is not positive, there are no sentences, or one holds START or END.
    """
    if order < 1:
        raise ValueError(f'order {order}: at least 1 is wanted')
    log_probs, backoffs = {}, {}
    lower: dict[NGram, float] = {}
    for length, counts in enumerate(_counts(sentences, order), 1):
        discounts = _discounts(counts)
        totals, left = defaultdict(int), defaultdict(float)
        for gram, count in counts.items():
            totals[gram[:-1]] += count
            left[gram[:-1]] += discounts[min(count, 3)]
        shares = {history: left[history] / total for history, total in totals.items()}
        if length == 1:
            counts.setdefault((UNKNOWN,), 0)
            lower = {(): 1 / len(counts)}
        lower = {
            gram: (count - discounts[min(count, 3)]) / totals[gram[:-1]]
            + shares[gram[:-1]] * lower[gram[1:]]
            for gram, count in counts.items()
        }
        log_probs |= {gram: math.log(p) for gram, p in lower.items()}
        backoffs |= {history: math.log(share) for history, share in shares.items()}
    return Model(order, log_probs, backoffs)


def _counts(sentences: Iterable[Sequence[str]], order: int) -> list[Counter[NGram]]:
    """By length: of the longest n-grams how often they occur, of others after how many words."""
    counts: list[Counter[NGram]] = [Counter() for _ in range(order)]
    for words in sentences:
        if START in words or END in words:
            raise ValueError(f'a sentence holds {START} or {END}: they are put around it here')
        padded = (START, *words, END)
        grams = (padded[i : i + order] for i in range(len(padded) - order + 1))
        counts[-1].update(grams)
        for length in range(2, min(order, len(padded) + 1)):
            counts[length - 1][padded[:length]] += 1
    for longer, shorter in zip(counts[:0:-1], counts[-2::-1], strict=True):
        shorter.update(gram[1:] for gram in longer)
    del counts[0][START,]
    if not counts[0]:
        raise ValueError('0 sentences were given: a model wants at least one')
    return counts


def _discounts(counts: Counter[NGram]) -> tuple[float, ...]:
    """What is taken from a count of 0, 1, 2, and 3 or more by Chen and Goodman's estimates."""
    of = Counter(counts.values())
    if not all(of[k] for k in (1, 2, 3, 4)):
        return FALLBACK
    y = of[1] / (of[1] + 2 * of[2])
    found = (0.0, *(k - (k + 1) * y * of[k + 1] / of[k] for k in (1, 2, 3)))
    return found if min(found[1:]) > 0 else FALLBACK
