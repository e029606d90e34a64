import sys

import pytest

from research.errors import UserError
from research.executors import cluster
from research.executors.ray import dealt
from research.runs import Run


@pytest.mark.parametrize(
    ('nodes', 'asked', 'count', 'holds'),
    [
        ([{'CPU': 8, 'GPU': 4}, {'CPU': 8}], None, 4, {'num_gpus': 1, 'num_cpus': 0}),
        ([{'CPU': 8, 'GPU': 4}], 2, 2, {'num_gpus': 1, 'num_cpus': 0}),
        ([{'CPU': 2}, {'CPU': 2}], None, 2, {'num_gpus': 0, 'num_cpus': 2}),
        ([{'CPU': 8}, {'CPU': 3}], 4, 4, {'num_gpus': 0, 'num_cpus': 2}),
        ([{'CPU': 2}], 5, 5, {'num_gpus': 0, 'num_cpus': 1}),
        ([{'memory': 1}, {'CPU': 4}], None, 1, {'num_gpus': 0, 'num_cpus': 4}),
    ],
)
def test_workers_hold_a_gpu_each_or_as_many_cpus_as_leave_room_for_all(nodes, asked, count, holds):
    told = [{name: float(n) for name, n in node.items()} for node in nodes]
    assert cluster.sizes(told, asked) == (count, holds)


def test_runs_that_are_left_are_dealt_out_once_each(tmp_path):
    members = {place: Run(tmp_path / str(place)) for place in (0, 2, 3, 5, 7)}
    for place, end in {2: 'finish', 5: 'fail'}.items():
        members[place].directory.mkdir()
        (members[place].result if end == 'finish' else members[place].failure).touch()
    assert [dealt(members, number, 2) for number in range(2)] == [[0], [3, 7]]


def test_where_ray_is_not_installed_it_is_told_in_one_line(monkeypatch):
    monkeypatch.setitem(sys.modules, 'ray', None)
    with pytest.raises(UserError, match=r'pip install -r requirements-ray\.txt'):
        cluster.library()
