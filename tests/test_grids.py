"""Grids as they are started by hand: what fails fails alone, what was stopped goes on."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]

BASE = (
    '--experiment=genre_mlp',
    '--corpus=corpus_styles',
    '--wandb=off',
    '--set=model.widths=16,8',
    '--set=steps=12',
)
# Of each two seeds one learns and one diverges at once.
SWEPT = (*BASE, '--sweep=optimizer.learning_rate=1e-3,1e30', '--sweep=seed=0:2')
NAME = 'genre_mlp-by-learning_rate-seed'


def results(runs_dir: Path) -> dict[str, float]:
    """Test scores by the name of the run's folder."""
    found = runs_dir.glob('genre_mlp/*/result.json')
    return {path.parent.name: json.loads(path.read_text())['test']['loss'] for path in found}


@pytest.fixture(scope='module')
def swept(fork, tmp_path_factory):
    runs_dir = tmp_path_factory.mktemp('swept')
    return runs_dir, fork(*SWEPT, '--stack=off', f'--runs_dir={runs_dir}').end()


def test_a_member_that_diverges_fails_alone_with_its_reason(fork, swept):
    runs_dir, ended = swept
    assert ended.code == 1
    assert len(results(runs_dir)) == 2
    status = fork(*SWEPT, f'--runs_dir={runs_dir}', '--status').end()
    assert status.code == 0
    first, *rest = status.out.splitlines()
    assert first.startswith(f'{NAME}: 4 runs: 2 done, 2 failed')
    assert len(rest) == 2
    for line in rest:
        assert line.startswith('failed   genre_mlp optimizer.learning_rate=1e30 seed=')
        assert 'loss or gradient is not finite at step 2' in line


def test_a_finished_grid_trains_nothing_and_failed_runs_only_when_asked(fork, swept):
    runs_dir, _ = swept
    before = {path: path.stat().st_mtime_ns for path in runs_dir.rglob('metrics.jsonl')}
    again = fork(*SWEPT, f'--runs_dir={runs_dir}').end()
    assert again.code == 1
    assert 'of 4]' not in again.out
    assert {path: path.stat().st_mtime_ns for path in before} == before
    retried = fork(*SWEPT, f'--runs_dir={runs_dir}', '--retry_failed').end()
    assert retried.code == 1
    assert retried.out.count('optimizer.learning_rate=1e30 seed=') >= 2


def test_the_table_of_a_grid_has_a_row_a_label(swept):
    runs_dir, _ = swept
    table = subprocess.run(
        [sys.executable, '-m', 'research.tables', NAME, f'--runs_dir={runs_dir}'],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    _, _, row, lacking, *_ = table.stdout.splitlines()
    assert row.startswith('| genre_mlp optimizer.learning_rate=1e-3 | **')
    assert ' | missing | 0 of 2 | ' in lacking
    assert table.stderr.count('unfinished (failed)') == 2


def test_a_stack_that_is_killed_and_two_drivers_at_once_end_as_runs_that_nothing_happened_to(
    fork, swept, tmp_path
):
    undisturbed, _ = swept
    flags = *SWEPT, '--stack=on', f'--runs_dir={tmp_path}'
    killed = fork(*flags)
    killed.until(lambda: any(tmp_path.glob('genre_mlp/*/metrics.jsonl')))
    killed.kill()
    killed.end()
    begun = [json.loads(p.read_text()) for p in tmp_path.glob('genre_mlp/*/environment.json')]
    assert [each['stack']['members'] for each in begun] == [4] * 4
    drivers = [fork(*flags) for _ in range(2)]
    ended = [driver.end() for driver in drivers]
    assert [each.code for each in ended] == [1, 1]
    # What is stacked is summed in another order.
    assert results(tmp_path) == pytest.approx(results(undisturbed), rel=1e-4)
    for each in ended:
        assert '4 runs: 2 done, 2 failed' in each.out
        assert each.out.count('is held by process') <= 4  # told once, however often it is looked at
    reasons = [json.loads(p.read_text()) for p in tmp_path.glob('genre_mlp/*/failure.json')]
    assert [each['step'] for each in reasons] == [2, 2]


@pytest.mark.parametrize(
    ('flags', 'said'),
    [
        (('--grid=genre_architecture',), "did you mean 'genre_architectures'?"),
        (('--grid=genre_leak', '--experiment=genre_mlp'), 'give one of them'),
        (('--grid=genre_leak', '--sweep=seed=0:2'), '--sweep and --search are for an --experiment'),
        ((*BASE, '--sweep=model.width=1,2'), "did you mean 'widths'?"),
        ((*BASE, '--sweep=seed=0,0'), 'one and the same run'),
        ((*BASE, '--status'), '--status is for a grid: --grid=NAME, or --experiment with'),
        ((*BASE, '--workers=2'), '--workers is for a grid'),
    ],
)
def test_a_wrong_grid_is_told_in_one_line_and_nothing_is_started(fork, tmp_path, flags, said):
    ended = fork(*flags, f'--runs_dir={tmp_path}').end()
    assert ended.code == 2
    assert said in ended.err
    assert ended.err.startswith('error: ')
    assert len(ended.err.splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_the_plan_of_a_grid_starts_nothing(fork, tmp_path):
    ended = fork(*SWEPT, f'--runs_dir={tmp_path}', '--plan').end()
    assert ended.code == 0
    first, *rest = ended.out.splitlines()
    assert first == f'{NAME}: 4 runs on corpus_styles'
    first, second, pack = rest
    assert [line.split('  ')[-1] for line in (first, second)] == ['2 waiting', '2 waiting']
    assert pack.startswith('pack      genre_mlp optimizer.learning_rate=1e-3 seed=0 and 3 more: 4')
    assert re.search('4 runs as one program, which takes [1-9][0-9]* MiB$', pack)
    assert not list(tmp_path.iterdir())
