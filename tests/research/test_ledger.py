import json
import os

import pytest

from research import claims, ledger
from research.runs import Run


@pytest.fixture
def entries(tmp_path):
    runs = [Run(tmp_path / 'genre_mlp' / f'corpus-s{seed}-abc') for seed in range(5)]
    for run in runs[1:]:
        run.create({'name': 'genre_mlp'}, {})
    runs[2].fail('loss is not finite at step 3', 3, None)
    runs[4].finish({'seconds': 1.0})
    return [ledger.Entry('genre_mlp', (f'seed={n}',), run) for n, run in enumerate(runs)]


def test_a_ledger_read_back_has_the_same_members(tmp_path, entries):
    file = ledger.write(tmp_path, 'some', entries)
    assert ledger.read(tmp_path, 'some') == entries
    assert not any(str(tmp_path) in each['run'] for each in json.loads(file.read_text())['members'])


def test_each_run_is_waiting_stopped_failed_running_or_done(entries):
    with claims.claim(entries[3].run.directory):
        found = [ledger.state(entry.run) for entry in entries]
        assert [each.word for each in found] == ['waiting', 'stopped', 'failed', 'running', 'done']
        assert found[2].more == 'loss is not finite at step 3'
        assert found[3].more.startswith(f'process {os.getpid()} on this machine, since 2')
    assert ledger.state(entries[3].run).word == 'stopped'


def test_a_grid_is_told_in_counts_and_a_line_for_each_run_that_is_not_done(entries):
    entries[2].run.trace.write_text('Traceback\n  one\n  two\n  three\nKeyError: 4\n')
    first, *rest = ledger.lines('some', entries)
    assert first.startswith('some: 5 runs: 1 done, 1 failed, 2 stopped, 1 waiting')
    assert rest[0].startswith('waiting  genre_mlp seed=0  ')
    assert rest[2].endswith('corpus-s2-abc: loss is not finite at step 3')
    assert [line.strip() for line in rest[3:6]] == ['two', 'three', 'KeyError: 4']
    assert len(rest) == 4 + 3


def test_a_failed_run_that_starts_again_forgets_why(entries):
    run = entries[2].run
    run.trace.write_text('KeyError: 4\n')
    run.create({'name': 'genre_mlp'}, {})
    assert ledger.state(run).word == 'stopped'
    assert not run.trace.exists()
