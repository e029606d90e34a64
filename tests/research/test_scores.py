"""Scores: which way is better, and ratios of sums."""

import math
from pathlib import Path

import numpy as np
import pytest

from research import measures, scores
from research.errors import UserError
from research.scores import Ranked, Units
from research.tasks import CTC, Classification, Detection, NextFrame, NextToken, Regression


def test_the_lower_error_and_the_higher_accuracy_are_better():
    assert scores.better('wer', 0.2) > scores.better('wer', 0.3)
    assert scores.better('item_accuracy', 0.3) > scores.better('item_accuracy', 0.2)
    for name in ('wer', 'item_accuracy'):
        assert scores.better(name, math.nan) < scores.better(name, 1e9)
        assert scores.better(name, math.nan) < scores.better(name, -1e9)


def test_an_unknown_score_is_told_with_the_nearest():
    with pytest.raises(UserError, match="did you mean 'item_accuracy'"):
        scores.of('item_acuracy')


def test_each_score_is_explained_with_what_it_is_over_and_which_way_is_better():
    page = (Path(__file__).parents[2] / 'docs/results.md').read_text(encoding='utf-8')
    [section] = [part for part in page.split('\n## ') if part.startswith('Scores\n')]
    lines = [line.strip('| ').split(' | ') for line in section.splitlines() if '| `' in line]
    told = {name: (per, better) for name, _, per, better in lines}
    assert len(told) == len(lines)
    assert told == {
        f'`{name}`{"" if score.units else "*"}': (score.per, 'lower' if score.lowest else 'higher')
        for name, score in scores.SCORES.items()
    }


def test_a_ratio_of_sums_is_no_mean_of_ratios():
    names = np.array(['a', 'b'])
    assert Units(names, np.array([1.0, 9.0]), np.array([1.0, 99.0]), names).value == 0.1


def test_a_score_of_nothing_is_not_defined():
    names = np.array(['a', 'b'])
    assert math.isnan(Units(names, np.zeros(2), np.zeros(2), names).value)
    assert math.isnan(Ranked(names, np.zeros(2, bool), np.array([0.5, 0.1]), names).value)


def test_seeds_are_measured_together():
    names = np.array(['a', 'b'])
    one = Units(names, np.array([1.0, 0.0]), np.ones(2), names)
    other = Units(names, np.array([1.0, 1.0]), np.ones(2), names)
    assert measures.value(scores.measured([one, other])) == 0.75
    right, wrong = (Ranked(names, np.array([True, False]), p, names) for p in np.eye(2))
    assert measures.value(scores.measured([right, wrong])) == 0.75


def test_slices_of_one_number_in_two_items_have_names_of_their_own():
    found = scores.per_slice(np.array(['a', 'a', 'b']), np.array([0, 1, 0]))
    assert len(set(found.tolist())) == 3


@pytest.mark.parametrize(
    ('task', 'known'),
    [
        (Classification(), ['item_accuracy', 'slice_accuracy']),
        (Detection(), ['average_precision', 'f1', 'item_accuracy', 'precision', 'recall']),
        (Regression(), ['mae', 'within_4']),
        (CTC(), ['cer', 'cer_lm', 'wer', 'wer_lm']),
        (NextToken(), ['nll']),
        (NextToken(per='note'), ['note_nll']),
        (NextFrame(), ['step_nll']),
    ],
)
def test_the_main_score_of_a_run_is_what_its_task_selects_by(task, known):
    assert scores.main(known) == task.selects_by
