"""Corpora in memory, runs, checkpoints and a browser, for what has no folder of its own to ask."""

import functools
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from research.corpora import Corpus
from tests.research import browser, invented

if TYPE_CHECKING:
    from research.checkpoint import Checkpoints
    from research.experiment import Experiment
    from research.planned import Planned
    from research.runs import Run

ITEMS = [f'item {i}' for i in range(30)]


@pytest.fixture(scope='session')
def drawn() -> Callable[..., Corpus]:
    """Makes a corpus of recordings of these rates (Hz) and lengths (s), dealt into three folds."""
    return invented.drawn


@pytest.fixture(scope='session')
def composed() -> Callable[..., Corpus]:
    """Makes a corpus of pieces of so many quarter notes in four voices, dealt into three folds."""
    return invented.composed


@pytest.fixture
def members(drawn, tmp_path) -> 'list[Planned]':
    """Eight runs of one signature, below `tmp_path`, that are not begun."""
    import experiments
    from research import ledger, overrides
    from research.choosing import Chosen
    from research.planned import Planned

    corpus, found = drawn([(8000, 1.0)] * 6), []
    for seed in range(8):
        made = overrides.apply(
            experiments.build('genre_mlp'), [f'seed={seed}', 'data.corpus=drawn']
        )
        chosen = Chosen(made, corpus, False)
        entry = ledger.Entry('genre_mlp', (f'seed={seed}',), chosen.run(tmp_path))
        found.append(Planned(entry, chosen))
    return found


@pytest.fixture(scope='session')
def make() -> Callable[..., Path]:
    """Makes a finished run's directory, as runs were before they had units."""

    def make(
        runs: Path,
        name: str = 'cnn',
        seed: int = 0,
        fold: int = 0,
        wrong: tuple[int, ...] = (0, 1, 2),
        items: list[str] = ITEMS,
        valid: list[str] | None = None,
        fingerprint: str = 'f1',
        width: int = 64,
        overrides: tuple[str, ...] = (),
        **data: Any,
    ) -> Path:
        """Two classes, two slices an item; `wrong`: items predicted wrongly."""
        directory = runs / name / f'{len(list(runs.glob("*/*")))}-s{seed}'
        (directory / 'predictions').mkdir(parents=True)
        data = {'corpus': 'gtzan', 'protocol': 'artist_folds', 'fold': fold} | data
        experiment = {'name': name, 'data': data, 'model': {'width': width}, 'seed': seed}
        experiment['standin'] = {'corpus': 'corpus_styles', 'overrides': list(overrides)}
        (directory / 'experiment.json').write_text(json.dumps(experiment))
        (directory / 'environment.json').write_text(json.dumps({'fingerprint': fingerprint}))
        for part, names in (('test', items), ('valid', ['item 0'] if valid is None else valid)):
            target = np.arange(len(names)) % 2
            shown = target ^ np.isin(np.arange(len(names)), wrong)
            probabilities = np.eye(2, dtype=np.float32)[shown]
            # The second slice alone is always right, but less sure than the first.
            second = np.where(np.eye(2, dtype=bool)[target], 0.6, 0.4).astype(np.float32)
            np.savez(
                directory / 'predictions' / f'{part}.npz',
                item=np.array(names * 2),
                slice=np.repeat([0, 1], len(names)),
                group=np.array([f'artist {i // 3}' for i in range(len(names))] * 2),
                target=np.tile(target, 2),
                probabilities=np.concatenate([probabilities, second]),
                classes=np.array(['a', 'b']),
            )
        result = {'status': 'finished', 'seconds': 10.0 + seed, 'parameters': 1234}
        (directory / 'result.json').write_text(json.dumps(result))
        return directory

    return make


@pytest.fixture(scope='session')
def thousand(make, tmp_path_factory) -> Path:
    """A thousand packed runs: 20 models of 50 seeds, whose runs have in turn 0 to 3 of 6 wrong."""
    from research import packed
    from research.gathering import gather

    runs, kept = (tmp_path_factory.mktemp(name) for name in ('runs', 'thousand'))
    for count in range(4):
        make(runs, seed=count, wrong=tuple(range(count)), items=ITEMS[:6])
    first = sorted(packed.write_all(gather([str(runs)], runs).finished, kept / 'first'))
    shutil.copytree(kept / 'first' / packed.FOLDER, kept / packed.FOLDER)
    records = [json.loads(file.read_text()) for file in first if file.name.endswith(packed.SUFFIX)]
    shutil.rmtree(kept / 'first')
    for model in range(20):
        (kept / f'model{model}').mkdir()
        for seed in range(50):
            record = records[seed % 4]
            experiment = {**record['experiment'], 'name': f'model{model}', 'seed': seed}
            text = json.dumps({**record, 'experiment': experiment})
            (kept / f'model{model}' / f's{seed}{packed.SUFFIX}').write_text(text)
    return kept


@pytest.fixture(scope='session')
def go() -> Callable[..., tuple['Run', dict[str, Any]]]:
    """Trains an experiment on a corpus below a folder; gives its directory and its result.

    Pictures take longer than such runs do: without `pictures` there are none.
    """
    # The loop and all that it needs, for those alone who train.
    from research import codec, conclude, results, runs, train
    from research.loggers import Loggers
    from research.loggers.wandb import WandbLogger

    def run(
        experiment: 'Experiment',
        corpus: Corpus,
        folder: Path,
        pictures: bool = False,
        **options: Any,
    ) -> tuple['Run', dict[str, Any]]:
        place = runs.locate(folder, codec.to_json(experiment), corpus.fingerprint)

        def wandb(say: Callable[[str], None]) -> WandbLogger:
            return WandbLogger(place.directory, 'off', 'p', 'g', [], 'n', 'i', {}, say)

        # Of a step alone and of several there would be a program each to compile.
        how = train.Options(**{'steps_per_dispatch': 1, **options})
        loggers = Loggers(wandb)
        with pytest.MonkeyPatch.context() as patch:
            if not pictures:
                patch.setattr(conclude, 'draw', lambda *arguments: None)
                patch.setattr(results, 'draw', lambda trained: None)
            try:
                return place, train.run(experiment, corpus, place, how, loggers)
            finally:
                loggers.close()

    return run


@pytest.fixture
def lines() -> list[str]:
    return []


@pytest.fixture
def saved(tmp_path, lines) -> 'Iterator[Callable[..., Checkpoints]]':
    """Makes Checkpoints in `tmp_path` that say `lines`; closes them in the end."""
    from research.checkpoint import Checkpoints

    made = []

    def make(**given: Any) -> 'Checkpoints':
        made.append(Checkpoints(tmp_path, report=lines.append, **given))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture(scope='module')
def driven(tmp_path_factory) -> Callable[[str, str], tuple[Mapping[str, Any], list[str]]]:
    """What a driver, the body of an async function, returns of a page, and the console's lines."""
    found = browser.found()
    if found is None:
        pytest.skip('neither chromium nor google-chrome is installed here')
    return functools.partial(browser.drive, found, tmp_path_factory.mktemp('browser'))


@pytest.fixture(scope='module')
def remembered(tmp_path_factory) -> Iterator[None]:
    """Each program is compiled once, however often it is asked for."""
    import jax

    names = 'jax_compilation_cache_dir', 'jax_persistent_cache_min_compile_time_secs'
    before = [getattr(jax.config, name) for name in names]
    for name, value in zip(names, (str(tmp_path_factory.mktemp('programs')), 0), strict=True):
        jax.config.update(name, value)
    yield
    for name, value in zip(names, before, strict=True):
        jax.config.update(name, value)
