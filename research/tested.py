"""What a run gave on its test part, as its predictions hold it: the units of its scores."""

import contextlib
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Shaped

from research import detections, metrics, scores
from research.errors import UserError, unknown
from research.scores import Counted, Ranked, Units


@runtime_checkable
class Tested(Protocol):
    """The test part of a finished run."""

    def known(self) -> list[str]:
        """Scores that have units."""
        ...

    def units(self, score: str) -> Counted:
        """The units of a score.

        Raises:
            UserError: there are none, or the file that has them cannot be read.
        """
        ...

    def items(self, part: str) -> Shaped[np.ndarray, ' slices']:
        """Names of the items of 'valid' or 'test', in any order; one may stand there repeatedly.

        Raises:
            UserError: the file that has them cannot be read.
        """
        ...


class Predictions:
    """The test part in a run's own directory.

    Args:
        directory: of the run.
    """

    def __init__(self, directory: Path):
        self._directory = directory
        self._counted = directory / 'predictions' / 'test_units.npz'

    def known(self) -> list[str]:
        if not self._counted.exists():
            return ['item_accuracy', 'slice_accuracy']
        names = {name.partition('/')[0] for name in _names(self._counted)}
        return sorted(names | ({'average_precision'} if 'f1' in names else set()))

    def units(self, score: str) -> Counted:
        kind = scores.of(score).units
        if kind is None or score not in self.known():
            raise UserError(f'{self._directory}: {unknown("score", score, self.known())}')
        if not self._counted.exists():
            return self._of_an_earlier_version(score)
        names = [f'{score}/{field}' for field in kind._fields]
        if kind is Ranked and names[0] not in _names(self._counted):
            return self._ranked_of_an_earlier_version()
        found = arrays(self._counted, names)
        return kind(*(found[name] for name in names))

    def items(self, part: str) -> Shaped[np.ndarray, ' slices']:
        return arrays(self._directory / 'predictions' / f'{part}.npz', ('item',))['item']

    def _of_an_earlier_version(self, score: str) -> Units:
        """Runs had no units in a file of their own while all were classifiers."""
        test = self._test('item', 'slice', 'group', 'target', 'probabilities')
        if score == 'slice_accuracy':
            right = np.argmax(test['probabilities'], axis=-1) == test['target']
            names = scores.per_slice(test['item'], test['slice'])
            return scores.plain(names, right, test['group'])
        names, joined = metrics.join_slices(test['probabilities'], test['item'])
        truth, groups = (metrics.per_item(test[each], test['item']) for each in ('target', 'group'))
        return scores.plain(names, np.argmax(joined, axis=-1) == truth, groups)

    def _ranked_of_an_earlier_version(self) -> Ranked:
        """Detectors kept the units of ratios alone."""
        test = self._test('item', 'group', 'target', 'probability')
        probability, target = detections.joined(test, test)
        group = metrics.per_item(test['group'], test['item'])
        return Ranked(np.unique(test['item']), target, probability.astype(np.float64), group)

    def _test(self, *names: str) -> dict[str, np.ndarray]:
        return arrays(self._directory / 'predictions' / 'test.npz', names)


def _names(path: Path) -> list[str]:
    with _opened(path) as file:
        return list(file.files)


def arrays(path: Path, names: Sequence[str]) -> dict[str, np.ndarray]:
    with _opened(path) as file:
        return {name: file[name] for name in names}


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[np.lib.npyio.NpzFile]:
    try:
        # Opened here: numpy leaves a file that is no archive open.
        with path.open('rb') as raw, np.load(raw, allow_pickle=False) as file:
            yield file
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise UserError(f'{path} cannot be read ({error}): train the run anew') from error
