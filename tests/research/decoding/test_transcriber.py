import json

import numpy as np
import pytest

from research.decoding import ngram, transcriber
from research.decoding.transcriber import Transcriber
from research.runs import RunError

LABELS = ('', *' ACEHPST')
SENTENCES = ['THE CAT SAT', 'THE CAT', 'A CAP', 'THE HAT SAT']


@pytest.fixture(scope='module')
def model():
    return ngram.build([each.split() for each in SENTENCES], order=3)


def spelled(text, doubt=0.45):
    """Log-probabilities of a frame a character; the last T of CAT is P to greedy decoding."""
    probabilities = np.full((2 * len(text), len(LABELS)), 1e-4)
    for place, character in enumerate(text):
        probabilities[2 * place, LABELS.index(character)] = 1
        probabilities[2 * place + 1, 0] = 1
    at = 2 * (text.index('CAT') + 2)
    probabilities[at, [LABELS.index('T'), LABELS.index('P')]] = doubt, 1 - doubt
    return np.log(probabilities / probabilities.sum(axis=1, keepdims=True)).astype(np.float32)


def test_the_language_model_mends_a_word_that_it_has_read_in_that_place(model):
    heard = spelled('THE CAT SAT')
    assert Transcriber(model, LABELS, alpha=0.0, beta=0.0)(heard, len(heard)) == 'THE CAP SAT'
    assert Transcriber(model, LABELS, alpha=1.0, beta=1.0)(heard, len(heard)) == 'THE CAT SAT'
    assert Transcriber(model, LABELS, 1.0, 1.0)(spelled('A CAT'), 10) == 'A CAP'


def test_it_is_read_as_it_was_written_to_the_bit(model, tmp_path):
    own = Transcriber(model, LABELS, alpha=0.3, beta=1 / 3, beam=5)
    own.write(tmp_path / 'lm.json')
    assert transcriber.read(tmp_path / 'lm.json') == own
    assert '"THE CAT SAT"' in (tmp_path / 'lm.json').read_text(encoding='utf-8')


@pytest.mark.parametrize('text', ['', '[]', '{"order": 3}', 'null'])
def test_a_file_that_is_not_one_is_named(model, tmp_path, text):
    path = tmp_path / 'lm.json'
    path.write_text(text)
    with pytest.raises(RunError, match=r'lm\.json cannot be read .*: train the run anew'):
        transcriber.read(path)


def test_a_number_that_is_none_is_refused(model, tmp_path):
    path = tmp_path / 'lm.json'
    Transcriber(model, LABELS, 0.3, 1.0).write(path)
    found = json.loads(path.read_text())
    found['log_probs']['THE CAT'] = None
    path.write_text(json.dumps(found))
    with pytest.raises(RunError):
        transcriber.read(path)
