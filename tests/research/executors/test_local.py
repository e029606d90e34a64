import os
import sys

import pytest

from research.errors import UserError
from research.executors import local


@pytest.mark.parametrize(
    ('platform', 'seen', 'wanted'),
    [
        ('gpu', None, [{'CUDA_VISIBLE_DEVICES': '0'}, {'CUDA_VISIBLE_DEVICES': '1'}]),
        ('gpu', '3,5', [{'CUDA_VISIBLE_DEVICES': '3'}, {'CUDA_VISIBLE_DEVICES': '5'}]),
        ('tpu', None, [{'TPU_VISIBLE_CHIPS': '0'}, {'TPU_VISIBLE_CHIPS': '1'}]),
        ('cpu', '3,5', [{}, {}]),
    ],
)
def test_each_worker_sees_one_device_of_those_that_the_user_sees(
    platform, seen, wanted, monkeypatch
):
    for name in local.VISIBLE.values():
        monkeypatch.delenv(name, raising=False)
    if seen:
        monkeypatch.setenv('CUDA_VISIBLE_DEVICES', seen)
    assert [local.pinned(platform, number, 2)[0] for number in range(2)] == wanted


@pytest.mark.parametrize('count', [1, 2, 3, 5])
def test_workers_share_the_cores(count, monkeypatch):
    monkeypatch.setattr(os, 'sched_getaffinity', lambda _: {0, 1, 2, 3})
    shares = [local.pinned('cpu', number, count)[1] for number in range(count)]
    assert all(shares)
    assert {core for share in shares for core in share} == {0, 1, 2, 3}
    if count <= 4:
        assert sum(map(len, shares)) == 4


def test_a_machine_without_accelerators_is_one_worker_unless_more_are_asked_for(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(local, 'DEVICES', tmp_path)
    monkeypatch.setattr(local, 'devices', lambda: ('gpu', 4))
    assert local.workers(None) == ('cpu', 1)
    assert local.workers(3) == ('cpu', 3)
    (tmp_path / 'nvidia0').touch()
    assert local.workers(None) == ('gpu', 4)
    assert local.workers(2) == ('gpu', 2)
    assert local.workers(1) == ('cpu', 1)


def test_the_devices_are_counted_by_another_process(monkeypatch):
    monkeypatch.setenv('XLA_FLAGS', '--xla_force_host_platform_device_count=3')
    monkeypatch.setenv('JAX_PLATFORMS', 'cpu')
    assert local.devices() == ('cpu', 3)
    monkeypatch.setattr(local, 'COUNT', 'raise SystemExit("no device")')
    with pytest.raises(UserError, match=r'JAX finds no device \(no device\): JAX_PLATFORMS=cpu'):
        local.devices()


def test_a_worker_tells_its_lines_with_its_number(capsys):
    worker = local.Worker(1, [sys.executable, '-c', 'print("one\\n\\ntwo")'], {}, [])
    worker.process.wait()
    assert worker.ended() == 0
    assert capsys.readouterr().out == 'worker 2  one\nworker 2  two\n'
