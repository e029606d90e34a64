import numpy as np
import pytest

import experiments
from research import overrides
from research.results import next_token


def test_losses_are_averaged_over_tokens_with_about_as_many_before_them():
    rng = np.random.default_rng(0)
    losses, judged = rng.random((20, 13)), (rng.random((20, 13)) < 0.7).astype(float)
    groups = {0: [0], 1: [1], 2: [2], 3: [3], 4: [4, 5], 6: [6, 7], 8: [8, 9, 10, 11], 12: [12]}
    found = next_token.by_context(losses, judged, before=0)
    assert len(found) == len(groups)
    for own, places in zip(found, groups.values(), strict=True):
        there = judged[:, places] > 0
        assert own.nll == pytest.approx(losses[:, places][there].mean())
        assert own.before == pytest.approx(np.broadcast_to(places, there.shape)[there].mean())


def test_a_window_of_which_the_last_token_is_told_is_one_point():
    [own] = next_token.by_context(np.array([[2.0], [4.0]]), np.ones((2, 1)), before=100)
    assert own == (100.0, 3.0)


@pytest.mark.slow
@pytest.mark.parametrize(
    ('name', 'score', 'changes'),
    [
        (
            'notes_gru',
            'nll',
            ['frontend.window=32', 'frontend.context=8', 'model.embedding=8', 'model.widths=8'],
        ),
        (
            'jsb_rolls_gru',
            'step_nll',
            ['frontend.window=20', 'frontend.context=4', 'model.widths=8'],
        ),
    ],
)
def test_a_run_on_notes_ends_with_its_likelihood_by_piece_and_a_picture(
    name, score, changes, composed, go, tmp_path
):
    corpus = composed([30, 45, 12, 60, 33, 41, 9, 28, 50])
    own = ['data.corpus=composed', 'steps=6', 'batch_size=1', 'augment=']
    chosen = overrides.apply(experiments.build(name), [*own, *changes])
    place, result = go(chosen, corpus, tmp_path, pictures=True)
    with np.load(place.predictions / 'test_units.npz', allow_pickle=False) as units:
        over, under = units[f'{score}/numerator'].sum(), units[f'{score}/denominator'].sum()
    pieces = result['test']['items']
    quarters = sum(len(corpus.notes([i])[0].events) for i in range(9)) / 4
    assert 0 < under < (4 * quarters if score == 'nll' else quarters)
    assert result['test'][score] == pytest.approx(over / under)
    low, high = result['test'][f'{score}_interval']
    assert low <= result['test'][score] <= high
    assert pieces == 3
    assert {path.name for path in place.plots.iterdir()} == {'curves.png', 'tokens.png'}
