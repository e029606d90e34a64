import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import experiments
from data_prep.cards import VERSION
from research import batches, corpora, evaluate, material, overrides, sources, step
from research.experiment import sound


@pytest.fixture(scope='module')
def corpus(data_dir):
    return corpora.open_corpus(data_dir / 'corpus_styles' / VERSION)


def parts_of(experiment, corpus):
    examples = material.prepare(experiment, corpus).parts['valid']
    return examples, sources.on_device(experiment, corpus, examples)


def keys(count, seed=0):
    return jax.vmap(jax.random.fold_in, (None, 0))(jax.random.PRNGKey(seed), jnp.arange(count))


def test_resident_features_are_the_front_end_of_each_slice(corpus):
    experiment = experiments.build('genre_mlp')
    examples, data = parts_of(experiment, corpus)
    assert isinstance(data, batches.Features)
    assert data.inputs.shape == (len(examples), *batches.example(experiment).shape)
    for example in (0, 7, len(examples) - 1):
        [audio] = corpus.audio([examples.record[example]])
        start = examples.start[example]
        wave = audio[start : start + 63_945].astype(np.float32) / 32768
        expected, _ = sound(experiment)(jnp.asarray(wave))
        np.testing.assert_allclose(data.inputs[example], expected, atol=1e-3)
    np.testing.assert_array_equal(data.targets, examples.target)


def test_clips_without_augmentation_give_the_features_that_are_resident_otherwise(corpus):
    plain = experiments.build('genre_mlp')
    augmented = overrides.apply(plain, ['augment=Gain'])
    examples, data = parts_of(plain, corpus)
    _, clips = parts_of(augmented, corpus)
    assert isinstance(clips, batches.Clips)
    indices = np.array([0, 13, len(examples) - 1], np.int32)
    for one, other in zip(
        batches.fetch(plain, data, indices, None),
        batches.fetch(augmented, clips, indices, None),
        strict=True,
    ):
        np.testing.assert_allclose(one, other, atol=2e-2)


def test_clips_are_resampled_to_the_front_ends_rate(corpus):
    experiment = overrides.apply(experiments.build('genre_cnn1d'), ['augment=Noise'])
    plain = dataclasses.replace(experiment, augment=())
    examples, data = parts_of(experiment, corpus)
    _, resident = parts_of(plain, corpus)
    indices = np.arange(len(examples), dtype=np.int32)[:2]
    ours, lengths, _ = batches.fetch(experiment, data, indices, None)
    expected, expected_lengths, _ = batches.fetch(plain, resident, indices, None)
    assert ours.shape[1:] == (900, 128)
    np.testing.assert_array_equal(lengths, expected_lengths)
    # Clips are kept as int16: one part in 65,536 of full scale.
    np.testing.assert_allclose(ours, expected, atol=1e-3 * float(expected.max()))


def test_augmentation_follows_the_example_not_its_place(corpus):
    experiment = overrides.apply(
        experiments.build('genre_mlp'), ['augment=RandomCrop,Gain,Noise,SpecAugment']
    )
    _, data = parts_of(experiment, corpus)
    indices = np.array([3, 4, 5, 6], np.int32)
    fetch = jax.jit(lambda i, k: batches.fetch(experiment, data, i, k)[0])
    whole = fetch(indices, keys(4))
    turned = fetch(indices[::-1], keys(4)[::-1])
    np.testing.assert_allclose(turned[::-1], whole, rtol=1e-4, atol=1e-3)
    assert np.abs(fetch(indices, keys(4, seed=1)) - whole).max() > 1


def test_a_random_crop_moves_slices_inside_their_clip(corpus):
    experiment = overrides.apply(experiments.build('genre_mlp'), ['augment=RandomCrop'])
    _, data = parts_of(experiment, corpus)
    wild = overrides.apply(experiment, ['augment.0.shift_s=1000'])
    last = np.full(8, 9, np.int32)
    x, lengths, _ = jax.jit(lambda k: batches.fetch(wild, data, last, k))(keys(8))
    assert (np.asarray(lengths) == 125).all()
    starts = {tuple(np.asarray(row[0]).round(3).tolist()) for row in x}
    assert len(starts) == 2  # thrown far to either side, they end at the clip's ends


def test_evaluation_hears_no_augmentation_and_scores_every_example_once(corpus):
    changes = ['model.widths=8', 'batch_size=16', 'augment=RandomCrop,Noise,SpecAugment']
    chosen = overrides.apply(experiments.build('genre_mlp'), changes)
    made = material.prepare(chosen, corpus)
    experiment, examples = step.bound(chosen, made.meaning), made.parts['valid']
    assert len(examples) % 16
    part = evaluate.Evaluator(experiment, made, examples)
    data = part.data
    assert isinstance(data, batches.Features)
    state = step.init(experiment)
    ours = part(state.params, state.stats)['probabilities']
    outputs: Any = experiment.model.apply({'params': state.params}, data.inputs, data.lengths)
    np.testing.assert_allclose(ours, jax.nn.softmax(outputs), rtol=1e-4, atol=1e-6)
