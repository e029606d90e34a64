import errno
import json
import math
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from research.errors import UserError
from research.loggers.jsonl import MetricsFile

TRAIN = {'step': 40, 'split': 'train', 'loss': 1.25, 'learning_rate': 1e-3, 'time_s': 12.3}


@pytest.fixture
def file(tmp_path: Path) -> MetricsFile:
    return MetricsFile(tmp_path / 'metrics.jsonl')


def strict(text: str) -> object:
    def refuse(constant: str) -> object:
        raise AssertionError(f'{constant} is no JSON')

    return json.loads(text, parse_constant=refuse)


def test_no_file_has_no_records(file: MetricsFile):
    assert file.records() == []


def test_record_stands_in_the_file_when_append_returns(file: MetricsFile):
    file.append(TRAIN)
    assert file.path.read_text() == json.dumps(TRAIN) + '\n'


def test_floats_come_back_bit_for_bit(file: MetricsFile):
    values = np.random.default_rng(0).standard_normal(200) * 10.0 ** np.arange(-100, 100)
    for step, value in enumerate(values):
        file.append({'step': step, 'double': float(value), 'single': np.float32(value % 1)})
    records = file.records()
    assert [record['double'] for record in records] == values.tolist()
    assert [np.float32(record['single']) for record in records] == [
        np.float32(v % 1) for v in values
    ]


def test_non_finite_numbers_survive_in_strict_json(file: MetricsFile):
    file.append({'step': 1, 'a': math.nan, 'b': math.inf, 'c': -math.inf, 'd': np.float32('nan')})
    strict(file.path.read_text())
    record = file.records()[0]
    assert math.isnan(record['a'])
    assert math.isnan(record['d'])
    assert (record['b'], record['c']) == (math.inf, -math.inf)


def test_line_torn_at_any_byte_is_dropped_and_cut_off_by_the_next(file: MetricsFile):
    file.append(TRAIN)
    whole = file.path.read_bytes()
    for cut in range(1, len(whole)):
        file.path.write_bytes(whole + whole[:cut])
        assert file.records() == [TRAIN]
        file.append({'step': 41})
        assert file.records() == [TRAIN, {'step': 41}]


def test_only_line_torn_leaves_no_records(file: MetricsFile):
    file.path.write_bytes(b'{"step": 4')
    assert file.records() == []
    file.append({'step': 1})
    assert file.records() == [{'step': 1}]


@pytest.mark.parametrize('damage', [b'{"step": 4\n', b'\0\0\0\n', b'17\n', b'\n'])
def test_damaged_line_raises_with_its_number(file: MetricsFile, damage: bytes):
    file.path.write_bytes(b'{"step": 1}\n' + damage + b'{"step": 3}\n')
    with pytest.raises(UserError, match=r'metrics\.jsonl, line 2'):
        file.records()


def test_later_steps_are_dropped_and_the_rest_kept_byte_for_byte(file: MetricsFile):
    for step in (10, 20, 20, 30):
        file.append({'step': step, 'loss': 0.1 * step})
    lines = file.path.read_bytes().splitlines(keepends=True)
    file.truncate_after(20)
    assert file.path.read_bytes() == b''.join(lines[:3])
    assert os.listdir(file.path.parent) == ['metrics.jsonl']


def test_truncation_drops_a_torn_line_and_needs_no_file(file: MetricsFile):
    file.truncate_after(5)
    file.path.write_bytes(b'{"step": 1}\n{"st')
    file.truncate_after(5)
    assert file.path.read_bytes() == b'{"step": 1}\n'


def test_value_that_json_has_not_is_refused_before_anything_is_written(file: MetricsFile):
    file.append(TRAIN)
    with pytest.raises(TypeError):
        file.append({'step': 1, 'loss': object()})
    assert file.records() == [TRAIN]


def test_device_without_room_is_told_in_one_line():
    with pytest.raises(OSError, match='free some space and start the same command') as caught:
        MetricsFile(Path('/dev/full')).append(TRAIN)
    assert caught.value.errno == errno.ENOSPC
    assert '/dev/full' in str(caught.value)


@pytest.fixture
def small_disk(tmp_path: Path):
    """A disk of 64 KiB."""
    disk = tmp_path / 'disk'
    disk.mkdir()
    command = ['mount', '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', str(disk)]
    try:
        mounted = subprocess.run(command, capture_output=True, text=True)
    except FileNotFoundError:
        pytest.skip('no mount command')
    if mounted.returncode:
        pytest.skip(f'may not mount a small disk: {mounted.stderr.strip()}')
    yield disk
    subprocess.run(['umount', str(disk)], check=True)


def append_for_ever(file: MetricsFile, record: Mapping[str, object]) -> None:
    while True:
        file.append(record)


def test_full_disk_leaves_whole_lines_and_appending_goes_on_when_there_is_room(small_disk: Path):
    file = MetricsFile(small_disk / 'metrics.jsonl')
    ballast = small_disk / 'ballast'
    ballast.write_bytes(b'x' * 40_000)
    record = TRAIN | {'note': 'x' * 700}
    with pytest.raises(OSError, match='what stands in it is whole') as caught:
        append_for_ever(file, record)
    assert caught.value.errno == errno.ENOSPC
    line = (json.dumps(record) + '\n').encode()
    written = file.path.stat().st_size // len(line)
    assert written > 0
    assert file.path.read_bytes() == line * written
    with pytest.raises(OSError, match='cannot write'):
        file.truncate_after(40)
    assert sorted(os.listdir(small_disk)) == ['ballast', 'metrics.jsonl']
    assert len(file.records()) == written
    ballast.unlink()
    file.append(record)
    assert len(file.records()) == written + 1
