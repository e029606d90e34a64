"""The command: what the page says, what it refuses, what it leaves out."""

import csv
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from research import ledger, packed, report, tables
from research.gathering import gather
from research.reporting import weight
from research.runs import Run

HOSTILE = '</script><script>alert(1)</script>"\' onmouseover=x <b>&'


class Read(HTMLParser):
    """Tags, the entries of tables by their lines, and what people read."""

    def __init__(self, text: str):
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.lines: list[list[str]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in ('meta', 'link'):
            self._open.append(tag)
        if tag == 'tr':
            self.lines.append([])
        if tag in ('td', 'th') and self.lines:
            self.lines[-1].append('')

    def handle_endtag(self, tag):
        self._open.pop()

    def handle_data(self, data):
        if not {'style', 'script'} & {*self._open}:
            self.words.append(data)
        if self.lines and {'td', 'th'} & {*self._open}:
            self.lines[-1][-1] += f' {data}' if self._open[-1] == 'small' else data

    @property
    def text(self) -> str:
        return ' '.join(self.words)


def written(runs: Path, *arguments: str) -> Read:
    out = runs.parent / 'report.html'
    assert report.main(['report', f'--runs_dir={runs}', f'--out={out}', *arguments]) == 0
    return Read(out.read_text(encoding='utf-8'))


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


def test_figures_beyond_what_a_page_may_weigh_are_left_out(
    tmp_path: Path, classifier, monkeypatch: pytest.MonkeyPatch
):
    classifier(tmp_path / 'runs', 'cnn')
    classifier(tmp_path / 'runs', 'cnn', corpus='styles')
    whole = written(tmp_path / 'runs')
    figures = sum(tag == 'figure' for tag, _ in whole.tags)
    monkeypatch.setattr(weight, 'MOST_BYTES', 40_000)
    found = written(tmp_path / 'runs')
    assert sum(tag == 'figure' for tag, _ in found.tags) < figures
    assert 'Figures are left out to keep the page below 15 MB.' in found.text
    assert found.text.count('Scores') == whole.text.count('Scores') - 1


@pytest.mark.slow
def test_a_thousand_packed_runs_are_one_comparison(thousand: Path):
    found = written(thousand, '--metric=item_accuracy')
    [line] = [line for line in found.lines if line[0] == 'gtzan, artist_folds']
    assert line[5:8] == ['20', '1,000', '6']
    models = {line[0] for line in found.lines if line and line[0].startswith('model')}
    assert models == {f'model{number}' for number in range(20)} | {'model'}
    assert (thousand.parent / 'report.html').stat().st_size < 15_000_000


def test_rows_that_would_average_unlike_runs_are_refused_with_the_reason(
    tmp_path: Path, capsys, make
):
    make(tmp_path / 'runs', width=64)
    make(tmp_path / 'runs', seed=1, width=32)
    runs, out = f'--runs_dir={tmp_path}/runs', f'--out={tmp_path}/x.html'
    line = refused(capsys, runs, out, '--rows=name')
    assert f'none of the 2 finished runs in {tmp_path}/runs can be shown: ' in line
    assert '(cnn model.width=64, cnn model.width=32): row cnn would average them: put it' in line


def test_a_page_too_heavy_for_all_models_keeps_figures_of_the_best(
    tmp_path: Path, classifier, monkeypatch: pytest.MonkeyPatch
):
    for number in range(6):
        classifier(tmp_path / 'runs', f'model{number}', wrong=tuple(range(number)))
    whole = written(tmp_path / 'runs', '--nosound')
    assert 'to keep the page below 15 MB' not in whole.text
    monkeypatch.setattr(weight, 'FEWEST', 2)
    size = len((tmp_path / 'report.html').read_bytes())
    monkeypatch.setattr(weight, 'MOST_BYTES', size // 2)
    found = written(tmp_path / 'runs', '--nosound')
    [kept] = re.findall(r'Figures are of the best (\d) of 6 models', found.text)
    assert 2 <= int(kept) < 6
    assert f'figures of gtzan, artist_folds, but of the best {kept} of 6' in found.text
    maps = re.findall(r'(model\d): \d+ of 30 named wrongly', found.text)
    assert maps == [f'model{number}' for number in range(int(kept))]
    # The tables of scores have all of them.
    assert {line[0] for line in found.lines} >= {f'model{number}' for number in range(6)}
