import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from research import runs
from research.runs import Run, RunError

EXPERIMENT = {'name': 'genre', 'seed': 3, 'data': {'corpus': 'styles'}, 'model': {'width': 32}}


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_id_names_corpus_and_seed_and_ignores_order_of_fields(tmp_path):
    run = runs.locate(tmp_path, EXPERIMENT, 'abc')
    assert run.directory.parent == tmp_path / 'genre'
    assert run.directory.name.startswith('styles-s3-')
    assert len(run.directory.name) == len('styles-s3-') + 10
    assert runs.locate(tmp_path, dict(reversed(EXPERIMENT.items())), 'abc') == run
    assert not run.directory.parent.exists()


def test_id_is_the_sha256_of_canonical_json(tmp_path):
    text = (
        '{"experiment":{"data":{"corpus":"styles"},"model":{"width":32},"name":"genre","seed":3},'
        '"fingerprint":"abc"}'
    )
    digest = subprocess.run(
        ['sha256sum'], input=text, capture_output=True, text=True, check=True
    ).stdout
    assert runs.locate(tmp_path, EXPERIMENT, 'abc').directory.name == f'styles-s3-{digest[:10]}'


def test_a_corpus_with_a_label_names_its_runs_without_a_colon(tmp_path):
    labelled = EXPERIMENT | {'data': {**EXPERIMENT['data'], 'corpus': 'audio_folder:mine'}}
    name = runs.locate(tmp_path, labelled, 'abc').directory.name
    assert name.startswith('audio_folder.mine-s3-')
    assert ':' not in name


@pytest.mark.parametrize(
    ('changed', 'fingerprint'),
    [({'model': {'width': 33}}, 'abc'), ({'seed': 4}, 'abc'), ({}, 'abd')],
)
def test_id_changes_with_any_field_and_with_the_corpus(tmp_path, changed, fingerprint):
    before = runs.locate(tmp_path, EXPERIMENT, 'abc')
    assert runs.locate(tmp_path, EXPERIMENT | changed, fingerprint) != before


def test_status_goes_from_absent_to_finished(tmp_path):
    run = runs.locate(tmp_path, EXPERIMENT, 'abc')
    seen = [run.status()]
    run.create(EXPERIMENT, {'commit': None})
    seen.append(run.status())
    run.fail('NaN', step=7, last_good=None)
    seen.append(run.status())
    assert json.loads(run.failure.read_text()) == {'reason': 'NaN', 'step': 7, 'last_good': None}
    run.create(EXPERIMENT, {'commit': None})
    seen.append(run.status())
    run.finish({'accuracy': 0.5})
    seen.append(run.status())
    assert seen == ['absent', 'started', 'failed', 'started', 'finished']
    assert json.loads(run.experiment.read_text()) == EXPERIMENT
    assert sorted(p.name for p in run.directory.iterdir()) == [
        'environment.json',
        'experiment.json',
        'result.json',
    ]


def test_edited_experiment_is_refused_with_the_fields_that_differ(tmp_path):
    run = Run(tmp_path / 'run')
    run.create(EXPERIMENT, {})
    write(run.experiment, json.dumps(EXPERIMENT | {'model': {'width': 64, 'depth': 2}}))
    with pytest.raises(RunError) as refused:
        run.create(EXPERIMENT, {})
    line = str(refused.value)
    assert '\n' not in line
    assert 'model.width is 64 there, 32 asked' in line
    assert 'model.depth is 2 there, absent asked' in line
    assert 'seed' not in line


def test_experiment_that_is_no_json_is_refused_with_its_path(tmp_path):
    run = Run(tmp_path / 'run')
    write(run.experiment, '{"name": ')
    with pytest.raises(RunError, match=r'experiment\.json is not JSON'):
        run.create(EXPERIMENT, {})


def test_starts_in_other_environments_are_kept(tmp_path):
    run = Run(tmp_path / 'run')
    for commit in ('a', 'a', 'b', 'b', 'c'):
        run.create(EXPERIMENT, {'commit': commit})
    kept = json.loads(run.environment.read_text())
    assert kept == {'commit': 'a', 'resumed': [{'commit': 'b'}, {'commit': 'c'}]}


