import pytest

from research.decoding import annotations
from research.decoding.annotations import Annotation

SOME = [
    Annotation(0.0, 1.25, 'moo', 0.75),
    Annotation(3.5, 3.5, '', None),
    Annotation(10.000001, 86399.5, 'Capuchinbird é 鳥', 1.0),
]
HEADER = (
    'Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tLow Freq (Hz)\tHigh Freq (Hz)'
    '\tAnnotation\tScore\n'
)


def test_a_raven_table_has_the_standard_columns_first_and_a_line_a_call(tmp_path):
    path = tmp_path / 'calls.selections.txt'
    annotations.write_raven(path, SOME, high_hz=8000.0, low_hz=50.0)
    assert path.read_bytes().decode() == (
        f'{HEADER}'
        '1\tSpectrogram 1\t1\t0.000000\t1.250000\t50.0\t8000.0\tmoo\t0.750000\n'
        '2\tSpectrogram 1\t1\t3.500000\t3.500000\t50.0\t8000.0\t\t\n'
        '3\tSpectrogram 1\t1\t10.000001\t86399.500000\t50.0\t8000.0'
        '\tCapuchinbird é 鳥\t1.000000\n'
    )


def test_an_audacity_track_has_start_end_and_label(tmp_path):
    path = tmp_path / 'calls.txt'
    annotations.write_audacity(path, SOME)
    assert path.read_bytes().decode() == (
        '0.000000\t1.250000\tmoo\n'
        '3.500000\t3.500000\t\n'
        '10.000001\t86399.500000\tCapuchinbird é 鳥\n'
    )


def test_no_calls_make_a_file_without_any(tmp_path):
    path = tmp_path / 'none.txt'
    annotations.write_raven(path, [], high_hz=8000.0)
    assert path.read_text() == HEADER
    annotations.write_audacity(path, [])
    assert path.read_text() == ''


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
