"""Which score a table is of, where none is named, and which runs it then leaves out."""

from pathlib import Path

import numpy as np
import pytest

from research import tables
from research.errors import UserError


def built(runs: Path, *arguments: str) -> str:
    return tables.build([f'--runs_dir={runs}', *arguments])[0]


@pytest.mark.parametrize(
    ('known', 'shown'),
    [(['wer', 'cer'], 'wer'), (['f1', 'item_accuracy', 'average_precision'], 'average_precision')],
)
def test_without_a_metric_the_table_is_of_what_the_runs_were_selected_by(
    tmp_path: Path, make, known, shown
):
    for seed in (0, 1):
        run, names = make(tmp_path, seed=seed), np.array(['a', 'b', 'c'])
        arrays = {}
        for score in known:
            fields = {'unit': names, 'group': names, 'numerator': np.eye(3)[seed]}
            fields |= {'denominator': np.ones(3), 'target': names == 'b', 'probability': np.ones(3)}
            arrays |= {f'{score}/{name}': values for name, values in fields.items()}
        np.savez(run / 'predictions' / 'test_units.npz', allow_pickle=False, **arrays)
    assert built(tmp_path) == built(tmp_path, f'--metric={shown}')


def test_without_a_metric_runs_that_were_selected_by_several_are_shown_by_accuracy(
    tmp_path: Path, make
):
    make(tmp_path, 'mlp', wrong=(0,))
    speech, fields = make(tmp_path, 'cnn'), dict.fromkeys(('unit', 'group'), np.array(['a', 'b']))
    fields |= dict.fromkeys(('numerator', 'denominator'), np.ones(2))
    arrays = {f'wer/{name}': values for name, values in fields.items()}
    np.savez(speech / 'predictions' / 'test_units.npz', allow_pickle=False, **arrays)
    assert built(tmp_path) == built(tmp_path, '--metric=item_accuracy')


def test_runs_without_the_score_that_is_asked_for_are_left_out_by_a_line_for_all_alike(
    tmp_path: Path, make
):
    make(tmp_path, 'cnn')
    for seed in range(5):
        scored(make(tmp_path, 'speech', seed=seed, corpus='phrases', fingerprint='f2'), 'wer')
    scored(make(tmp_path, 'tempo', corpus='rhythms', fingerprint='f3'), 'mae')
    alike, alone = tables.build([f'--runs_dir={tmp_path}', '--metric=item_accuracy'])[1]
    assert alike.count('/speech/') == 3
    assert alike.endswith(' and 2 more: no item_accuracy, but wer')
    assert alone.startswith(f'left out: {tmp_path}/tempo/')
    assert alone.endswith(': no item_accuracy, but mae')


def scored(directory: Path, *scores: str) -> None:
    """Keeps these scores, and no others, of a finished run."""
    fields = {'unit': ['a'], 'numerator': [1.0], 'denominator': [2.0], 'group': ['a']}
    arrays = {f'{score}/{name}': np.array(fields[name]) for score in scores for name in fields}
    np.savez(directory / 'predictions' / 'test_units.npz', allow_pickle=False, **arrays)


def test_runs_of_several_tasks_are_left_out_by_one_line_that_tells_the_flag(tmp_path: Path, make):
    make(tmp_path, 'cnn')
    for seed in (0, 1):
        speech = make(tmp_path, 'speech', seed=seed, corpus='phrases', fingerprint='f2')
        scored(speech, 'wer')
    text, notes = tables.build([f'--runs_dir={tmp_path}'])
    assert '| cnn |' in text
    assert notes == [
        'left out: 2 of 3 runs have no item_accuracy, which is taken where runs were selected by '
        'several scores: --metric=wer shows the others'
    ]
    assert '| speech |' in tables.build([f'--runs_dir={tmp_path}', '--metric=wer'])[0]


def test_runs_without_a_score_in_common_are_told_with_what_they_have(tmp_path: Path, make):
    for name in ('tempo', 'beat'):
        scored(make(tmp_path, name, corpus='rhythms', fingerprint='f1'), 'mae', 'within_4')
    scored(make(tmp_path, 'speech', corpus='phrases', fingerprint='f2'), 'wer')
    with pytest.raises(UserError) as refused:
        tables.build([f'--runs_dir={tmp_path}'])
    assert str(refused.value) == (
        'the runs are of several tasks and have no score in common: --metric=mae|wer picks '
        'one of theirs (beat, tempo: mae, within_4; speech: wer)'
    )
    assert '| beat |' in built(tmp_path, '--metric=mae')
