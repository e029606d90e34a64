"""Runs that nobody trained, their weights drawn: what they say is all the same well defined."""

import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import soundfile

import experiments
from research import codec, material, overrides, step
from research.checkpoint import Checkpoints
from research.corpora import Corpus
from research.predicting.places import Place
from research.runs import Run
from research.step import Weights
from research.trained import Loaded


@pytest.fixture(scope='session')
def untrained() -> Callable[..., Loaded]:
    """An experiment's run on a corpus."""

    def make(name: str, corpus: Corpus, tuned: Mapping[str, float], *changes: str) -> Loaded:
        experiment = overrides.apply(experiments.build(name), ['data.corpus=drawn', *changes])
        made = material.prepare(experiment, corpus)
        bound = step.bound(experiment, made.meaning)
        like = jax.eval_shape(functools.partial(step.init, bound))
        rng = np.random.default_rng(0)

        def drawn(leaf: jax.ShapeDtypeStruct) -> jax.Array:
            fan_in = int(np.prod(leaf.shape[:-1]))
            return jnp.asarray(rng.normal(scale=fan_in**-0.5, size=leaf.shape), leaf.dtype)

        stats = jax.tree.map(lambda leaf: jnp.ones(leaf.shape, leaf.dtype), like.stats)
        weights = Weights(jax.tree.map(drawn, like.params), stats)
        return Loaded(Run(Path('nowhere')), bound, made.meaning, weights, dict(tuned), {})

    return make


@pytest.fixture
def written(tmp_path) -> Callable[[Corpus], list[Place]]:
    """A corpus's recordings as wav files, in its order."""

    def write(corpus: Corpus) -> list[Place]:
        places = []
        for record, item in enumerate(corpus.columns['item']):
            path = tmp_path / f'{item}.wav'
            [samples] = corpus.audio([record])
            soundfile.write(path, samples, int(corpus.rates_hz[record]), subtype='PCM_16')
            places.append(Place(path.name, path))
        return places

    return write


@pytest.fixture
def unwatched() -> Callable[[Any, float, float], None]:
    return lambda place, share, seconds: None


@pytest.fixture(scope='session')
def on_disk() -> Callable[[Loaded, Path], Path]:
    """Writes a run as a finished one; returns its directory."""

    def write(loaded: Loaded, runs_dir: Path) -> Path:
        place = Run(runs_dir / loaded.experiment.name / 'drawn-s0')
        place.create(codec.to_json(loaded.experiment), {})
        loaded.meaning.write(place.meaning)
        checkpoints = Checkpoints(place.checkpoints)
        checkpoints.save(1, loaded.weights, 'best')
        checkpoints.close()
        place.finish({'status': 'finished', 'best_step': 1, 'tuned': loaded.tuned})
        return place.directory

    return write
