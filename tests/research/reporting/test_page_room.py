"""Words that must find room: a browser says how wide they are."""

from pathlib import Path

import pytest

from data_prep.pages.document import document
from research.formats import html
from research.formats.layout import Entry
from research.reporting import figures, parts

NAMES = (
    'tempo_cnn1d optimizer.learning_rate=1e-4',
    'TEMPO_CNN1D OPTIMIZER.LEARNING_RATE=1E-4 MODEL.WIDTH=MMMMMMM',
    'cnn',
)
STYLES = html.STYLE, Path(figures.__file__).with_name('report.css')
SAID = ('+9.772 [-4.842, +28.138]', '-1,009.772 [-1,004.842, +1,128.138]')


@pytest.fixture(scope='module')
def seen(driven):
    """Where names and numbers stand, and what of the titles is cut off."""
    shown = [
        figures.Interval(row, name, 0.5, 0.2, 0.9, said)
        for row, (name, said) in enumerate((name, said) for name in NAMES for said in SAID)
    ]
    picture = parts.figure('Less cnn', figures.intervals('told', shown, 'mae', False, True))
    header = ['item', *(f'{name} of some words' for name in NAMES)]
    table = parts.table('Titles sort.', header, [[parts.plain('a'), *[Entry('0.1')] * len(NAMES)]])
    style = '\n'.join(path.read_text(encoding='utf-8') for path in STYLES)
    whole = document('title', style, [parts.gallery([picture]), table], '')
    return driven(
        whole,
        """
        const ends = (chosen, end) => all(chosen).map((each) => each.getBoundingClientRect()[end]);
        return {
          names: ends('text.told', 'right'),
          numbers: ends('text.end', 'left'),
          words: all('text.told').map((each) => each.textContent),
          titles: all('thead button').map((each) => [each.scrollWidth, each.clientWidth]),
        };
        """,
    )[0]


def test_a_long_name_ends_before_its_number_begins(seen):
    assert len(seen['names']) == len(NAMES) * len(SAID)
    for name, number in zip(seen['names'], seen['numbers'], strict=True):
        assert name < number


def test_a_name_is_cut_no_more_than_its_number_wants(seen):
    assert seen['words'][-2:] == ['cnn', 'cnn']
    long, short = (len(word) for word in seen['words'][:2])
    assert len(NAMES[0]) > long > short >= figures.SHORTEST


def test_titles_of_a_table_wrap_and_lose_nothing(seen):
    for wanted, there in seen['titles']:
        assert wanted <= there


def test_the_numbers_at_the_ends_of_an_axis_stand_within_the_figure(driven):
    shown = [figures.Interval(0, 'cnn', 0.1, -0.93, 0.97, 'said')]
    picture = parts.figure('Less mlp', figures.intervals('told', shown, 'accuracy', True, True))
    style = '\n'.join(path.read_text(encoding='utf-8') for path in STYLES)
    found, _ = driven(
        document('title', style, [parts.gallery([picture])], ''),
        """
        const rect = (each) => each.getBoundingClientRect();
        const whole = rect(all('figure > svg')[0]);
        return all('figure > svg text').map((each) => [
          each.textContent, rect(each).left - whole.left, whole.right - rect(each).right,
        ]);
        """,
    )
    assert {'-100%', '100%'} <= {text for text, _, _ in found}
    for text, left, right in found:
        assert min(left, right) >= 0, text
