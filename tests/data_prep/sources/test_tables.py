from pathlib import Path

import pytest

from data_prep import PrepError
from data_prep.sources import tables

KNOWN = ('file', 'label', 'target')
TEXT = 'file,label\na,é\nb,"x, y"\n'


@pytest.fixture
def table(tmp_path):
    def write(content):
        path = tmp_path / 'table.csv'
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def read(path):
    return tables.read(path, ('file',), KNOWN)


@pytest.mark.parametrize('encoding', ['utf-8', 'utf-8-sig', 'utf-16', 'cp1252'])
def test_encodings_of_spreadsheets_give_one_table(table, encoding):
    rows = read(table(TEXT.encode(encoding)))
    assert rows == [
        (2, {'file': 'a', 'label': 'é', 'target': ''}),
        (3, {'file': 'b', 'label': 'x, y', 'target': ''}),
    ]


@pytest.mark.parametrize('separator', [',', ';', '\t', '|'])
def test_separators_follow_the_header(table, separator):
    lines = [['File', ' LABEL '], ['a', 'one, two; three'], ['', ''], ['b', 'x']]
    text = '\r\n'.join(separator.join(f'"{value}"' for value in line) for line in lines)
    rows = read(table(text))
    assert [row.values['label'] for row in rows] == ['one, two; three', 'x']
    assert [row.line for row in rows] == [2, 4]


def test_one_column_needs_no_separator(table):
    assert [row.values['file'] for row in read(table('file\na b\n'))] == ['a b']


def test_padding_of_spreadsheets_is_no_value(table):
    rows = read(table('file;label;;\na;x;;;\nb;;;\n'))
    assert [row.values['label'] for row in rows] == ['x', '']


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('', 'is empty; wanted: a CSV with the columns file, label, target'),
        ('file,label\n', 'has a header and no rows'),
        ('file,lable\na,b\n', "unknown column 'lable': did you mean 'label'[?] known: file, label"),
        ('label\na\n', "lacks the column 'file'; it has label"),
        ('file,file\na,b\n', "'file' stands there twice"),
        ('file,label\na\nb,c,d\n', '2 rows are wrong: line 2: 1 values, .* 2; line 3: 3 values'),
        ('file,label\n"a,b\n', 'line 2 is not CSV'),
    ],
)
def test_a_bad_table_is_one_line_that_says_where(table, text, message):
    with pytest.raises(PrepError, match=message) as error:
        read(table(text))
    assert '\n' not in str(error.value)


def test_a_missing_table_and_bytes_that_are_no_text_are_refused(table, tmp_path):
    with pytest.raises(PrepError, match='is not a file; wanted: a CSV with the columns'):
        read(tmp_path / 'none.csv')
    with pytest.raises(PrepError, match='is not text that can be read'):
        read(table(b'file\n\x81\xff\n'))


def test_wrong_rows_are_counted_and_the_first_five_named(table):
    rows = read(table('file\n' + '\n'.join('abcdefg') + '\n'))

    def check(row):
        if row.values['file'] != 'c':
            raise ValueError(f'no {row.values["file"]}')
        return row.line

    with pytest.raises(PrepError, match=r'6 rows are wrong: line 2: no a; .*line 7: no f; and 1'):
        tables.checked(Path('t'), rows, check)
    assert tables.checked(Path('t'), rows[2:3], check) == [4]


@pytest.mark.parametrize('text', ['abc', '1,5', 'nan', 'inf', ''])
def test_what_is_no_finite_number_is_named(text):
    with pytest.raises(ValueError, match=f"x '{text}' is not a"):
        tables.number(tables.Row(2, {'x': text}), 'x')
    assert tables.number(tables.Row(2, {'x': '-1.5e3'}), 'x') == -1500