def test_runs_dir_that_is_a_file_fails_in_one_line(tmp_path):
    write(tmp_path / 'runs', '')
    run = runs.locate(tmp_path / 'runs', EXPERIMENT, 'abc')
    with pytest.raises(RunError, match=r'^cannot write .*Not a directory.*--runs_dir$'):
        run.create(EXPERIMENT, {})


@pytest.mark.skipif(os.geteuid() == 0, reason='root may write everywhere')
def test_folder_without_permission_fails_in_one_line(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(RunError, match='Permission denied'):
        Run(tmp_path / 'run').create(EXPERIMENT, {})


@pytest.mark.skipif(os.geteuid() != 0, reason='mounting a file system takes root')
def test_read_only_disk_fails_in_one_line_and_leaves_nothing(tmp_path):
    subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', tmp_path], check=True)
    try:
        run = Run(tmp_path / 'run')
        run.create(EXPERIMENT, {})
        subprocess.run(['mount', '-o', 'remount,ro', tmp_path], check=True)
        before = sorted(tmp_path.rglob('*'))
        with pytest.raises(RunError, match='Read-only file system'):
            run.finish({})
        with pytest.raises(RunError, match='Read-only file system'):
            Run(tmp_path / 'other').create(EXPERIMENT, {})
        assert sorted(tmp_path.rglob('*')) == before
    finally:
        subprocess.run(['umount', tmp_path], check=True)


def test_failed_write_leaves_the_old_text(tmp_path, monkeypatch):
    path = tmp_path / 'x.json'
    runs.write_json(path, {'a': 1})

    def full(_):
        raise OSError(28, 'No space left on device')

    monkeypatch.setattr(os, 'fsync', full)
    with pytest.raises(RunError, match='No space left on device'):
        runs.write_json(path, {'a': 2})
    assert json.loads(path.read_text()) == {'a': 1}
    assert list(tmp_path.iterdir()) == [path]


def test_nan_is_no_json(tmp_path):
    with pytest.raises(ValueError, match='JSON'):
        runs.write_json(tmp_path / 'x.json', {'a': float('nan')})


def test_find_passes_by_what_is_no_run(tmp_path):
    first, second = Run(tmp_path / 'a' / 'x'), Run(tmp_path / 'b' / 'y')
    second.create(EXPERIMENT, {})
    first.create(EXPERIMENT, {})
    write(tmp_path / 'notes.txt', '')
    write(tmp_path / 'a' / 'plot.png', '')
    write(tmp_path / 'a' / 'half' / 'environment.json', '{}')
    (tmp_path / 'a' / 'odd' / 'experiment.json').mkdir(parents=True)
    (tmp_path / 'loop').symlink_to(tmp_path)
    (tmp_path / 'gone').symlink_to(tmp_path / 'nowhere')
    assert runs.find(tmp_path) == [first, second]
    assert runs.find(tmp_path / 'missing') == []


def test_values_in_lists_are_the_same_experiment_whatever_the_order_of_their_names(tmp_path):
    asked = EXPERIMENT | {'augment': [{'kind': 'Gain', 'max_db': 6.0}]}
    run = runs.locate(tmp_path, asked, 'f')
    run.create(asked, {})
    run.create(EXPERIMENT | {'augment': [{'max_db': 6.0, 'kind': 'Gain'}]}, {})
    with pytest.raises(RunError, match='augment'):
        run.create(EXPERIMENT | {'augment': [{'kind': 'Gain', 'max_db': 3.0}]}, {})


def test_import_takes_neither_jax_nor_numpy():
    code = 'import sys, research.runs; print({"jax", "numpy"} & set(sys.modules))'
    root = Path(runs.__file__).parents[1]
    done = subprocess.run(
        [sys.executable, '-c', code], cwd=root, check=True, capture_output=True, text=True
    )
    assert done.stdout == 'set()\n'
