"""The page under the keys of a keyboard, and what its sections show of many models."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from research import report
from research.reporting import places
from tests.research.reporting.browser import Browser

MODELS = 10


@pytest.fixture(scope='module')
def many(tmp_path_factory, classifier) -> Path:
    """A page of ten classifiers; each gets one item more wrong than the one before."""
    runs = tmp_path_factory.mktemp('runs')
    for number in range(MODELS):
        classifier(runs, f'model{number}', wrong=tuple(range(number)))
    out = runs / 'report.html'
    assert report.main(['report', f'--runs_dir={runs}', f'--out={out}', '--nosound']) == 0
    return out


@pytest.fixture(scope='module')
def browser(tmp_path_factory) -> Iterator[Browser]:
    browser = Browser(tmp_path_factory.mktemp('profile'))
    yield browser
    browser.close()


@pytest.fixture
def page(browser, many) -> Browser:
    """The page as it opens, with what is asked of it below."""
    browser.open(many)
    browser.look(ASKED)
    return browser


ASKED = """
var seen = (chosen) => Array.from(document.querySelectorAll(chosen)).filter(
  (each) => each.getClientRects().length);
var section = (title) => Array.from(document.querySelectorAll('section')).find(
  (each) => each.querySelector('h3').textContent === title);
for (const each of document.querySelectorAll('section')) each.style.contentVisibility = 'visible';
var models = (title) => {
  const own = seen('[data-row]').filter((each) => section(title).contains(each));
  const named = own.filter((each) => each.matches('figure, .legend li, thead th, tbody tr'));
  return [...new Set(named.map((each) => each.textContent.match(/model\\d/)[0]))];
};
var names = () => Array.from(
  section('Scores').querySelectorAll('.score:not([hidden]) tbody th'), (each) => each.textContent);
var told = (title) => section(title).querySelector('.shown').textContent;
var focused = () => document.activeElement;
"""


def reach(page: Browser, wanted: str) -> None:
    """Presses Tab until what is wanted has the focus."""
    for _ in range(200):
        page.press('Tab')
        if page.look(wanted):
            return
    raise AssertionError(f'Tab does not lead there: {wanted}')


def model(*numbers: int) -> list[str]:
    return [f'model{number}' for number in numbers]


def test_titles_are_reached_by_tab_and_sort_by_enter_and_space(page: Browser):
    first = "section('Scores').querySelectorAll('thead button')[1]"
    assert page.look('names()') == model(*range(MODELS))
    reach(page, f'focused() === {first}')
    page.press('Enter')
    assert page.look(f'{first}.closest("th").ariaSort') == 'descending'
    assert page.look('names()') == model(*range(MODELS))
    page.press(' ')
    assert page.look(f'{first}.closest("th").ariaSort') == 'ascending'
    assert page.look('names()') == model(*reversed(range(MODELS)))
    reach(page, "focused().textContent === 'seconds'")
    page.press('Enter')
    assert page.look(f'{first}.closest("th").ariaSort') is None


def test_another_score_is_chosen_by_an_arrow(page: Browser):
    chosen = "section('Scores').querySelector('.score:not([hidden])').dataset.metric"
    assert page.look(chosen) == 'item_accuracy'
    reach(page, "focused().matches('select.metric')")
    page.press('ArrowDown')
    assert page.look(chosen) == 'slice_accuracy'


def test_sections_show_the_best_of_what_the_filters_leave(page: Browser):
    assert places.MODELS < MODELS
    for title in ('t-SNE maps', 'Hardest items'):
        assert page.look(f'models({title!r})') == model(*range(8))
        said = 'Best 8 of 10 models shown: filters bring in the others.'
        assert page.look(f'told({title!r})') == said
    assert page.look("models('Confusion matrices')") == model(*range(MODELS))
    assert page.look("told('Confusion matrices')") == ''
    reach(page, "focused().matches('input.row')")
    page.press(' ', 'Tab', ' ')
    for title in ('t-SNE maps', 'Hardest items'):
        assert page.look(f'models({title!r})') == model(*range(2, 10))
        assert page.look(f'told({title!r})') == ''
    assert page.look("models('Scores')") == model(*range(2, 10))
    page.press(' ')
    assert page.look("models('t-SNE maps')") == model(*range(1, 9))
    assert 'Best 8 of 9 models' in page.look("told('t-SNE maps')")


def test_a_word_and_two_buttons_choose_the_last_of_many_models(page: Browser):
    reach(page, 'focused().matches(\'button[data-all=row][value=""]\')')
    page.press('Enter')
    none = 'None of the models that the filters leave is here.'
    assert (page.look("models('t-SNE maps')"), page.look("told('t-SNE maps')")) == ([], none)
    reach(page, "focused().id === 'find'")
    page.press(*'L9')
    page.look("document.querySelector('button[data-all=row]').focus()")
    page.press(' ')
    for title in ('Scores', 't-SNE maps', 'Hardest items', 'Learning curves', 'Calibration'):
        assert page.look(f'models({title!r})') == model(9)
    assert page.look("told('t-SNE maps')") == ''


def test_intervals_stand_below_one_another_without_gaps(page: Browser):
    rows = "seen('g[data-line] > g').map((each) => each.getAttribute('transform'))"
    tall = "document.querySelector('g[data-line]').ownerSVGElement.viewBox.baseVal.height"
    assert page.look(tall) == 38 + 30 * (MODELS - 1)
    reach(page, "focused().matches('input.row')")
    page.press(*['Tab', ' '] * 3)
    assert page.look(rows) == [f'translate(0 {38 + 30 * place})' for place in range(MODELS - 4)]
    assert page.look(tall) == 38 + 30 * (MODELS - 4)
