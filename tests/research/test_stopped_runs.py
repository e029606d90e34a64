"""A run asked to stop, at any moment, ends or is saved, and whoever is around it hears of that."""

import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import experiments
from research import conclude, overrides, runs, train
from research.interrupts import ENDING, Interrupted, Interrupts

SMALL = (
    'data.corpus=drawn',
    'data.protocol=folds',
    'data.slice_s=1',
    'data.slices=1',
    'frontend.rate_hz=8000',
    'model.widths=4,4',
    'batch_size=2',
    'steps=4',
    'eval_epochs=1',
)


@pytest.fixture
def trains(drawn, go, tmp_path) -> Callable[[], tuple[runs.Run, dict[str, Any]]]:
    """Trains four steps, or what is left of them."""
    experiment = overrides.apply(experiments.build('genre_mlp'), SMALL)
    corpus = drawn([(8000, 1.0)] * 12)
    return lambda: go(experiment, corpus, tmp_path)


@contextlib.contextmanager
def signalled(owner: Any, name: str, when: Callable[..., bool]) -> Iterator[None]:
    """SIGTERM, once, as soon as something has been done."""
    real, sent = getattr(owner, name), []

    def done(*arguments: Any) -> Any:
        came = real(*arguments)
        if not sent and when(*arguments):
            sent.append(os.kill(os.getpid(), signal.SIGTERM))
        return came

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(owner, name, done)
        yield
    assert sent


def at_the_end(loop: train.Loop, *_: Any) -> bool:
    return [*loop._at.values()] == [loop.way.total]


def test_a_stop_amid_the_last_validation_is_heard_and_the_run_goes_on_to_be_scored(trains, capsys):
    with Interrupts() as around:
        with (
            signalled(train.Loop, '_validate', at_the_end),
            pytest.raises(Interrupted, match='saved at step 4 of 4; the same command goes on'),
        ):
            trains()
        assert around.number == signal.SIGTERM
    assert capsys.readouterr().out.count(train.SAVING) == 1
    place, result = trains()
    assert (place.status(), result['steps']) == ('finished', 4)


def test_a_stop_between_the_last_step_and_the_scoring_does_what_it_said(trains, capsys):
    with (
        signalled(train.Loop, '_end', at_the_end),
        pytest.raises(Interrupted, match='trained; the same command scores what is left'),
    ):
        trains()
    said = capsys.readouterr().out
    assert (said.count(train.SAVING), said.count(ENDING)) == (1, 0)
    _, result = trains()
    assert result['steps'] == 4


def test_a_stop_while_a_run_is_scored_lets_it_end_and_is_known_around_it(trains, capsys):
    with Interrupts() as around, signalled(conclude, 'score', lambda *_: True):
        _, result = trains()
        assert around.number == signal.SIGTERM
    assert result['status'] == 'finished'
    said = capsys.readouterr().out
    assert (said.count(train.SAVING), said.count(ENDING)) == (0, 1)


def test_a_stop_that_came_before_a_run_began_starts_nothing(trains, tmp_path):
    with Interrupts():
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(Interrupted, match='before the first step'):
            trains()
    assert not runs.find(tmp_path)
