"""The script of maps, run by a browser on a page as runs write it."""

import numpy as np
import pytest

from research.results import maps


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
