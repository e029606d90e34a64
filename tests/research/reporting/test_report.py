"""The command: what the page says, what it refuses, what it leaves out."""

import csv
import io
import json
from pathlib import Path

import pytest

from research import ledger, packed, report, tables
from research.gathering import gather
from research.reporting import sounds
from research.runs import Run
from tests.research.reporting.reading import written

HOSTILE = '</script><script>alert(1)</script>"\' onmouseover=x <b>&'


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one line that a refusal says last."""
    assert report.main(['report', *arguments]) == 2
    *_, line = capsys.readouterr().err.splitlines()
    assert line.startswith('error: ')
    return line


def test_the_page_says_the_numbers_of_research_tables(tmp_path: Path, classifier):
    for seed in (0, 1, 2):
        classifier(tmp_path / 'runs', 'cnn', seed, wrong=(0, 1, seed + 2))
        classifier(tmp_path / 'runs', 'lstm', seed, wrong=tuple(range(9 + seed)))
    found = written(tmp_path / 'runs')
    for metric in ('item_accuracy', 'slice_accuracy'):
        table, _ = tables.build([f'--runs_dir={tmp_path}/runs', f'--metric={metric}'])
        lines = [line.split(' | ') for line in table.splitlines() if line.startswith('| ')][2:]
        for line in lines:
            said = [text.strip('| ').replace('**', '') for text in line]
            assert said in found.lines


def test_differences_are_those_of_tables_against_a_row(tmp_path: Path, classifier):
    for seed in (0, 1, 2):
        classifier(tmp_path / 'runs', 'cnn', seed, wrong=(0, 1, seed + 2))
        classifier(tmp_path / 'runs', 'lstm', seed, wrong=tuple(range(9 + seed)))
    found = written(tmp_path / 'runs', '--against=lstm')
    text, _ = tables.build([f'--runs_dir={tmp_path}/runs', '--against=lstm', '--format=csv'])
    [row] = [row for row in csv.DictReader(io.StringIO(text)) if row['name'] == 'cnn']
    value, low, high, better = (
        float(row[name])
        for name in ('difference', 'difference_low', 'difference_high', 'improvement')
    )
    told = f'{value:+.1%} [{low:+.1%}, {high:+.1%}]'
    [line] = [line for line in found.lines if line[:2] == ['cnn', told]]
    assert line[2] == f'{better:.0%}'


def test_corpora_are_looked_for_in_all_folders_of_all_flags(tmp_path: Path, make, monkeypatch):
    looked = []

    class Shelf(sounds.Shelf):
        def __init__(self, folders):
            looked.extend(folders)
            super().__init__(folders)

    monkeypatch.setattr(sounds, 'Shelf', Shelf)
    make(tmp_path / 'runs', 'cnn')
    written(tmp_path / 'runs', '--data_dir=a,b', '--data_dir=c')
    assert looked == [Path('a'), Path('b'), Path('c')]


def test_what_is_no_run_is_refused_in_one_line(tmp_path: Path, capsys, make):
    (tmp_path / 'empty').mkdir()
    out = f'--out={tmp_path}/x.html'
    assert 'no finished run to show' in refused(capsys, f'{tmp_path}/empty', out)
    make(tmp_path / 'runs', 'cnn')
    runs = f'--runs_dir={tmp_path}/runs'
    assert "did you mean 'cnn'?" in refused(capsys, 'cmn', runs, out)
    assert "did you mean 'cnn'?" in refused(capsys, runs, out, '--against=cmn')
    assert 'wer' in refused(capsys, runs, out, '--metric=wer')
    assert 'no folder' in refused(capsys, runs, f'--out={tmp_path}/absent/x.html')
    assert not (tmp_path / 'x.html').exists()


def test_a_half_finished_grid_shows_what_it_lacks(tmp_path: Path, classifier):
    runs = tmp_path / 'runs'
    done = classifier(runs, 'cnn')
    begun = classifier(runs, 'lstm')
    (begun / 'result.json').unlink()
    absent = runs / 'cnn' / 'absent-s1'
    entries = [
        ledger.Entry('wide', ('seed=0',), Run(done)),
        ledger.Entry('wide', ('seed=1',), Run(absent)),
        ledger.Entry('narrow', ('seed=0',), Run(begun)),
    ]
    ledger.write(runs, 'grid', entries)
    found = written(runs, 'grid')
    assert any(line[0] == 'wide' and '1 of 2' in line for line in found.lines)
    assert any(line[:3] == ['narrow', 'missing', '0 of 1'] for line in found.lines)
    assert 'unfinished (started)' in found.text
    assert 'not begun: 1 of the 3 runs of the grid' in found.text
    assert str(tmp_path) not in found.text


def test_runs_of_an_older_version_and_packed_ones_say_what_they_lack(tmp_path: Path, make):
    old = make(tmp_path / 'old', 'cnn')  # without a task, a temperature, metrics and maps
    (old / 'metrics.jsonl').write_text('')
    found = written(tmp_path / 'old')
    assert 'Confusion matrices' in found.text
    assert 'No run keeps a map here' in found.text
    packed.write_all(gather([f'{tmp_path}/old'], tmp_path).finished, tmp_path / 'packed')
    found = written(tmp_path / 'packed')
    assert 'Packed runs keep no curves.' in found.text
    assert 'Packed runs keep no probabilities' in found.text
    assert 'Hardest items' in found.text


def test_a_file_that_cannot_be_read_takes_its_figure_alone(tmp_path: Path, classifier):
    run = classifier(tmp_path / 'runs', 'cnn')
    (run / 'metrics.jsonl').write_text('{"step": 1, "split"')
    found = written(tmp_path / 'runs')
    assert 'metrics.jsonl cannot be read' in found.text
    assert 'Confusion matrices' in found.text
    assert str(tmp_path) not in found.text


def test_corpora_fingerprints_and_test_parts_are_never_compared(tmp_path: Path, classifier):
    runs = tmp_path / 'runs'
    classifier(runs, 'cnn')
    classifier(runs, 'cnn', corpus='styles')
    classifier(runs, 'lstm', fingerprint='f2')
    classifier(runs, 'mlp', items=[f'item {i}' for i in range(24)])
    found = written(runs)
    titles = [line[0] for line in found.lines if len(line) == 9 and line[1] == 'Classification']
    assert titles == [
        'gtzan, artist_folds, f1, test part 1',
        'gtzan, artist_folds, f1, test part 2',
        'gtzan, artist_folds, f2',
        'styles, artist_folds',
    ]


def test_models_that_differ_in_a_setting_are_rows_of_their_own(tmp_path: Path, classifier):
    runs = tmp_path / 'runs'
    for width in (32, 64):
        classifier(runs, 'cnn', width=width)
    found = written(runs)
    names = {line[0] for line in found.lines if line and line[0].startswith('cnn')}
    assert names == {'cnn model.width=32', 'cnn model.width=64'}


def test_models_that_differ_in_what_a_stand_in_would_change_are_one_row(tmp_path: Path, classifier):
    runs = tmp_path / 'runs'
    classifier(runs, 'cnn', 0)
    classifier(runs, 'cnn', 1, overrides=('model.width=32',))
    classifier(runs, 'cnn', 1, overrides=('model.width=16',))
    found = written(runs)
    assert {line[0] for line in found.lines if line and line[0].startswith('cnn')} == {'cnn'}
    assert 'standin' not in found.text
    assert 'cnn/2-s1: trained by the same settings as cnn/1-s1' in found.text


def test_one_seed_is_said_to_have_an_interval_over_items_alone(tmp_path: Path, classifier):
    classifier(tmp_path / 'runs', 'cnn')
    assert 'of one seed, how seeds vary is not in them' in written(tmp_path / 'runs').text


def test_no_name_becomes_markup_and_nothing_is_loaded(tmp_path: Path, classifier):
    run = classifier(tmp_path / 'runs', 'cnn')
    experiment = json.loads((run / 'experiment.json').read_text())
    experiment['name'] = experiment['data']['protocol'] = HOSTILE
    (run / 'experiment.json').write_text(json.dumps(experiment))
    found = written(tmp_path / 'runs', f'--title={HOSTILE}')
    assert sum(tag == 'script' for tag, _ in found.tags) == 1
    assert not any(tag == 'b' for tag, _ in found.tags)
    assert not any(name.startswith('on') for _, own in found.tags for name in own)
    loaded = [own[name] for _, own in found.tags for name in ('src', 'href') if own.get(name)]
    assert all(str(each).startswith(('#', 'data:')) for each in loaded)
    [policy] = [own['content'] for _, own in found.tags if 'http-equiv' in own]
    assert str(policy).startswith("default-src 'none'; ")
    assert 'unsafe' not in str(policy)


def test_commands_are_told_without_the_folders_of_a_machine(tmp_path: Path, classifier):
    classifier(tmp_path / 'runs', 'cnn')
    text = written(tmp_path / 'runs').text
    assert 'python launch.py --experiment=x' in text
    assert '/home/ann' not in text
    assert 'c' * 12 in text


def test_rows_that_would_average_unlike_runs_are_refused_with_the_reason(
    tmp_path: Path, capsys, make
):
    make(tmp_path / 'runs', width=64)
    make(tmp_path / 'runs', seed=1, width=32)
    runs, out = f'--runs_dir={tmp_path}/runs', f'--out={tmp_path}/x.html'
    line = refused(capsys, runs, out, '--rows=name')
    assert f'none of the 2 finished runs in {tmp_path}/runs can be shown: ' in line
    assert '(cnn model.width=64, cnn model.width=32): row cnn would average them: put it' in line


def test_runs_of_which_no_seed_has_all_folds_are_refused_with_the_reason(
    tmp_path: Path, capsys, make
):
    for number in range(2):
        make(tmp_path / 'runs', seed=number, fold=number)
    line = refused(capsys, f'--runs_dir={tmp_path}/runs', f'--out={tmp_path}/x.html')
    assert f'none of the 2 finished runs in {tmp_path}/runs can be shown: ' in line
    assert line.endswith('cnn, seed 0: folds [0] of [0, 1]')
    assert not (tmp_path / 'x.html').exists()
