import pytest

from research.errors import UserError
from research.executors import slurm


def test_options_go_to_sbatch_as_they_are_and_the_time_is_an_hour_unless_said():
    assert slurm.parameters([]) == {'time': 60, 'additional_parameters': {}}
    assert slurm.parameters(['time=240', 'partition=gpu', '--gpus_per_node=1', 'comment=a=b']) == {
        'time': 240,
        'additional_parameters': {'partition': 'gpu', 'gpus-per-node': '1', 'comment': 'a=b'},
    }


@pytest.mark.parametrize(
    ('option', 'said'), [('partition', 'NAME=VALUE is wanted'), ('time=1:00:00', 'minutes are')]
)
def test_a_wrong_option_is_told(option, said):
    with pytest.raises(UserError, match=said):
        slurm.parameters([option])


def test_where_there_is_no_slurm_it_is_told(monkeypatch, tmp_path):
    monkeypatch.setenv('PATH', str(tmp_path))
    with pytest.raises(UserError, match='no squeue here'):
        slurm.queued('1')


@pytest.mark.parametrize(('said', 'found'), [('1_0', True), ('', False)])
def test_an_array_is_queued_while_squeue_names_a_job_of_it(monkeypatch, tmp_path, said, found):
    squeue = tmp_path / 'squeue'
    squeue.write_text(f'#!/bin/sh\nprintf "{said}"\n')
    squeue.chmod(0o755)
    monkeypatch.setenv('PATH', str(tmp_path), prepend=':')
    assert slurm.queued('1') is found
