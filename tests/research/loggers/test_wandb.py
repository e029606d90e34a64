import sys
import types
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from research.loggers.wandb import WandbLogger, known_key, resolve

RECORDS = [
    {'step': 0, 'split': 'valid', 'loss': 2.5},
    {'step': 40, 'split': 'train', 'loss': 1.25},
    {'step': 40, 'split': 'valid', 'loss': 1.5},
    {'step': 80, 'split': 'train', 'loss': 1.0},
]


class FakeRun:
    """A run of the online service: has steps below `step` already."""

    def __init__(self, step: int = 0, fails_at: str = ''):
        self.step, self.fails_at = step, fails_at
        self.logged: list[tuple[int | None, dict[str, Any]]] = []
        self.summary: dict[str, Any] = {}

    def log(self, values: dict[str, Any], step: int | None = None) -> None:
        if self.fails_at == 'log':
            raise ConnectionError('gone\nfor good')
        self.logged.append((step, values))

    def finish(self, exit_code: int) -> None:
        if self.fails_at == 'finish':
            raise TimeoutError('Timed out finishing run.')


def opened(
    monkeypatch: pytest.MonkeyPatch,
    run: FakeRun | Exception,
    directory: Path,
    config: Mapping[str, Any] = {},
) -> tuple[WandbLogger, list[str], dict[str, Any]]:
    """A logger on a stand-in for the wandb module; what it says, and what init was given."""
    said: list[str] = []
    given: dict[str, Any] = {}

    def init(**arguments: Any) -> FakeRun:
        given.update(arguments)
        if isinstance(run, Exception):
            raise run
        return run

    fake = types.ModuleType('wandb')
    fake.__dict__.update(init=init, Settings=dict)
    monkeypatch.setitem(sys.modules, 'wandb', fake)
    for name in ('WANDB_ERROR_REPORTING', 'WANDB_SILENT', 'WANDB_MODE'):
        monkeypatch.setenv(name, '')
    logger = WandbLogger(directory, 'online', 'p', 'g', [], 'n', 'id', config, said.append)
    return logger, said, given


def everything(logger: WandbLogger) -> None:
    logger.catch_up(RECORDS[:2])
    logger.log(RECORDS[2])
    logger.log(RECORDS[3])
    logger.finish({'status': 'finished'}, ([0], [0], ['a']), [])
    logger.close()
    logger.close()


def test_online_run_gets_only_the_steps_it_lacks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    run = FakeRun(step=41)
    logger, said, given = opened(monkeypatch, run, tmp_path)
    logger.catch_up(RECORDS)
    assert [step for step, _ in run.logged] == [80]
    logger.log({'step': 40, 'split': 'train', 'loss': 1.0})
    assert len(run.logged) == 1
    assert (given['resume'], given['reinit'], given['mode']) == ('allow', 'create_new', 'online')
    assert given['settings']['init_timeout'] == 10
    assert said == []


def test_wandb_is_told_settings_that_came_after_runs_were_made(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    config = {'name': 'n', 'model': {'kind': 'LSTM', 'width': 8}}
    _, _, given = opened(monkeypatch, FakeRun(), tmp_path, config)
    assert given['config']['model'] == {'kind': 'LSTM', 'width': 8, 'recurrence': 'scan'}


@pytest.mark.parametrize('where', ['log', 'finish'])
def test_failure_of_wandb_is_told_once_and_stops_nothing(
    where: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    logger, said, _ = opened(monkeypatch, FakeRun(fails_at=where), tmp_path)
    everything(logger)
    assert len(said) == 1
    assert 'W&B stopped at ' in said[0]
    assert f'{tmp_path / "metrics.jsonl"} has everything' in said[0]
    assert '\n' not in said[0]


def test_failure_to_start_is_told_once_and_stops_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    logger, said, _ = opened(monkeypatch, TimeoutError('no answer'), tmp_path)
    everything(logger)
    assert len(said) == 1
    assert 'W&B stopped at start (TimeoutError: no answer)' in said[0]


def test_wandb_that_cannot_be_imported_stops_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    opened(monkeypatch, FakeRun(), tmp_path)
    monkeypatch.setitem(sys.modules, 'wandb', None)
    said: list[str] = []
    everything(WandbLogger(tmp_path, 'offline', 'p', 'g', [], 'n', 'id', {}, said.append))
    assert len(said) == 1
    assert 'ModuleNotFoundError' in said[0]


def test_off_imports_and_says_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setitem(sys.modules, 'wandb', None)
    said: list[str] = []
    everything(WandbLogger(tmp_path, 'off', 'p', 'g', [], 'n', 'id', {}, said.append))
    assert said == []
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def no_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Home of a user without a key."""
    for name in ('WANDB_API_KEY', 'WANDB_BASE_URL', 'WANDB_MODE', 'NETRC'):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv('HOME', str(tmp_path))
    return tmp_path


def test_auto_is_offline_without_a_key(no_key: Path):
    assert resolve('auto') == 'offline'


def test_auto_is_online_with_a_key_in_the_environment(
    no_key: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv('WANDB_API_KEY', 'k')
    assert resolve('auto') == 'online'
    monkeypatch.setenv('WANDB_MODE', 'offline')
    assert resolve('auto') == 'offline'
    monkeypatch.setenv('WANDB_MODE', 'disabled')
    assert resolve('auto') == 'off'
    assert resolve('online') == 'online'


def test_key_in_netrc_counts_for_its_own_host_only(no_key: Path, monkeypatch: pytest.MonkeyPatch):
    netrc = no_key / '.netrc'
    netrc.write_text('machine github.com login me password p\ndefault login me password p\n')
    netrc.chmod(0o600)
    assert not known_key()
    netrc.write_text('machine api.wandb.ai login user password k\n')
    assert known_key()
    monkeypatch.setenv('WANDB_BASE_URL', 'http://wandb.local:8080')
    assert not known_key()
    netrc.write_text('machine wandb.local:8080 login user password k\n')
    assert known_key()


def test_unreadable_netrc_holds_no_key(no_key: Path):
    (no_key / '.netrc').write_text('machine')
    assert not known_key()
