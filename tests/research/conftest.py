"""Corpora of drawn sounds that lie in memory, for what needs no disk."""

import dataclasses
import html
import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from data_prep.notes import Notes, arrange
from research.corpora import Corpus

if TYPE_CHECKING:
    from research.checkpoint import Checkpoints
    from research.experiment import Experiment
    from research.runs import Run


@dataclasses.dataclass(frozen=True, eq=False)
class Drawn(Corpus):
    """Noise as items.csv and its records would have it."""

    def _audio(self, record: int) -> np.ndarray:
        size = int(self.samples[record])
        return np.random.default_rng(record).integers(-9000, 9000, size).astype(np.int16)

    def ready(self) -> None:
        pass


ITEMS = [f'item {i}' for i in range(30)]


@pytest.fixture(scope='session')
def drawn() -> Callable[..., Corpus]:
    """Makes a corpus of recordings of these rates (Hz) and lengths (s), dealt into three folds."""

    def make(recordings: Sequence[tuple[int, float]], **columns: Sequence[str]) -> Corpus:
        count = len(recordings)
        classes = columns.pop('classes', ('a', 'b'))
        own = {
            'item': [f'item {i}' for i in range(count)],
            'label': [classes[i % len(classes)] if classes else '' for i in range(count)],
            'samples': [str(round(rate * seconds)) for rate, seconds in recordings],
            'rate_hz': [str(rate) for rate, _ in recordings],
            **columns,
        }
        facts = {
            'corpus': 'drawn',
            'fingerprint': '0123456789abcdef',
            'content': 'audio',
            'classes': list(classes),
            'protocols': {'folds': {'unit': 'item', 'group': 'item', 'folds': 3}},
            'default_protocol': 'folds',
        }
        return Drawn(Path('nowhere'), facts, {key: np.array(x) for key, x in own.items()})

    return make


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
        **data: Any,
    ) -> Path:
        """Two classes, two slices an item; `wrong`: items predicted wrongly."""
        directory = runs / name / f'{len(list(runs.glob("*/*")))}-s{seed}'
        (directory / 'predictions').mkdir(parents=True)
        data = {'corpus': 'gtzan', 'protocol': 'artist_folds', 'fold': fold} | data
        experiment = {'name': name, 'data': data, 'model': {'width': width}, 'seed': seed}
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


@dataclasses.dataclass(frozen=True, eq=False)
class Composed(Corpus):
    """Notes as items.csv and its records would have them."""

    def notes(self, chosen: Sequence[int | np.integer]) -> list[Notes]:
        return [self.facts['pieces'][int(record)] for record in chosen]


@pytest.fixture(scope='session')
def composed() -> Callable[..., Corpus]:
    """Makes a corpus of pieces of so many quarter notes in four voices, dealt into three folds."""

    def make(lengths: Sequence[int]) -> Corpus:
        pieces = [_walk(number, length) for number, length in enumerate(lengths)]
        own = {
            'item': [f'item {i}' for i in range(len(pieces))],
            'label': [''] * len(pieces),
            'seconds': [str(piece.seconds()) for piece in pieces],
        }
        facts = {
            'corpus': 'composed',
            'fingerprint': '0123456789abcdef',
            'content': 'notes',
            'classes': [],
            'protocols': {'folds': {'unit': 'item', 'group': 'item', 'folds': 3}},
            'default_protocol': 'folds',
            'pieces': pieces,
        }
        return Composed(Path('nowhere'), facts, {key: np.array(x) for key, x in own.items()})

    return make


def _walk(seed: int, length: int) -> Notes:
    """Four voices that go up and down by steps, each a note a quarter."""
    rng = np.random.default_rng(seed)
    lines = np.array([72, 65, 58, 50]) + np.cumsum(rng.integers(-2, 3, (length, 4)), axis=0)
    onsets = np.arange(length) * 480
    events = [
        (onset, pitch, 480, 64, part)
        for onset, line in zip(onsets, lines.clip(30, 90), strict=True)
        for part, pitch in enumerate(line)
    ]
    return arrange(np.array(events), 480, np.zeros((0, 2), np.int64), [''] * 4, [0] * 4)


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


# Only the page's own script may run in the page: the driver looks in from around it.
AROUND = """<!doctype html><meta charset="utf-8"><body><pre id="found"></pre>
<iframe width="1000" height="900" srcdoc="{page}"></iframe>
<script>
const frame = document.querySelector('iframe');
const soon = () => new Promise((resolve) => setTimeout(resolve, 50));
async function drive(page, all) {{
{driver}
}}
frame.addEventListener('load', async () => {{
  const page = frame.contentDocument;
  const all = (chosen) => Array.from(page.querySelectorAll(chosen));
  document.getElementById('found').textContent = JSON.stringify(await drive(page, all));
}});
</script>"""


@pytest.fixture(scope='module')
def driven(tmp_path_factory) -> Callable[[str, str], tuple[Mapping[str, Any], list[str]]]:
    """What a driver, the body of an async function, returns of a page, and the console's lines."""
    browser = shutil.which('chromium') or shutil.which('google-chrome')
    if browser is None:
        pytest.skip('neither chromium nor google-chrome is installed here')
    folder = tmp_path_factory.mktemp('browser')

    def drive(page: str, driver: str) -> tuple[Mapping[str, Any], list[str]]:
        around = folder / 'around.html'
        around.write_text(AROUND.format(page=html.escape(page), driver=driver), encoding='utf-8')
        done = subprocess.run(
            [
                browser,
                *('--headless', '--no-sandbox', '--disable-gpu', '--mute-audio'),
                *('--enable-logging=stderr', '--autoplay-policy=no-user-gesture-required'),
                *(f'--user-data-dir={folder / "profile"}', '--virtual-time-budget=5000'),
                *('--window-size=1100,1000', '--dump-dom', around.as_uri()),
            ],
            capture_output=True,
            text=True,
            timeout=120,
        )
        [found] = re.findall(r'<pre id="found">(.*?)</pre>', done.stdout, re.DOTALL)
        console = [line for line in done.stderr.splitlines() if ':CONSOLE' in line]
        assert found, (console, done.stderr)
        return json.loads(html.unescape(found)), console

    return drive
