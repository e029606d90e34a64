import pytest

from research.predicting import labels
from research.predicting.answers import Reported
from research.predicting.places import Place

CALLS = [
    {'start_s': 1.25, 'end_s': 4.5, 'probability': 0.75},
    {'start_s': 8.0, 'end_s': 9.0, 'probability': 0.5},
]


HEADERS = {'raven': 1, 'audacity': 0}  # lines
FIRST = {'raven': 3, 'audacity': 0}  # column of the times


@pytest.mark.parametrize('kind', ['raven', 'audacity'])
def test_each_recording_has_a_file_also_without_a_call(kind, tmp_path):
    places = [Place(name, tmp_path / 'in' / name) for name in ('a/x.wav', 'b/x.wav', 'bad.wav')]
    reported = [
        Reported(places[0], {}, CALLS, ''),
        Reported(places[1], {}, [], ''),
        Reported(places[2], {}, [], 'empty file'),
    ]
    folder = tmp_path / 'out.labels'
    labels.write(folder, kind, reported, 'call', 8_000.0)
    files = sorted(path for path in folder.rglob('*') if path.is_file())
    assert [str(path.relative_to(folder)) for path in files] == [
        f'a/x.{kind}.txt',
        f'b/x.{kind}.txt',
    ]
    lines = [path.read_text().splitlines()[HEADERS[kind] :] for path in files]
    values = [line.split('\t')[FIRST[kind] :] for line in lines[0]]
    assert [each[:2] for each in values] == [['1.250000', '4.500000'], ['8.000000', '9.000000']]
    assert all('call' in each for each in values)
    assert lines[1] == []
