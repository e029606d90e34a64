"""What outputs stand for, to disk and back."""

import pytest

from research import meaning
from research.meaning import Meaning
from research.runs import RunError


@pytest.mark.parametrize(
    'one',
    [
        Meaning(labels=('blues', 'рок', 'a "b" <c>')),
        Meaning(labels=('', ' ', "'", 'A')),
        Meaning(sizes=(256, 193, 193, 32)),
        Meaning(centre=118.25, scale=1 / 3),
    ],
)
def test_a_meaning_is_read_as_it_was_written(one, tmp_path):
    one.write(tmp_path / 'meaning.json')
    assert meaning.read(tmp_path / 'meaning.json') == one


@pytest.mark.parametrize(
    'text', ['', '{}', '[]', '{"labels": 3}', '{"labels": [], "sizes": ["x"]}']
)
def test_a_damaged_file_is_named_in_one_line(text, tmp_path):
    path = tmp_path / 'meaning.json'
    path.write_text(text)
    with pytest.raises(RunError, match='cannot be read') as told:
        meaning.read(path)
    assert str(path) in str(told.value)
    assert '\n' not in str(told.value)
