"""A search as processes: killed, shared by workers, it finds what an undisturbed one does."""

import json

import pytest

SEARCH = (
    '--experiment=genre_mlp',
    '--corpus=corpus_styles',
    '--set=model.widths=8',
    '--set=data.slices=1',
    '--set=steps=16',
    '--wandb=off',
    '--search=optimizer.learning_rate=1e-4..1e-1,log',
    '--search=model.dropout=0..0.5',
    '--trials=4',
    '--rungs=2',
    '--keep=2',
)


def found(out: str) -> str:
    [best] = [line for line in out.splitlines() if '--experiment=' in line]
    return best


def rungs(runs) -> list[list[str]]:
    ledgers = sorted(runs.glob('grids/*.json'))
    return [[each['run'] for each in json.loads(file.read_text())['members']] for file in ledgers]


@pytest.mark.slow
def test_a_search_that_is_killed_or_shared_finds_what_an_undisturbed_one_does(fork, tmp_path):
    places = [tmp_path / name for name in ('undisturbed', 'killed', 'shared')]
    undisturbed, killed, shared = (
        fork(*SEARCH, f'--runs_dir={place}', *more)
        for place, more in zip(places, ((), (), ('--workers=2',)), strict=True)
    )
    killed.until(lambda: list(places[1].glob('*/*/result.json')))
    killed.kill()
    killed.end()
    again = fork(*SEARCH, f'--runs_dir={places[1]}')
    code, out, err = undisturbed.end()
    assert (code, err) == (0, ''), out
    best = found(out)
    assert [len(each) for each in rungs(places[0])] == [4, 2]
    for process, place in ((again, places[1]), (shared, places[2])):
        code, out, err = process.end()
        assert code == 0, err
        assert best in out
        assert rungs(place) == rungs(places[0])
        assert len(list(place.glob('*/*/result.json'))) == 6


@pytest.mark.parametrize(
    ('flags', 'told'),
    [
        (['--sweep=seed=0:2'], '--sweep trains all values, --search looks among them'),
        (['--executor=ray'], '--search has workers on this machine'),
        (['--search=nothing'], "'name=low..high'"),
        (['--trials=1'], '2 at least are wanted'),
        (['--search=model.depth=1..2'], "unknown field in MLP 'depth'"),
    ],
)
def test_a_search_that_makes_no_sense_is_told(fork, tmp_path, flags, told):
    code, _, err = fork(*SEARCH, f'--runs_dir={tmp_path}', *flags).end()
    assert code == 2
    [line] = err.splitlines()
    assert told in line
