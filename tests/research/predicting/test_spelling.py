import numpy as np
import pytest

from research.decoding import greedy, ngram
from research.decoding.transcriber import Transcriber
from research.predicting.spelling import Greedy, Modelled

ALPHABET = ('', ' ', 'a', 'b', 'c')


def spoken(text, sure=0.97, repeat=2):
    """Log-probabilities that spell a text, blanks between its characters."""
    labels = [label for c in text for label in (0, *[ALPHABET.index(c)] * repeat)] + [0]
    probs = np.full((len(labels), len(ALPHABET)), (1 - sure) / (len(ALPHABET) - 1))
    probs[np.arange(len(labels)), labels] = sure
    return np.log(probs)


def transcriber():
    model = ngram.build([['ab', 'cab'], ['ab', 'ab', 'cab']], 2)
    return Transcriber(model, ALPHABET, 0.5, 1.0)


@pytest.mark.parametrize('stretch', [1, 3, 50, 400])
def test_the_best_path_does_not_depend_on_stretches(stretch):
    log_probs = np.log(np.random.default_rng(1).dirichlet(np.full(5, 0.3), 300))
    speller = Greedy(ALPHABET)
    for first in range(0, 300, stretch):
        speller.add(log_probs[first : first + stretch])
    best = greedy.collapse(log_probs.argmax(axis=1))
    assert speller.text() == ''.join(ALPHABET[label] for label in best)


def test_what_fits_into_a_window_is_decoded_as_a_whole():
    log_probs = np.log(np.random.default_rng(2).dirichlet(np.full(5, 0.3), 40))
    speller = Modelled(transcriber(), 40)
    speller.add(log_probs)
    assert speller.text() == transcriber()(log_probs, 40)


def test_what_is_longer_is_parted_between_words():
    text = 'ab cab ab ab cab cab ab cab ab ab ab cab'
    log_probs = spoken(text)
    for stretch in (11, 45, len(log_probs)):
        speller = Modelled(transcriber(), 45)
        for first in range(0, len(log_probs), stretch):
            speller.add(log_probs[first : first + stretch])
        assert speller.text() == text
