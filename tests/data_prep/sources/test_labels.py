import unicodedata

import pytest

from data_prep import PrepError
from data_prep.sources import labels

NAMES = ['a/x.wav', 'a/y.mp3', 'b/x.wav', 'b/é 1.wav', 'top.wav']


@pytest.fixture
def read(tmp_path):
    def parse(text):
        path = tmp_path / 'labels.csv'
        path.write_text(text, encoding='utf-8')
        return labels.read(path, NAMES)

    return parse


def test_a_row_says_what_is_known_of_a_file(read):
    known, notes = read(
        'file,label,target,group,split\na/x.wav,rock, 3 ,g,Validation\ntop.wav,,,,\n'
    )
    assert known == {'a/x.wav': ('rock', '3.0', 'g', 'valid'), 'top.wav': ('', '', '', '')}
    assert notes == []


@pytest.mark.parametrize(
    ('file', 'name'),
    [
        ('y', 'a/y.mp3'),
        ('y.mp3', 'a/y.mp3'),
        ('a/x', 'a/x.wav'),
        ('./b/x.wav', 'b/x.wav'),
        ('b\\x.wav', 'b/x.wav'),
        (unicodedata.normalize('NFD', 'é 1'), 'b/é 1.wav'),
    ],
)
def test_a_file_may_be_named_in_short(read, file, name):
    assert list(read(f'file,label\n{file},x\n')[0]) == [name]


@pytest.mark.parametrize(
    ('rows', 'message'),
    [
        (['x,,', 'y,,'], "1 row is wrong: line 2: 'x' fits a/x.wav and b/x.wav: write the path"),
        (['y,,', 'a/y.mp3,,'], "line 3: 'a/y.mp3' is there for the second time"),
        (['y,abc,'], "line 2: target 'abc' is not a number"),
        (['y,"1,5",'], 'is not a number: write it with a point'),
        (['y,nan,'], "target 'nan' is not a finite number"),
        (['y,,learn'], "split 'learn' is none of train, valid, test"),
        (['nope,,', 'z,,'], r"none of the 2 rows .* not even 'nope' \(line 2\); .*'a/x.wav'"),
    ],
)
def test_a_bad_row_is_refused_with_its_line(read, rows, message):
    with pytest.raises(PrepError, match=message):
        read('\n'.join(['file,target,split', *rows]) + '\n')


def test_rows_without_a_file_are_counted(read):
    known, notes = read('file,label\ny,a\nnope.wav,b\nz,c\n')
    assert list(known) == ['a/y.mp3']
    assert notes == ["labels.csv: rows without a file: 2, the first 'nope.wav' (line 3)"]


def test_an_unknown_column_is_refused_with_the_nearest(read):
    with pytest.raises(PrepError, match=r"unknown column 'file_name': did you mean 'file'\?"):
        read('file_name,label\ny,a\n')
