import re
from pathlib import Path

import numpy as np

from research.results import maps, marks


def test_56_classes_have_marks_of_their_own():
    pairs = {(marks.colour(number), marks.shape(number).tobytes()) for number in range(56)}
    assert len(pairs) == 56


def test_marks_are_of_one_size_about():
    for number in range(8):
        corners = marks.shape(number)
        assert 0.75 < np.abs(corners).max() < 1.2
        x, y = corners.T
        area = abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2
        assert 1.2 < area < 2.5, number


def test_the_page_has_the_colours_of_the_picture():
    style = Path(maps.__file__).with_name('maps.css').read_text(encoding='utf-8')
    assert tuple(re.findall(r'\.c\d \{ fill: (#\w+);', style)) == marks.COLOURS
