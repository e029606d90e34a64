"""What a mapped step cannot do rightly is refused."""

import numpy as np
import pytest

import experiments
from research import overrides, parallel
from research.errors import UserError
from research.models import CNN2D, MLP

EVEN, RAGGED = [np.array([5, 5]), np.array([5])], [np.array([5, 5]), np.array([4])]
SMALL = (
    'data.corpus=drawn',
    'data.slice_s=1',
    'data.slices=1',
    'model.channels=2',
    'model.kernels=2',
    'model.dense=none',
    'batch_size=2',
    'steps=1',
)


def test_batch_norm_over_examples_of_several_lengths_is_refused_where_a_step_is_mapped():
    mapped, shared = (parallel.layout(kind, 2) for kind in ('pmap', 'jit'))
    with pytest.raises(UserError, match='pmap with batch norm wants examples of one length'):
        parallel.refuse_ragged(mapped, CNN2D(), RAGGED)
    parallel.refuse_ragged(mapped, CNN2D(), EVEN)
    parallel.refuse_ragged(mapped, MLP(), RAGGED)
    parallel.refuse_ragged(shared, CNN2D(), RAGGED)


def test_a_run_that_would_average_unevenly_never_begins(drawn, go, tmp_path):
    experiment = overrides.apply(experiments.build('genre_cnn2d'), SMALL)
    corpus = drawn([(8000, 0.5 + i % 2 / 2) for i in range(12)])
    with pytest.raises(UserError, match='take --parallel=jit'):
        go(experiment, corpus, tmp_path, parallel='pmap')
    assert not list(tmp_path.iterdir())
