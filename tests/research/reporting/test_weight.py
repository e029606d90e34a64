"""Of how many models a page holds figures."""

import re
from pathlib import Path

import pytest

from data_prep.pages.markup import Markup
from research.reporting import weight
from research.reporting.comparisons import Comparison, Row
from tests.research.reporting.reading import written


def test_figures_beyond_what_a_page_may_weigh_are_left_out(
    tmp_path: Path, classifier, monkeypatch: pytest.MonkeyPatch
):
    classifier(tmp_path / 'runs', 'cnn')
    classifier(tmp_path / 'runs', 'cnn', corpus='styles')
    whole = written(tmp_path / 'runs')
    figures = sum(tag == 'figure' for tag, _ in whole.tags)
    monkeypatch.setattr(weight, 'MOST_BYTES', 40_000)
    found = written(tmp_path / 'runs')
    assert sum(tag == 'figure' for tag, _ in found.tags) < figures
    assert 'Figures are left out to keep the page below 15 MB.' in found.text
    assert found.text.count('Scores') == whole.text.count('Scores') - 1


def test_a_page_too_heavy_for_all_models_keeps_figures_of_the_best(
    tmp_path: Path, classifier, monkeypatch: pytest.MonkeyPatch
):
    for number in range(6):
        classifier(tmp_path / 'runs', f'model{number}', wrong=tuple(range(number)))
    whole = written(tmp_path / 'runs', '--nosound')
    assert 'to keep the page below 15 MB' not in whole.text
    monkeypatch.setattr(weight, 'FEWEST', 2)
    size = len((tmp_path / 'report.html').read_bytes())
    monkeypatch.setattr(weight, 'MOST_BYTES', size // 2)
    found = written(tmp_path / 'runs', '--nosound')
    [kept] = re.findall(r'Figures are of the best (\d) of 6 models', found.text)
    assert 2 <= int(kept) < 6
    assert f'figures of gtzan, artist_folds, but of the best {kept} of 6' in found.text
    maps = re.findall(r'(model\d): \d+ of 30 named wrongly', found.text)
    assert maps == [f'model{number}' for number in range(int(kept))]
    # The tables of scores have all of them.
    assert {line[0] for line in found.lines} >= {f'model{number}' for number in range(6)}


class Weighed(Comparison):
    """Of as many models as its number says."""

    def models(self) -> list[Row]:
        return [(f'model{i}',) for i in range(self.number)]


def test_figures_that_were_made_fewer_and_have_no_room_still_are_told_of_once(
    monkeypatch: pytest.MonkeyPatch,
):
    def draw(each: Comparison) -> Markup:
        return Markup('x' * 400 * len(each.held()))

    monkeypatch.setattr(weight, 'MOST_BYTES', 1000)
    monkeypatch.setattr(weight, 'FEWEST', 2)
    few, many = (
        Weighed(count, 'Classification', (title,), ('name',), 'item_accuracy', 'mean', [], {})
        for count, title in ((2, 'few'), (30, 'many'))
    )
    made, told = weight.fitted([few, many], draw, None)
    assert ['x' in each.split('>', 1)[-1].split('<')[0] for each in made] == [True, False]
    assert told == ['figures of many: the page would be above 15 MB']
