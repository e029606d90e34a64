import pytest

import experiments
from research import grid, overrides
from research.errors import UserError


@pytest.fixture
def mlp():
    return experiments.build('genre_mlp')


def test_a_product_has_every_combination_and_its_last_axis_varies_fastest():
    found = grid.product(grid.vary('batch_size', [8, 16]), grid.seeds(2))
    assert found == [
        ('batch_size=8', 'seed=0'),
        ('batch_size=8', 'seed=1'),
        ('batch_size=16', 'seed=0'),
        ('batch_size=16', 'seed=1'),
    ]


def test_chained_axes_follow_one_another_and_zipped_ones_go_together():
    a, b = grid.vary('a', [1, 2]), grid.vary('b', [True, None])
    assert grid.chain(a, b) == [('a=1',), ('a=2',), ('b=true',), ('b=none',)]
    assert grid.zipped(a, b) == [('a=1', 'b=true'), ('a=2', 'b=none')]
    with pytest.raises(UserError, match='axes of 2, 1 changes'):
        grid.zipped(a, b[:1])


def test_values_are_written_so_that_overrides_read_the_same(mlp):
    for path, value in [
        ('model.widths', (16, 8)),
        ('patience', None),
        ('patience', 3),
        ('optimizer.learning_rate', 3e-4),
    ]:
        [(assignment,)] = grid.vary(path, [value])
        changed = overrides.apply(mlp, [assignment])
        for name in path.split('.'):
            changed = getattr(changed, name)
        assert changed == value


def test_members_are_labelled_by_what_tells_them_apart_without_the_seed(mlp):
    lstm = experiments.build('genre_lstm')
    members = grid.over([mlp, lstm], grid.vary('batch_size', [8, 16]), grid.seeds(3))
    assert len(members) == len(set(members)) == 12
    assert [member.label for member in members[::3]] == [
        'genre_mlp batch_size=8',
        'genre_mlp batch_size=16',
        'genre_lstm batch_size=8',
        'genre_lstm batch_size=16',
    ]
    assert members[-1].experiment == lstm
    assert members[-1].change == ('batch_size=16', 'seed=2')


def test_an_ablation_is_the_baseline_and_one_change_at_a_time(mlp):
    members = grid.ablate(
        mlp, grid.seeds(2), half='model.widths=16,8', bare=('patience=1', 'epochs=1')
    )
    assert [(member.label, member.change) for member in members] == [
        ('genre_mlp', ('seed=0',)),
        ('genre_mlp', ('seed=1',)),
        ('half', ('model.widths=16,8', 'seed=0')),
        ('half', ('model.widths=16,8', 'seed=1')),
        ('bare', ('patience=1', 'epochs=1', 'seed=0')),
        ('bare', ('patience=1', 'epochs=1', 'seed=1')),
    ]


def test_sweeps_multiply(mlp):
    made = grid.swept(mlp, ['seed=0:3', 'model.widths=[16,8],[32,16]'])
    assert made.name == 'genre_mlp-by-seed-widths'
    assert len(made.members) == 6
    assert made.members[1].change == ('seed=0', 'model.widths=[32,16]')
    assert made.members[1].label == 'genre_mlp model.widths=[32,16]'


@pytest.mark.parametrize('sweep', ['seed', 'seed=', '=1,2', 'seed=1,,2', 'seed=3:3'])
def test_a_sweep_without_values_is_told_what_is_wanted(mlp, sweep):
    with pytest.raises(UserError, match=r'--sweep=.* is wanted'):
        grid.swept(mlp, [sweep])


def test_one_path_is_not_swept_twice(mlp):
    with pytest.raises(UserError, match='seed is swept already'):
        grid.swept(mlp, ['seed=0:2', 'seed=5'])
