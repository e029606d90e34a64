import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import experiments
from research import corpora, features, overrides
from research.experiment import sound
from research.frontends import resample

SLICED = 'frontend.rate_hz=16000', 'frontend.n_mfcc=8', 'data.slice_s=3', 'data.slices=1'


def built(*changes):
    return overrides.apply(experiments.build('genre_mlp'), [*SLICED, *changes])


@pytest.mark.parametrize('rate_hz', [8000, 16_000, 22_050, 44_100])
def test_a_long_recording_costs_and_gives_what_its_used_seconds_do(drawn, rate_hz):
    experiment = built()
    corpus = drawn([(rate_hz, 40.0)] * 6)
    examples = corpora.cut(corpus, experiment.data, 16_000)['test']
    # 10 zeros of the sinc at the lower of the two rates, and a sample of rounding.
    reach = 10 * max(1, rate_hz / 16_000) + 1 if rate_hz != 16_000 else 0
    used = math.ceil(3 * rate_hz + reach)
    [chunk] = features.chunks(corpus, examples, 16_000)
    read = features.read(corpus, examples, chunk)
    assert 3 * rate_hz <= read.audio.shape[1] <= used * 9 / 8
    assert features.chunk_bytes(experiment, corpus, examples) < 8 * 14 * 60_000 * 3 * 9 / 8
    held = features.resident(experiment, corpus, examples)
    for position, record in enumerate(examples.record):
        [audio] = corpus.audio([record])
        wave, _ = resample(jnp.asarray(audio) / 32768, rate_hz, 16_000)
        expected, _ = sound(experiment)(wave[:48_000])
        np.testing.assert_allclose(held.inputs[position], expected, atol=1e-3)


@pytest.mark.parametrize('rate_hz', [16_000, 22_050])
def test_features_do_not_depend_on_what_is_past_the_reach(drawn, rate_hz):
    experiment = built()
    long = drawn([(rate_hz, 40.0)] * 6)
    short = drawn([(rate_hz, 3.0 + 15 / rate_hz)] * 6)
    held = []
    for corpus in (long, short):
        examples = corpora.cut(corpus, experiment.data, 16_000)['test']
        held.append(features.resident(experiment, corpus, examples))
    for ours, expected in zip(*held, strict=True):
        np.testing.assert_array_equal(ours, expected)


def test_recordings_heard_one_by_one_have_the_features_of_all_at_once(drawn, monkeypatch):
    experiment = built('data.slice_s=1', 'data.slices=2')
    corpus = drawn([(22_050, 2.3 - each / 40) for each in range(33)])
    examples = corpora.cut(corpus, experiment.data, 16_000)['test']
    sizes = [len(chunk.records) for chunk in features.chunks(corpus, examples, 16_000)]
    assert min(sizes) < features.RECORDS_AT_ONCE  # a chunk is not full
    assert sum(sizes) < len(examples) < 2 * sum(sizes)  # nor do all recordings have two slices
    held = []
    for backend in ('cpu', 'gpu'):
        monkeypatch.setattr(features.jax, 'default_backend', lambda backend=backend: backend)
        jax.clear_caches()
        held.append(features.resident(experiment, corpus, examples))
    jax.clear_caches()
    one_by_one, at_once = held
    np.testing.assert_allclose(one_by_one.inputs, at_once.inputs, rtol=1e-5, atol=1e-3)
    np.testing.assert_array_equal(one_by_one.lengths, at_once.lengths)
