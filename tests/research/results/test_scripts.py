"""The scripts of pages, run by a browser on pages as runs write them, under their own policy."""

import numpy as np
import pytest

from data_prep.pages.document import document
from research.results import alignments, maps


def test_what_goes_wrong_in_a_page_is_told_by_the_console(driven):
    broken = document('x', '', ['a'], script="document.getElementById('absent').hidden = true;")
    found, console = driven(broken, 'return { text: page.body.textContent.slice(0, 1) };')
    assert found == {'text': 'a'}
    [line] = console
    assert 'TypeError' in line
    other = document('x', '', ['a'], script='1;').replace('1;', '2;')
    _, [line] = driven(other, 'return {};')
    assert 'Content Security Policy' in line


def test_the_utterances_of_the_chosen_speaker_are_shown(driven):
    said = [('one', 'ann'), ('two', 'ben <b>'), ('three', 'ann')]
    rows = [
        dict.fromkeys(('reference', 'greedy', 'with_lm'), 'A B')
        | {'item': item, 'speaker': speaker, 'words': '2', 'edits': '0', 'edits_with_lm': '0'}
        for item, speaker in said
    ]
    found, console = driven(
        alignments.page('x', rows),
        """
        const choice = page.getElementById('speaker');
        const seen = {};
        for (const speaker of ['ann', 'ben <b>', '']) {
          choice.value = speaker;
          choice.dispatchEvent(new Event('change'));
          const shown = all('article').filter((each) => each.checkVisibility());
          seen[speaker] = [
            shown.map((each) => each.querySelector('h3').textContent),
            page.getElementById('count').textContent,
          ];
        }
        return seen;
        """,
    )
    assert console == []
    assert found == {
        'ann': [['one', 'three'], '2 shown'],
        'ben <b>': [['two'], '1 shown'],
        '': [['one', 'three', 'two'], '3 shown'],
    }


def test_the_lines_of_an_utterance_begin_below_one_another(driven):
    words = ' '.join(['ELEPHANTS', 'WALK'] * 30)
    own = dict.fromkeys(('reference', 'greedy'), words) | {'with_lm': 'ELEPHANTS'}
    counts = {'words': '60', 'edits': '0', 'edits_with_lm': '59'}
    found, _ = driven(
        alignments.page('x', [own | counts | {'item': 'one', 'speaker': 'ann'}]),
        """
        return all('.aligned').map((each) => {
          const [side, ...rest] = Array.from(each.children, (x) => x.getBoundingClientRect());
          const firsts = rest.filter((x, place) => !place || x.top > rest[place - 1].top);
          return { side: side.right, starts: firsts.map((x) => x.left) };
        });
        """,
    )
    assert len(found) == 2
    for each in found:
        assert len(each['starts']) > 2
        assert set(each['starts']) == {each['starts'][0]}
        assert each['side'] < each['starts'][0]


def test_each_line_of_an_utterance_is_told_by_what_stands_beside_it(driven):
    words = ' '.join(['ELEPHANTS', 'WALK'] * 30)
    own = dict.fromkeys(('reference', 'greedy'), words) | {'with_lm': 'ELEPHANTS'}
    counts = {'words': '60', 'edits': '0', 'edits_with_lm': '59'}
    rows = [own | counts | {'item': speaker, 'speaker': speaker} for speaker in ('ann', 'ben')]
    found, console = driven(
        alignments.page('x', rows),
        """
        const choice = page.getElementById('speaker');
        const choose = (speaker) => {
          choice.value = speaker;
          choice.dispatchEvent(new Event('change'));
        };
        const look = () => all('.aligned').filter((each) => each.checkVisibility()).map((each) => {
          const [side, ...rest] = Array.from(each.children);
          const top = (x) => x.getBoundingClientRect().top;
          const wanted = rest.filter((x, place) => place && top(x) > top(rest[place - 1]));
          const own = rest.filter((x) => getComputedStyle(x, '::before').content !== 'none');
          return {
            lines: wanted.length,
            right: wanted.length === own.length && wanted.every((x, i) => x === own[i]),
            told: own.map((x) => x.dataset.side),
          };
        });
        const settled = async () => {  // a browser draws when it has time
          for (let turn = 0; turn < 40 && !look().every((each) => each.right); turn += 1) {
            await soon();
          }
          return look();
        };
        const wide = await settled();
        choose('ann');
        frame.width = 500;
        const ann = await settled();
        choose('ben');
        return { wide, ann, ben: look() };
        """,
    )
    assert console == []
    assert [len(each) for each in found.values()] == [4, 2, 2]
    for each in found.values():
        for place, block in enumerate(each):
            title = ('greedy', 'with LM')[place % 2]
            assert block['right']
            assert block['told'] == [f'said\n{title}'] * block['lines']
    assert found['ben'] == found['ann']
    assert found['ann'][0]['lines'] > found['wide'][0]['lines'] > 1


