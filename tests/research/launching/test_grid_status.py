from collections.abc import Callable

import pytest
from absl.testing import flagsaver

import experiments
import launch as door
from research import ledger
from research.ledger import Entry
from research.runs import Run

GRID = '--grid=genre_architectures'


@pytest.fixture
def status(tmp_path, capsys) -> Callable[..., list[str]]:
    """The lines of --status where no corpus is prepared."""

    def lines(*flags: str) -> list[str]:
        where = f'--data_dir={tmp_path}/data', f'--runs_dir={tmp_path}/runs'
        with flagsaver.flagsaver():
            assert door.main(door.parse(['launch.py', '--status', *where, *flags])) == 0
        out, err = capsys.readouterr()
        assert err == ''
        return out.splitlines()

    return lines


def test_all_runs_of_a_grid_wait_while_no_corpus_is_prepared(status, tmp_path):
    count = len(experiments.build_grid('genre_architectures').members)
    assert status(GRID) == [
        f"genre_architectures: {count} runs: {count} waiting; corpus 'gtzan' is not prepared in "
        f"{tmp_path}/data/, nor is its embedded stand-in 'corpus_styles': the training prepares it"
    ]
    assert not list(tmp_path.iterdir())


def test_a_grid_that_was_begun_is_shown_by_its_ledger_where_its_corpus_is_gone(status, tmp_path):
    entries = [Entry('mlp', (), Run(tmp_path / 'runs' / 'genre_mlp' / 'gtzan-s0-0123456789'))]
    ledger.write(tmp_path / 'runs', 'genre_architectures', entries)
    first, second, _ = status(GRID)
    assert first.startswith("as the grid was last begun (corpus 'gtzan' is not prepared in ")
    assert second.startswith('genre_architectures: 1 runs: 1 waiting (')


def test_a_search_that_no_corpus_is_prepared_for_is_not_begun(status):
    flags = '--experiment=genre_mlp', '--search=optimizer.learning_rate=1e-4..1e-2,log'
    [line] = status(*flags)
    assert line.endswith(': not begun')
