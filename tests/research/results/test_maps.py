import base64
import hashlib
import io
from html.parser import HTMLParser

import numpy as np
import pytest
import soundfile

from research.results import maps

HOSTILE = '</script><script>alert(1)</script>"\' onmouseover=x <b>&'


def point(number: int, item: str = 'a song') -> maps.Point:
    return maps.Point(
        item, 'test', (number / 10, 0.5), number % 2, 0, 0.75, 'data:audio/mpeg;base64,AA=='
    )


class Read(HTMLParser):
    """Every tag with its attributes, and what stands in scripts and styles."""

    def __init__(self, text: str):
        super().__init__()
        self.tags, self.inside = [], {}
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        if self.tags and self.tags[-1][0] in ('script', 'style'):
            self.inside.setdefault(self.tags[-1][0], data)

    def of(self, kind):
        return [attributes for tag, attributes in self.tags if tag == kind]


def points_of(page: Read):
    return [each for each in page.of('g') if 'point' in (each.get('class') or '').split()]


def test_each_recording_is_a_mark_and_the_wrong_ones_have_a_ring():
    page = Read(maps.page('x', [point(i, f'song {i}') for i in range(5)], ['air', 'mass'], ()))
    shown = points_of(page)
    assert sorted(each['data-item'] for each in shown) == [f'song {i}' for i in range(5)]
    wrong = {each['data-item'] for each in shown if 'wrong' in each['class'].split()}
    assert wrong == {'song 1', 'song 3'}
    assert sum(each.get('class') == 'ring' for each in page.of('circle')) == 2
    [second] = [each for each in shown if each['data-item'] == 'song 1']
    assert second['aria-label'] == 'song 1: mass, wrongly named air, 75% sure'
    x, y = second['transform'].removeprefix('translate(').rstrip(')').split()
    assert (float(x), float(y)) == (132, 500)
    assert {each['value'] for each in page.of('input') if each.get('class') == 'class'} == {
        '0',
        '1',
    }


@pytest.mark.parametrize('heights', [(0.0, 1.0), (0.1, 0.6), (0.4, 0.6), (0.3,)])
def test_a_map_is_as_high_as_its_marks_and_a_third_of_its_width_at_least(heights):
    shown = [point(0)._replace(place=(0.5, height)) for height in heights]
    page = Read(maps.page('x', shown, ['a'], ()))
    [frame] = [each['viewbox'] for each in page.of('svg') if each.get('id') == 'map']
    left, top, width, height = map(float, frame.split())
    down = [float(each['transform'].rstrip(')').split()[1]) for each in points_of(page)]
    assert (left, width) == (0, 1000)
    assert height == pytest.approx(max(max(down) - min(down) + 80, 1000 / 3), abs=0.1)
    assert min(down) - top == pytest.approx(top + height - max(down), abs=0.2)


def test_a_name_cannot_become_markup():
    page = maps.page(HOSTILE, [point(i, HOSTILE) for i in range(3)], [HOSTILE, 'b'], [HOSTILE])
    read = Read(page)
    assert len(read.of('script')) == 1
    assert not read.of('b')
    assert not any(name.startswith('on') for _, attributes in read.tags for name in attributes)
    assert {each['data-item'] for each in points_of(read)} == {HOSTILE}


def test_the_policy_allows_this_style_and_this_script_alone():
    read = Read(maps.page('x', [point(0)], ['a', 'b'], ()))
    [policy] = [each['content'] for each in read.of('meta') if 'http-equiv' in each]
    assert policy.startswith("default-src 'none'; ")
    for kind in ('style', 'script'):
        digest = base64.b64encode(hashlib.sha256(read.inside[kind].encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert not any('style' in attributes for _, attributes in read.tags)
    assert not [each for each in read.of('script') if 'src' in each]


def test_a_sound_is_heard_as_it_is_between_its_fades():
    wave = np.sin(2 * np.pi * 440 * np.arange(5 * maps.RATE_HZ) / maps.RATE_HZ)
    uri = maps.mp3(np.rint(9000 * wave).astype(np.int16))
    kind, _, coded = uri.partition(',')
    assert kind == 'data:audio/mpeg;base64'
    heard, rate_hz = soundfile.read(io.BytesIO(base64.b64decode(coded)))
    assert rate_hz == maps.RATE_HZ
    assert abs(len(heard) / rate_hz - 5) < 0.15
    middle = heard[maps.RATE_HZ : 4 * maps.RATE_HZ]
    assert np.argmax(np.abs(np.fft.rfft(middle))) * rate_hz / len(middle) == pytest.approx(440, 1)
    assert np.std(middle) == pytest.approx(9000 / 32768 / np.sqrt(2), rel=0.1)


@pytest.mark.parametrize('items', [1, 487, 1000])
def test_any_number_of_recordings_makes_less_than_ten_megabytes(items):
    noise = np.random.default_rng(0).integers(-20000, 20000, int(5 * maps.RATE_HZ))
    samples = noise[: round(maps.seconds(items) * maps.RATE_HZ)].astype(np.int16)
    sounding = maps.mp3(samples)
    shown = [point(i % 10, 'n' * 60)._replace(sound=sounding) for i in range(items)]
    assert len(maps.page('x', shown, ['a', 'b'], ()).encode()) < 10_000_000
    assert maps.seconds(items) == 5 or items > 400


def test_a_page_is_read_back_as_it_was_written():
    points = [point(i, f'song {i} {HOSTILE}') for i in range(5)]
    found = maps.read(maps.page('x', points, ['air', 'mass'], ()))
    assert sorted(mark.item for mark in found) == [each.item for each in points]
    [second] = [mark for mark in found if mark.item.startswith('song 1')]
    assert (second.label, second.target, second.wrong) == ('mass', 1, True)
    assert second.told == 'wrongly named air, 75% sure; test part'
    assert second.place == (132, 500)
