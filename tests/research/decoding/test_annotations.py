from pathlib import Path

import pytest

from research.decoding import annotations
from research.decoding.annotations import Annotation
from research.errors import UserError

SOME = [
    Annotation(0.0, 1.25, 'moo', 0.75),
    Annotation(3.5, 3.5, '', None),
    Annotation(10.000001, 86399.5, 'Capuchinbird é 鳥', 1.0),
]
# As Raven Pro 1.6 saves a table: a row a view, columns of measurements after the standard ones.
RAVEN = """\
Selection	View	Channel	Begin Time (s)	End Time (s)	Low Freq (Hz)	High Freq (Hz)	Species
1	Waveform 1	1	2.500	4.000	0.0	8000.0	moo
1	Spectrogram 1	1	2.500	4.000	0.0	8000.0	moo
2	Spectrogram 1	1	9.125	9.500	0.0	8000.0	frog
"""
# As the manual of Audacity shows the format with bands of frequency.
AUDACITY = """\
2.150000	2.150000	point
\\	6928.456055	6928.456055
3.400000	6.100000	region
4.000000	5.000000
"""


@pytest.fixture
def file(tmp_path):
    def write(text: str | bytes) -> Path:
        path = tmp_path / 'labels.txt'
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def test_raven_table_is_read_as_it_was_written(tmp_path):
    path = tmp_path / 'calls.selections.txt'
    annotations.write_raven(path, SOME, high_hz=11025.0)
    assert annotations.read_raven(path) == SOME


def test_raven_table_has_the_standard_columns_first(tmp_path):
    path = tmp_path / 'calls.selections.txt'
    annotations.write_raven(path, SOME[:1], high_hz=8000.0, low_hz=50.0)
    assert path.read_bytes().decode() == (
        'Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tLow Freq (Hz)\tHigh Freq (Hz)'
        '\tAnnotation\tScore\n'
        '1\tSpectrogram 1\t1\t0.000000\t1.250000\t50.0\t8000.0\tmoo\t0.750000\n'
    )


def test_selection_in_two_views_counts_once(file):
    path = file(RAVEN)
    assert [(x.start_s, x.end_s) for x in annotations.read_raven(path)] == [(2.5, 4), (9.125, 9.5)]
    assert [x.label for x in annotations.read_raven(path, 'Species')] == ['moo', 'frog']
    assert [x.label for x in annotations.read_raven(path)] == ['', '']


@pytest.mark.parametrize('change', [lambda t: '\ufeff' + t, lambda t: t.replace('\n', '\r\n')])
def test_marks_of_other_systems_are_read(file, change):
    assert len(annotations.read_raven(file(change(RAVEN)), 'Species')) == 2
    assert len(annotations.read_audacity(file(change(AUDACITY)))) == 3


def test_audacity_track_is_read_as_it_was_written_but_for_scores(tmp_path):
    path = tmp_path / 'calls.txt'
    annotations.write_audacity(path, SOME)
    assert annotations.read_audacity(path) == [x._replace(score=None) for x in SOME]
    assert path.read_bytes().startswith(b'0.000000\t1.250000\tmoo\n')


def test_audacity_bands_are_passed_over(file):
    assert annotations.read_audacity(file(AUDACITY)) == [
        Annotation(2.15, 2.15, 'point'),
        Annotation(3.4, 6.1, 'region'),
        Annotation(4.0, 5.0, ''),
    ]


def test_no_calls_make_a_file_without_any(tmp_path):
    path = tmp_path / 'none.txt'
    annotations.write_raven(path, [], high_hz=8000.0)
    assert annotations.read_raven(path) == []
    annotations.write_audacity(path, [])
    assert annotations.read_audacity(path) == []


@pytest.mark.parametrize(
    ('text', 'told'),
    [
        ('', "no column 'Begin Time"),
        ('Begin Time (s)\n1\n', "no column 'End Time"),
        (RAVEN.replace('9.125', 'nine'), r"line 4: 'nine' is not a number"),
        (RAVEN.replace('9.125', 'inf'), r"line 4: 'inf' is not a number"),
        (RAVEN.replace('9.125', '9.75'), r'line 4: \[9\.75, 9\.500\) s: 0 <= start'),
        (RAVEN.replace('\tfrog', ''), 'line 4: 7 values: 8 are wanted'),
        (b'\xff\xfe\x00S', 'not text in UTF-8'),
        (
            'Begin Time (s)\tEnd Time (s)\tBegin File\n1\t2\ta.wav\n3\t4\tb.wav\n',
            'tells of 2 recordings',
        ),
    ],
)
def test_bad_raven_table_is_refused_in_one_line(file, text, told):
    with pytest.raises(UserError, match=told) as refused:
        annotations.read_raven(file(text))
    assert '\n' not in str(refused.value)
    assert 'labels.txt' in str(refused.value)


def test_wrong_label_column_is_refused_with_the_nearest(file):
    with pytest.raises(UserError, match="did you mean 'Species'"):
        annotations.read_raven(file(RAVEN), 'Spezies')


@pytest.mark.parametrize(
    ('text', 'told'),
    [
        ('1.0\n', 'line 1: 1 values'),
        ('1.0\t2.0\ta\n1.0\t2.0\ta\tb\n', 'line 2: 4 values'),
        ('1,5\t2,5\ta\n', "'1,5' is not a number"),
        ('-1\t2\ta\n', '0 <= start'),
    ],
)
def test_bad_audacity_track_is_refused_in_one_line(file, text, told):
    with pytest.raises(UserError, match=told) as refused:
        annotations.read_audacity(file(text))
    assert '\n' not in str(refused.value)


def test_missing_file_is_named(tmp_path):
    for read in (annotations.read_raven, annotations.read_audacity):
        with pytest.raises(UserError, match=r'none\.txt cannot be read'):
            read(tmp_path / 'none.txt')


@pytest.mark.parametrize(
    'bad',
    [
        Annotation(2.0, 1.0),
        Annotation(-1.0, 1.0),
        Annotation(0.0, float('nan')),
        Annotation(0.0, 1.0, 'a\tb'),
        Annotation(0.0, 1.0, 'a\nb'),
        Annotation(0.0, 1.0, 'a', float('nan')),
    ],
)
def test_what_a_file_cannot_hold_is_not_written(tmp_path, bad):
    path = tmp_path / 'bad.txt'
    with pytest.raises(ValueError, match='wanted'):
        annotations.write_raven(path, [bad], high_hz=8000.0)
    with pytest.raises(ValueError, match='wanted'):
        annotations.write_audacity(path, [bad])
    assert not path.exists()
