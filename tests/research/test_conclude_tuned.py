"""What is chosen, is chosen on validation: here the test part would choose otherwise."""

from typing import Any
from unittest import mock

import numpy as np
import pytest

from research import conclude, results
from research.evaluate import Evaluator
from research.experiment import Experiment
from research.material import Material
from research.meaning import Meaning
from research.runs import Run
from research.tasks import Classification, Detection

MEANING = Meaning(labels=('other', 'call'))
NAMES = np.array([f'item {i}' for i in range(20)])
TARGET = np.arange(20) % 2


def classes(right: int) -> dict[str, np.ndarray]:
    """Answers of 0.7 each, of which so many of 20 are right."""
    answered = np.where(np.arange(20) < right, TARGET, 1 - TARGET)
    return {'probabilities': np.where(np.eye(2, dtype=bool)[answered], 0.7, 0.3).astype('f4')}


def calls(least: float) -> dict[str, np.ndarray]:
    """Calls have this probability, and others half of it."""
    return {'probability': np.where(TARGET == 1, least, least / 2).astype('f4')}


def temperature(found: dict[str, Any]) -> float:
    # At a temperature of t answers of 0.7 are as sure as log odds of log(0.7 / 0.3) / t.
    return 1 / (1 + (0.3 / 0.7) ** (1 / found['temperature']))


@pytest.mark.parametrize(
    ('task', 'said', 'read', 'chosen'),
    [
        (Classification(), {'valid': classes(18), 'test': classes(12)}, temperature, 0.9),
        (Detection(), {'valid': calls(0.8), 'test': calls(0.2)}, lambda t: t['threshold'], 0.6),
        (Detection(), {'valid': calls(0.8), 'test': calls(0.2)}, lambda t: t['enter'], 0.8),
        (Detection(), {'valid': calls(0.8), 'test': calls(0.2)}, lambda t: t['leave'], 0.8),
    ],
    ids=['temperature', 'threshold', 'enter', 'leave'],
)
def test_the_test_part_has_no_say_in_what_is_tuned(task, said, read, chosen, tmp_path, monkeypatch):
    for name in ('more', 'learnt', 'beside'):
        monkeypatch.setattr(results, name, lambda *given: {})
    truth = {'item': NAMES, 'group': NAMES, 'slice': np.zeros(20, int), 'target': TARGET}
    evaluators = {
        name: mock.Mock(spec=Evaluator, return_value=answers, truth=truth, examples=20)
        for name, answers in said.items()
    }
    made = mock.Mock(spec=Material, meaning=MEANING)
    experiment = mock.Mock(spec=Experiment, task=task)
    weights = conclude.Weights(None, None)
    trained, found = conclude.score(Run(tmp_path), experiment, made, weights, evaluators, print)
    assert read(trained.tuned) == pytest.approx(chosen, abs=0.01)
    assert found['tuned'] == trained.tuned
    # It would: so this is told apart.
    own = task.tune(said['test'], truth, MEANING)
    assert abs(read(own) - chosen) > 0.2
