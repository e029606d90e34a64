import pytest

import experiments
from research import start, train
from research.choosing import Chosen
from research.interrupts import Interrupted
from research.loop import Options


@pytest.fixture
def chosen(drawn) -> Chosen:
    return Chosen(experiments.build('genre_mlp'), drawn([(8000, 1.0)] * 6), stand_in=False)


def test_no_step_is_told_after_the_last_line_of_a_stop(chosen, tmp_path, monkeypatch, capsys):
    def stopped(experiment, corpus, place, options, loggers):
        loggers.start(9, [], 'item_accuracy')
        for step in (1, 2):  # of which the console holds the second back
            loggers.log({'step': step, 'split': 'train', 'loss': 1.0})
        raise Interrupted(15, 'saved at step 2 of 9')

    monkeypatch.setattr(start, 'described', lambda chosen: [])
    monkeypatch.setattr(start, 'remember_programs', lambda runs_dir: None)
    monkeypatch.setattr(train, 'run', stopped)
    assert start.train(chosen, tmp_path, 'off', Options()) == 143
    *_, first, second, last = capsys.readouterr().out.splitlines()
    assert first.startswith('step 1/9')
    assert second.startswith('step 2/9')
    assert last == 'SIGTERM: saved at step 2 of 9'
