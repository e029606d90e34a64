import numpy as np

from data_prep.joining import joined


def test_places_are_joined_as_paths_between_them_say():
    for seed in range(20):
        rng = np.random.default_rng(seed)
        keys = [set(rng.integers(0, 25, rng.integers(0, 3)).tolist()) for _ in range(30)]
        linked = np.array([[bool(one & other) for other in keys] for one in keys])
        reached = np.eye(30, dtype=bool)
        for _ in range(30):
            reached = (reached.astype(int) @ (linked | np.eye(30, dtype=bool)).astype(int)) > 0
        assert joined(keys) == [int(np.flatnonzero(row)[0]) for row in reached]


def test_a_long_chain_is_one():
    assert joined([(number, number + 1) for number in range(20_000)]) == [0] * 20_000