@pytest.fixture(scope='module')
def mapped() -> str:
    """Four recordings at the corners, those to the right named wrongly."""
    wave = np.sin(2 * np.pi * 440 * np.arange(maps.RATE_HZ) / maps.RATE_HZ)
    sound = maps.mp3(np.rint(9000 * wave).astype(np.int16))
    places = {
        'south west': (0.0, 0.0, 0, 0),
        'south east': (1.0, 0.0, 0, 1),
        'north west': (0.0, 1.0, 1, 1),
        'north east': (1.0, 1.0, 1, 0),
    }
    points = [
        maps.Point(item, 'test', (x, y), target, predicted, 0.75, sound)
        for item, (x, y, target, predicted) in places.items()
    ]
    return maps.page('x', points, ['air', 'mass'], ())


# Where a point is, and an event of the mouse there.
POINTER = """
const map = page.getElementById('map');
const told = () => Array.from(page.getElementById('told').children, (each) => each.textContent);
const named = (item) => all('.point').find((each) => each.dataset.item === item);
function at(kind, item, off = 0) {
  const box = named(item).querySelector('path').getBoundingClientRect();
  const where = { clientX: box.x + box.width / 2 + off, clientY: box.y + box.height / 2 };
  map.dispatchEvent(new MouseEvent(kind, { ...where, bubbles: true }));
}
const heard = () => all('.heard').map((each) => each.dataset.item);
"""


def test_the_recording_at_which_one_points_is_told_and_heard_when_clicked(driven, mapped):
    found, console = driven(
        mapped,
        POINTER
        + """
        const seen = { first: told() };
        at('pointermove', 'north east', 20);
        seen.near = told();
        at('pointermove', 'south west', 60);
        seen.far = told();
        seen.chosen = all('.chosen').map((each) => each.dataset.item);
        at('click', 'south west');
        await soon();
        seen.clicked = [told()[0], heard()];
        at('click', 'north west');
        await soon();
        seen.other = heard();
        at('click', 'north west');
        seen.again = heard();
        return seen;
        """,
    )
    assert console == []
    near = ['north east', 'mass', 'wrongly named air, 75% sure; test part']
    assert found == {
        'first': ['No recording chosen.'],
        'near': near,
        'far': near,
        'chosen': ['north east'],
        'clicked': ['south west', ['south west']],
        'other': ['north west'],
        'again': [],
    }


def test_the_arrow_keys_lead_from_mark_to_mark_and_enter_is_heard(driven, mapped):
    found, console = driven(
        mapped,
        POINTER
        + """
        const seen = { tabbed: all('.point[tabindex="0"]').length, way: [] };
        function press(key) {
          const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true });
          page.activeElement.dispatchEvent(event);
        }
        named('south west').focus();
        for (const key of ['ArrowUp', 'ArrowRight', 'ArrowRight', 'ArrowDown', 'ArrowLeft']) {
          press(key);
          seen.way.push(page.activeElement.dataset.item);
        }
        press('Enter');
        await soon();
        seen.entered = heard();
        press('Escape');
        seen.escaped = heard();
        seen.left = all('.point[tabindex="0"]').map((each) => each.dataset.item);
        return seen;
        """,
    )
    assert console == []
    assert found == {
        'tabbed': 1,
        'way': ['north west', 'north east', 'north east', 'south east', 'south west'],
        'entered': ['south west'],
        'escaped': [],
        'left': ['south west'],
    }


def test_classes_and_errors_are_left_out_as_they_are_chosen(driven, mapped):
    found, console = driven(
        mapped,
        POINTER
        + """
        const seen = {};
        const look = (name) => {
          const shown = all('.point').filter((each) => getComputedStyle(each).display !== 'none');
          const items = shown.map((each) => each.dataset.item).sort();
          seen[name] = [items, page.getElementById('count').textContent];
        };
        look('all');
        at('click', 'south west');
        await soon();
        page.querySelector('input.class[value="0"]').click();
        look('mass');
        seen.heard = heard();
        page.getElementById('wrong').click();
        look('wrong of mass');
        page.getElementById('none').click();
        look('none');
        page.getElementById('all').click();
        look('wrong');
        return seen;
        """,
    )
    assert console == []
    every = ['north east', 'north west', 'south east', 'south west']
    assert found == {
        'all': [every, '4 of 4 shown'],
        'mass': [every[:2], '2 of 4 shown'],
        'heard': [],
        'wrong of mass': [every[:1], '1 of 4 shown'],
        'none': [[], '0 of 4 shown'],
        'wrong': [[every[0], every[2]], '2 of 4 shown'],
    }
