import csv
import json

import pytest

from research import predict, trained

LENGTHS = [(8_000, 1.9)] * 3 + [(8_000, 0.3)] * 3
CALLS = ('data.slice_s=0.5', 'model.widths=8', 'task=Detection', 'task.positive=a')


@pytest.fixture
def detector(drawn, untrained, monkeypatch):
    """Has the command take a run that finds calls everywhere but in the shortest recordings."""

    def give(threshold):
        tuned = {'threshold': threshold, 'enter': threshold, 'leave': threshold}
        loaded = untrained('genre_mlp', drawn(LENGTHS), tuned, *CALLS)
        monkeypatch.setattr(trained, 'find', lambda text, runs_dir, report: loaded.place)
        monkeypatch.setattr(trained, 'load', lambda directory: loaded)
        return loaded

    return give


def read(path):
    with path.open(encoding='utf-8', newline='') as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(('threshold', 'counts'), [(0.0, {1}), (1.1, {0})])
def test_calls_are_counted_in_every_file_also_where_there_are_none(
    threshold, counts, detector, drawn, written, tmp_path, capsys
):
    detector(threshold)
    written(drawn(LENGTHS))
    (tmp_path / 'bad.wav').write_text('x')
    out = tmp_path / 'out' / 'calls.csv'
    out.parent.mkdir()
    argv = ['predict', 'run', str(tmp_path), '--labels=audacity', '--hop_s=0.1']
    assert predict.main([*argv, f'--out={out}']) == 1
    files, calls = read(out.with_name('calls.files.csv')), read(out)
    assert len(files) == 7
    assert {int(row['count']) for row in files[1:4]} == counts
    assert [row['error'] != '' for row in files] == [True] + [False] * 6
    assert sum(row['error'] == '' for row in calls) == sum(int(r['count'] or 0) for r in files)
    assert [row['error'] for row in calls if row['error']] == [files[0]['error']]
    labels = sorted((tmp_path / 'out' / 'calls.labels').iterdir())
    assert [path.name for path in labels] == [f'item {i}.audacity.txt' for i in range(6)]
    assert predict.main([*argv, f'--out={out.with_suffix(".json")}']) == 2  # labels are there
    assert predict.main([*argv[:3], '--hop_s=0.1', f'--out={out.with_suffix(".json")}']) == 1
    found = json.loads(out.with_suffix('.json').read_text())
    assert [row['count'] for row in found['files']] == [
        int(row['count']) if row['count'] else None for row in files
    ]
    assert [row['start_s'] for row in found['calls']] == [
        float(row['start_s']) for row in calls if not row['error']
    ]
    told = capsys.readouterr().err
    assert '6 of 7 files answered' in told
    assert f'calls: windows, 0.1 s apart, of a probability of {threshold:g} or more' in told
    assert found['how'] == {'hop_s': 0.1, 'enter': threshold, 'leave': threshold}
