"""Settings that came after runs were made, as those who read runs see them."""

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from research import codec, compare, experiment, later, packed, runs, tables, workspace
from research.gathering import gather
from research.reporting import labels

ROOT = Path(__file__).parents[2]
KEPT = sorted((ROOT / 'docs' / 'runs').glob('*/*/*.run.json'))
PLAIN = experiment.Experiment, experiment.Data, experiment.StandIn


def classes() -> Iterator[type]:
    """All that codec writes with its kind."""
    for _, known in codec.KINDS.values():
        for kind in known.values():
            yield kind
            for declared in codec.annotations(kind).values():
                _, inner = codec.kinds(declared) or ('', {})
                yield from inner.values()


def marked(kind: Any) -> dict[str, Any]:
    fields = dataclasses.fields(kind)
    return {field.name: field.default for field in fields if 'later' in field.metadata}


def test_the_table_has_the_later_fields_of_all_kinds_and_their_defaults():
    assert {kind.__name__: marked(kind) for kind in classes() if marked(kind)} == later.DEFAULTS
    assert not any(marked(kind) for kind in PLAIN)  # which are written without a kind


def test_what_was_left_out_is_told_wherever_it_stands_and_nothing_else_changes():
    lstm = {'kind': 'LSTM', 'width': 8}
    written = {'model': lstm, 'several': [{'a': lstm}, 3], 'other': {'kind': 'MLP'}, 'none': None}
    whole = {**lstm, 'recurrence': 'scan'}
    assert later.complete(written) == written | {'model': whole, 'several': [{'a': whole}, 3]}
    asked = {'kind': 'LSTM', 'recurrence': 'cudnn', 'width': 8}
    assert later.complete(asked) == asked


@pytest.fixture
def two(tmp_path: Path, make) -> tuple[Path, Path]:
    """Runs of an LSTM, one from before there was `recurrence` or with its default."""
    made = make(tmp_path), make(tmp_path)
    for run, more in zip(made, ({}, {'recurrence': 'cudnn'}), strict=True):
        told = json.loads((run / 'experiment.json').read_text())
        told['model'] = {'kind': 'LSTM', 'width': 64, **more}
        (run / 'experiment.json').write_text(json.dumps(told))
    return made


def test_a_table_has_rows_by_a_setting_that_came_later(two, tmp_path: Path):
    text, _ = tables.build([f'--runs_dir={tmp_path}', '--rows=model.recurrence'])
    rows = [line.split(' | ')[0] for line in text.splitlines() if line.startswith('| ')]
    assert rows[-2:] == ['| scan', '| cudnn']


def test_a_comparison_says_the_default_of_a_setting_that_came_later(two, capsys):
    assert compare.main(['compare', *map(str, two)]) == 0
    assert 'model.recurrence  scan  cudnn' in capsys.readouterr().out


def test_labels_say_the_default_of_a_setting_that_came_later(two, tmp_path: Path):
    found = [run.settings for run in gather([str(tmp_path)], tmp_path).finished]
    told = sorted(each['label'] for each in labels.labelled(found, ['corpus', 'protocol']))
    assert told == ['cnn model.recurrence=cudnn', 'cnn model.recurrence=scan']


def test_a_workspace_groups_by_a_setting_that_came_later_where_it_is_set(two):
    written = [json.loads((run / 'experiment.json').read_text()) for run in two]
    assert workspace.differing(written) == ['model.recurrence']
    assert workspace.differing([written[0], later.complete(written[0])]) == ['name']


@pytest.fixture(scope='module')
def kept() -> dict[Path, dict[str, Any]]:
    return {file: json.loads(file.read_text(encoding='utf-8')) for file in KEPT}


def test_a_run_that_is_kept_has_the_place_of_its_experiment_read_and_written_anew(kept):
    for file, record in kept.items():
        written = codec.to_json(codec.from_json(record['experiment']))
        place = runs.locate(file.parents[1], written, record['environment']['fingerprint'])
        assert packed.place(place.directory) == file


def test_runs_are_kept_of_each_kind_that_got_a_field_later(kept):
    kinds = {record['experiment']['model']['kind'] for record in kept.values()}
    assert later.DEFAULTS.keys() <= kinds
