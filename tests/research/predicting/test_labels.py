import pytest

from research.decoding.annotations import read_audacity, read_raven
from research.predicting import labels
from research.predicting.answers import Reported
from research.predicting.places import Place

CALLS = [
    {'start_s': 1.25, 'end_s': 4.5, 'probability': 0.75},
    {'start_s': 8.0, 'end_s': 9.0, 'probability': 0.5},
]


@pytest.mark.parametrize(('kind', 'read'), [('raven', read_raven), ('audacity', read_audacity)])
def test_each_recording_has_a_file_also_without_a_call(kind, read, tmp_path):
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
    found = [(x.start_s, x.end_s, x.label) for x in read(files[0])]
    assert found == [(1.25, 4.5, 'call'), (8.0, 9.0, 'call')]
    assert read(files[1]) == []
