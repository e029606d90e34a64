"""Learning curves in a browser: their axes follow the filters."""

import json
import re

import numpy as np
import pytest

from research import report
from tests.research.browser import SEEN

CURVES = (
    SEEN
    + """
    for (const each of all('section')) each.style.contentVisibility = 'visible';
    const curves = () => Object.fromEntries(
      seen('svg').filter((plot) => plot.querySelector('[data-ends]')).map((plot) => [
        plot.closest('figure').textContent.split(plot.textContent)[0],
        {
          words: Array.from(plot.querySelectorAll('[data-ends] text'), (each) => each.textContent),
          drawn: Array.from(plot.querySelectorAll('g[data-row]')).filter(drawn).flatMap((line) =>
            Array.from(line.querySelectorAll('path'), (each) => each.getAttribute('d'))),
        },
      ]));
    """
)


@pytest.mark.parametrize('others', [(1.0, 1), (317.0, 25), (0.001, 7)])
def test_curves_that_filters_leave_are_drawn_as_on_a_page_of_their_own(
    driven, classifier, tmp_path, others
):
    pages = {}
    for name, models in (('alone', ['cnn']), ('both', ['cnn', 'lstm'])):
        runs = tmp_path / name
        for model in models:
            classifier(runs, model)
        if 'lstm' in models:  # whose losses and steps are many times the others'
            [file] = runs.glob('lstm/*/metrics.jsonl')
            records = [json.loads(line) for line in file.read_text().splitlines()]
            for each in records:
                each |= {'loss': each['loss'] * others[0], 'step': each['step'] * others[1]}
            file.write_text('\n'.join(map(json.dumps, records)) + '\n')
        out = tmp_path / f'{name}.html'
        command = ['report', f'--runs_dir={runs}', f'--out={out}', '--nosound']
        assert report.main(command) == 0
        pages[name] = out.read_text(encoding='utf-8')
    alone, _ = driven(pages['alone'], CURVES + 'return curves();')
    found, console = driven(
        pages['both'],
        CURVES
        + """
        const told = { before: curves() };
        press(box('row', 'lstm'));
        told.left = curves();
        press(box('row', 'lstm'));
        told.again = curves();
        return told;
        """,
    )
    assert console == []
    assert alone.keys() == found['left'].keys() == found['before'].keys()
    for name, plot in alone.items():
        left = found['left'][name]
        assert left['words'] == plot['words']
        same(left['drawn'], plot['drawn'])
        if others[1] > 1:
            assert found['before'][name]['words'] != plot['words']
        assert found['again'][name]['words'] == found['before'][name]['words']
        same(found['again'][name]['drawn'], found['before'][name]['drawn'])


def same(one: list[str], other: list[str]) -> None:
    """Paths that are no more than a fifth of a unit apart."""
    for a, b in zip(one, other, strict=True):
        had, wanted = (np.array(re.findall(r'-?[\d.]+', path), float) for path in (a, b))
        np.testing.assert_allclose(had, wanted, atol=0.2)
