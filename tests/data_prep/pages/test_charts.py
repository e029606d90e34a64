import re
from xml.etree import ElementTree

import numpy as np
import pytest

from data_prep.audio import Recording
from data_prep.notes import Notes
from data_prep.pages import charts


def rects(figure, style='bar'):
    root = ElementTree.fromstring(figure)
    return [each for each in root.iter('rect') if each.get('class') == style]


def number(element, name):
    return float(element.get(name, 'nan'))


def labels(figure, style):
    """Text to its place."""
    root = ElementTree.fromstring(figure)
    return {
        str(each.text): (number(each, 'x'), number(each, 'y'))
        for each in root.iter('text')
        if each.get('class') == style and not each.get('transform')
    }


@pytest.mark.parametrize(
    'values',
    [
        [30.0, 30.01, 30.4],
        [1, 2, 2, 4],
        [0.003, 0.0031, 0.0045],
        [3.0] * 400 + [180.0],
        [1.0, 2.0, 86_400.0],
        [-60.5, -3.0, -20.0],
        list(range(1000)),
        [22_050.0, 48_000.0],
        [0.0, 1e-3],
    ],
)
def test_bars_hold_every_value_once_between_round_edges(values):
    edges = charts.bins(values)
    counts, _ = np.histogram(values, edges)
    assert counts.sum() == len(values)
    assert 1 <= len(counts) <= 27
    assert max(values) < edges[-1]  # so that no value stands on two bars' edge
    digits = [f'{abs(edge):.6e}'.split('e')[0].rstrip('0').rstrip('.') for edge in edges]
    assert all(len(each.replace('.', '')) <= 5 for each in digits)


def test_whole_numbers_have_a_bar_each():
    assert charts.bins([1, 2, 2, 4]) == [0.5, 1.5, 2.5, 3.5, 4.5]
    figure = charts.histogram([1, 2, 2, 4], 'artists', 'records')
    assert [rect.findtext('title') for rect in rects(figure)] == [
        *('1 records: 1 artists', '2 records: 2 artists', '4 records: 1 artists')
    ]


def test_bars_are_as_tall_as_their_counts_on_the_axis():
    figure = charts.histogram([0.1] * 30 + [0.55] * 15, 'records', 's')
    heights = sorted(number(rect, 'height') for rect in rects(figure))
    assert heights[1] == pytest.approx(2 * heights[0], abs=0.15)
    beside = labels(figure, 'end')
    foot, at_30 = beside['0'][1], beside['30'][1]
    assert heights[1] == pytest.approx(foot - at_30, abs=0.15)


def test_a_figure_says_what_it_shows():
    figure = charts.histogram([1.0, 1.2, 7.5], 'records', 's')
    root = ElementTree.fromstring(figure)
    assert root.get('role') == 'img'
    assert 'Histogram of 3 records from 1 to 7.5 s' in root.get('aria-label', '')


def test_labels_stand_within_the_figure():
    for values in ([30.0, 30.38], [1.0, 3.0, 86_400.0], [10_000.0, 3_000_000.0]):
        for style in ('middle', 'end'):
            figure = charts.histogram(values, 'records', 's')
            for text, (x, _) in labels(figure, style).items():
                half = 3.2 * len(text)
                assert x - half * (2 if style == 'end' else 1) >= -1, text
                assert x + (0 if style == 'end' else half) <= charts.WIDTH + 1, text


def test_a_tone_stands_at_the_label_of_its_frequency():
    rate_hz = 16_000
    time_s = np.arange(2 * rate_hz) / rate_hz
    tone = (8000 * np.sin(2 * np.pi * 1000 * time_s)).astype(np.int16)
    picture = charts.pictures.spectrogram(Recording(tone, rate_hz))
    band = picture.mean(axis=1).argmax()
    figure = charts.spectrogram(Recording(tone, rate_hz), 'tone')
    [image] = ElementTree.fromstring(figure).iter('image')
    top, tall = number(image, 'y'), number(image, 'height')
    row_y = top + tall * (1 - (band + 0.5) / len(picture))
    label_y = labels(figure, 'end')['1,000'][1] - 3.5
    assert abs(row_y - label_y) <= tall / len(picture)
    seconds = labels(figure, 'middle')
    assert seconds['2'][0] - seconds['0'][0] == pytest.approx(number(image, 'width'))


def test_notes_stand_at_their_seconds_and_pitches():
    # 96 ticks a quarter, 120 quarters a minute, from tick 96 on 60 a minute.
    events = np.array([[0, 60, 96, 64, 0], [96, 72, 48, 64, 1], [1920, 60, 96, 64, 0]], np.int32)
    tempi = np.array([[0, 500_000], [96, 1_000_000]], np.int32)
    piece = Notes(events, 96, tempi, ('a', 'b'), np.array([0, 0], np.int32))
    figure = charts.piano_roll(piece, 'piece')
    [low], [high] = rects(figure, 'part0'), rects(figure, 'part1')  # the third starts after 20 s
    seconds, pitches = labels(figure, 'middle'), labels(figure, 'end')
    wide = seconds['0.2'][0] - seconds['0'][0]
    assert number(low, 'x') == pytest.approx(seconds['0'][0], abs=0.1)
    assert number(low, 'width') == pytest.approx(0.5 / 0.2 * wide - 0.6, abs=0.2)
    assert number(high, 'x') == pytest.approx(seconds['0'][0] + 0.5 / 0.2 * wide, abs=0.2)
    for rect, name in ((low, 'C4'), (high, 'C5')):
        middle = number(rect, 'y') + number(rect, 'height') / 2
        assert middle == pytest.approx(pitches[name][1] - 3.5, abs=0.2)
    assert '2 notes' in figure


def test_shares_lie_end_to_end():
    figure = charts.shares([('train', 6), ('valid', 0), ('test', 2)], 16)
    spans = re.findall(r'<rect x="([\d.]+)" width="([\d.]+)"', figure)
    assert [(float(x), float(width)) for x, width in spans] == [(0, 37.5), (37.5, 12.5)]
