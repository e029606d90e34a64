"""A small network's training part, resident or streamed, and runs that stop amid it."""

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest

import experiments
from research import course, material, overrides, parallel, sources, step, train
from research.corpora import Corpus
from research.experiment import Experiment

# Another rate than the corpus's, slices, and dispatches of eight steps.
SMALL = (
    'data.corpus=corpus_styles',
    'data.slices=3',
    'frontend.rate_hz=16000',
    'frontend.n_mfcc=8',
    'model.widths=16,8',
    'batch_size=8',
    'steps=18',
    'eval_epochs=2',
)
AUGMENTED = 'augment=RandomCrop,Noise'


def experiment(*changes: str) -> Experiment:
    return overrides.apply(experiments.build('genre_mlp'), [*SMALL, *changes])


def source(kind: type[sources.Source], chosen: Experiment, corpus: Corpus) -> Any:
    made = material.prepare(chosen, corpus)
    bound, part = step.bound(chosen, made.meaning), made.parts['train']
    devices = parallel.layout('jit', bound.batch_size)
    if kind is sources.Resident:
        return sources.Resident(bound, part, devices.put(sources.on_device(bound, corpus, part)))
    return sources.Streamed(bound, corpus, part, devices, course.course(bound, len(part)))


@contextlib.contextmanager
def stopped() -> Iterator[None]:
    """A run in here is ended at its first validation, saved."""
    real = train.Loop._validate

    def stopping(self, members):
        real(self, members)
        for member in members:
            self._save(member)
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(train.Loop, '_validate', stopping)
        with pytest.raises(KeyboardInterrupt):
            yield
