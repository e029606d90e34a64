"""Learning curves in a browser: their axes follow the filters."""

import json
import re
from pathlib import Path

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


# Of the losses at the first step and after it.
ONE, SMALL, FALLING = (1.0, 1.0), (1e-5, 1e-5), (1e-4, 1e-7)


@pytest.mark.parametrize(
    ('own', 'others', 'paces', 'tick'),
    [
        (ONE, 1.0, 1, '0.05'),
        (ONE, 317.0, 25, '0.05'),
        (ONE, 0.001, 7, '0.05'),
        (SMALL, 10.0, 1, '1e-6'),
        (FALLING, 1.0, 1, '1e-8'),
    ],
)
def test_curves_that_filters_leave_are_drawn_as_on_a_page_of_their_own(
    driven, classifier, tmp_path, own, others, paces, tick
):
    pages = {}
    for name, models in (('alone', ['cnn']), ('both', ['cnn', 'lstm'])):
        runs = tmp_path / name
        for model in models:
            classifier(runs, model)
        [file] = runs.glob('cnn/*/metrics.jsonl')
        altered(file, own, 1)
        if 'lstm' in models:  # whose losses and steps are many times the others'
            [file] = runs.glob('lstm/*/metrics.jsonl')
            altered(file, (others, others), paces)
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
    assert any(tick in plot['words'] for plot in alone.values())
    assert alone.keys() == found['left'].keys() == found['before'].keys()
    for name, plot in alone.items():
        left = found['left'][name]
        assert left['words'] == plot['words']
        same(left['drawn'], plot['drawn'])
        if paces > 1:
            assert found['before'][name]['words'] != plot['words']
        assert found['again'][name]['words'] == found['before'][name]['words']
        same(found['again'][name]['drawn'], found['before'][name]['drawn'])


def altered(file: Path, factors: tuple[float, float], pace: int) -> None:
    """Losses times a factor, the first of each part by one of its own, and steps by a pace."""
    records = [json.loads(line) for line in file.read_text().splitlines()]
    for each in records:
        factor = factors[each['step'] > records[0]['step']]
        each |= {'loss': each['loss'] * factor, 'step': each['step'] * pace}
    file.write_text('\n'.join(map(json.dumps, records)) + '\n')


def same(one: list[str], other: list[str]) -> None:
    """Paths that are no more than a fifth of a unit apart."""
    for a, b in zip(one, other, strict=True):
        had, wanted = (np.array(re.findall(r'-?[\d.]+', path), float) for path in (a, b))
        np.testing.assert_allclose(had, wanted, atol=0.2)
