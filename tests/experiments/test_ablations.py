import pytest

import experiments
from research import codec, overrides


@pytest.mark.parametrize('name', experiments.cards('Grid'))
def test_every_grid_is_built_and_its_changes_make_different_experiments(name):
    grid = experiments.build_grid(name)
    assert grid.name == name
    made = [overrides.apply(each.experiment, each.change) for each in grid.members]
    assert len({str(codec.to_json(each)) for each in made}) == len(made) > 3


@pytest.mark.parametrize('name', experiments.cards('Grid'))
def test_a_label_is_one_experiment_under_several_seeds(name):
    seeds = {}
    for each in experiments.build_grid(name).members:
        made = overrides.apply(each.experiment, each.change)
        seeds.setdefault(each.label, set()).add(made.seed)
        same = {**codec.to_json(made), 'seed': 0}
        assert seeds.setdefault((each.label, 'same'), same) == same
    counts = {len(value) for label, value in seeds.items() if isinstance(label, str)}
    assert counts <= {3, 5}
    assert len(counts) == 1
