"""A grid as a W&B workspace, and what is told where there is no account."""

import json
from pathlib import Path

import pytest

from research import dashboard, ledger, runs, workspace

# The library declares its types in a way that is to go.
pytestmark = pytest.mark.filterwarnings('ignore::DeprecationWarning')

SCORES = {'loss': 1.0, 'item_accuracy': 0.5, 'item_accuracy_interval': [0.4, 0.6], 'ece': 0.1}


@pytest.fixture
def grid(tmp_path: Path) -> Path:
    """A runs_dir with a grid `some` of two models and two seeds, the last of them not begun."""
    entries = []
    for seed in (0, 1):
        for name in ('cnn', 'mlp'):
            run = runs.Run(tmp_path / name / f'gtzan-s{seed}-abc')
            entries.append(ledger.Entry(name, (f'seed={seed}',), run))
            if (name, seed) == ('mlp', 1):
                continue
            run.directory.mkdir(parents=True)
            experiment = {'name': name, 'seed': seed, 'data': {'corpus': 'gtzan'}}
            run.experiment.write_text(json.dumps(experiment))
            records = [
                {'step': 8, 'split': 'train', 'loss': 2.0, 'accuracy': 0.1, 'grad_norm': 1.0},
                {'step': 8, 'split': 'valid', **SCORES},
            ]
            run.metrics.write_text(''.join(json.dumps(each) + '\n' for each in records))
            run.finish({'test': SCORES})
    ledger.write(tmp_path, 'some', entries)
    return tmp_path


@pytest.fixture
def account(monkeypatch):
    monkeypatch.setenv('WANDB_API_KEY', 'x' * 40)


@pytest.fixture
def no_account(monkeypatch, tmp_path):
    monkeypatch.delenv('WANDB_API_KEY', raising=False)
    monkeypatch.setenv('NETRC', str(tmp_path / 'none'))


def panels(made) -> dict[str, list[dict]]:
    """Panels by section, as W&B is sent them."""
    sent = json.loads(made._to_model().model_dump_json(by_alias=True))
    sections = sent['spec']['section']['panelBankConfig']['sections']
    return {each['name']: each['panels'] for each in sections if each['panels']}


def test_a_workspace_has_a_panel_for_each_score_and_the_runs_of_the_grid_alone(grid):
    made = workspace.build('some', ledger.read(grid, 'some'), 'me', 'audiogrid')
    found = panels(made)
    assert list(found) == ['Test', 'Curves', 'Cost', 'Runs']
    assert [each['config']['metrics'] for each in found['Test']] == [
        ['test/item_accuracy'],
        ['test/ece'],
        ['test/loss'],
    ]
    curves = [each['config']['metrics'][0] for each in found['Curves']]
    assert curves == [
        'valid/item_accuracy',
        'valid/ece',
        'valid/loss',
        'train/loss',
        'train/accuracy',
        'train/grad_norm',
    ]
    for each in (*found['Test'], *found['Curves']):
        assert each['config']['groupBy'] == 'name.value'
        assert each['config']['groupAgg'] == 'mean'
        assert each['config']['groupArea'] == 'stddev'
    assert 'some-gtzan' in made._to_model().model_dump_json()


def test_runs_are_grouped_by_what_they_differ_in():
    one = {'name': 'mlp', 'seed': 0, 'model': {'dropout': 0.1, 'width': 8}}
    other = {'name': 'mlp', 'seed': 1, 'model': {'dropout': 0.3, 'width': 8}}
    assert workspace.differing([one, other]) == ['model.dropout']
    assert workspace.differing([one, {**one, 'seed': 5}]) == ['name']
    assert workspace.differing([one, {**other, 'name': 'cnn'}]) == ['name', 'model.dropout']


def test_without_an_account_the_command_that_sends_the_runs_is_told(grid, no_account, capsys):
    for day in ('20261101', '20261102'):
        (grid / 'cnn' / 'gtzan-s0-abc' / 'wandb' / f'offline-run-{day}_0-x').mkdir(parents=True)
    assert dashboard.main(['dashboard', 'some', f'--runs_dir={grid}']) == 0
    out = capsys.readouterr().out
    assert '1 of 4 runs can be sent' in out
    assert 'offline-run-20261102_0-x && python -m research.dashboard some' in out
    assert '20261101' not in out


def test_runs_that_were_kept_from_it_are_told(grid, no_account, capsys):
    assert dashboard.main(['dashboard', 'some', f'--runs_dir={grid}']) == 0
    assert '--wandb=off?' in capsys.readouterr().out


def test_with_an_account_the_workspace_is_written_and_its_address_told(
    grid, account, monkeypatch, capsys
):
    from wandb_workspaces.workspaces import Workspace

    saved = []
    monkeypatch.setattr(Workspace, 'save', lambda self: saved.append(self))
    monkeypatch.setattr(Workspace, 'url', property(lambda self: f'at {self.entity}/{self.name}'))
    assert dashboard.main(['dashboard', 'some', f'--runs_dir={grid}', '--entity=me']) == 0
    assert [each.name for each in saved] == ['some']
    assert capsys.readouterr().out == 'workspace at me/some\n'


def test_that_wandb_is_out_of_reach_is_told_in_one_line(grid, account, monkeypatch, capsys):
    from wandb_workspaces.workspaces import Workspace

    def refuse(self):
        raise ConnectionError('no route\nto anywhere')

    monkeypatch.setattr(Workspace, 'save', refuse)
    assert dashboard.main(['dashboard', 'some', f'--runs_dir={grid}', '--entity=me']) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert 'took no workspace (ConnectionError: no route to anywhere)' in line


@pytest.mark.parametrize(
    ('names', 'told'),
    [
        ([], '0 grids are given'),
        (['sme'], "unknown grid 'sme': did you mean 'some'?"),
        (['genre_leak'], "there are no runs of the grid 'genre_leak'"),
        (['genre_mlp'], "unknown grid 'genre_mlp'"),
    ],
)
def test_no_grid_or_an_unknown_one_is_a_mistake(grid, no_account, capsys, names, told):
    assert dashboard.main(['dashboard', *names, f'--runs_dir={grid}']) == 2
    assert told in capsys.readouterr().err


def test_a_grid_that_has_not_begun_has_no_workspace(grid, account, capsys):
    ledger.write(grid, 'later', [ledger.Entry('x', (), runs.Run(grid / 'x' / 'none'))])
    assert dashboard.main(['dashboard', 'later', f'--runs_dir={grid}', '--entity=me']) == 2
    assert 'none of its 1 runs has begun' in capsys.readouterr().err
