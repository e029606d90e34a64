import pytest

from data_prep import PrepError
from data_prep.sources import events

NAMES = {'one': '1', 'one.mp3': '1', 'two': '2'}


@pytest.fixture
def read(tmp_path):
    def parse(*rows):
        path = tmp_path / 'events.csv'
        path.write_text('\n'.join(['recording,start_s,end_s', *rows]) + '\n')
        return events.read(path, NAMES)

    return parse


def test_events_are_sorted_and_an_empty_row_says_that_there_is_none(read):
    assert read('one,5,6.5', 'one.mp3,0,1', 'two,,') == {'1': [[0, 1], [5, 6.5]], '2': []}


def test_a_recording_without_a_row_is_not_known(read):
    assert read('two,1,2') == {'2': [[1, 2]]}


@pytest.mark.parametrize(
    ('rows', 'message'),
    [
        (['three,1,2'], "line 2: there is no recording 'three'"),
        (['one,2,1'], 'line 2: 2 to 1 s is no span: wanted is 0 <= start_s < end_s'),
        (['one,1,1'], '1 to 1 s is no span'),
        (['one,-1,1'], '-1 to 1 s is no span'),
        (['one,a,1'], "start_s 'a' is not a number"),
        (['one,1,'], "end_s '' is not a number"),
        (['one,1,nan'], "end_s 'nan' is not a finite number"),
        (['one,1,2', 'one,1.0,2'], 'line 3: 1 to 2 s of this recording stands there twice'),
        (['one,,', 'one,1,2'], "line 3: 'one' has events, and a row that says that it has none"),
        (['one,1,2', 'one,,'], "line 3: 'one' has events, and a row that says that it has none"),
        (['one,2,1', 'two,1,2', 'x,1,2'], '2 rows are wrong: line 2: .*; line 4: .*x'),
    ],
)
def test_a_bad_row_is_refused_with_its_line(read, rows, message):
    with pytest.raises(PrepError, match=message):
        read(*rows)
