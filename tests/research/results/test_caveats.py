"""A detector without a call to be chosen or judged by: it ends, and says so."""

import dataclasses
import json

import pytest

from research.experiment import Data, Experiment, StandIn
from research.frontends import STFT
from research.loggers.console import summary
from research.loggers.jsonl import MetricsFile
from research.models import MLP
from research.optimizers import Adam
from research.tasks import Detection

EXPERIMENT = Experiment(
    name='drawn',
    data=Data(corpus='drawn', slice_s=1.0),
    frontend=STFT(rate_hz=4000, n_fft=256, hop=100),
    model=MLP(widths=(4,)),
    task=Detection(),
    optimizer=Adam(),
    standin=StandIn('drawn'),
    batch_size=4,
    epochs=2.0,
)
PARTS = ['train'] * 8 + ['valid'] * 4 + ['test'] * 4
GIVEN = {'unit': 'item', 'column': 'part', 'group': 'item', 'folds': 1}


@pytest.fixture(scope='module')
def calls_in(drawn):
    """A corpus in which every other clip of these parts has a call."""

    def make(*parts: str):
        label = ['call' if part in parts and i % 2 else 'other' for i, part in enumerate(PARTS)]
        clips = [(4000, 1.0)] * len(PARTS)
        corpus = drawn(clips, classes=('other', 'call'), label=label, part=PARTS)
        facts = {**corpus.facts, 'protocols': {'given': GIVEN}, 'default_protocol': 'given'}
        return dataclasses.replace(corpus, facts=facts)

    return make


def test_calls_in_every_part_leave_nothing_to_say(calls_in, go, tmp_path):
    _, result = go(EXPERIMENT, calls_in('train', 'valid', 'test'), tmp_path)
    assert result['caveats'] == []
    assert result['test']['average_precision'] is not None
    assert len(result['test']['average_precision_interval']) == 2


def test_a_validation_without_a_call_is_told_in_the_log_and_the_result(
    calls_in, go, tmp_path, capsys
):
    place, result = go(EXPERIMENT, calls_in('train'), tmp_path)
    first, second = result['caveats']
    assert first.startswith('validation has no call: the thresholds are 0.5')
    assert second.startswith('the test part has no call')
    assert first in capsys.readouterr().out
    assert first in summary(result)
    assert result['tuned'] == {'threshold': 0.5, 'leave': 0.5, 'enter': 0.5}
    assert json.loads(place.result.read_text()) == result
    for part in ('valid', 'test'):
        assert result[part]['average_precision'] is None
        assert result[part]['recall'] is None
        assert 'recall_interval' not in result[part]
    # Equal in what selects: the loss picks.
    valid = [r for r in MetricsFile(place.metrics).records() if r['split'] == 'valid']
    assert result['best_step'] == min(valid, key=lambda record: record['loss'])['step']
