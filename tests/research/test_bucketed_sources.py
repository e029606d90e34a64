"""Sources whose examples differ in length, a program for each bucket of them."""

import functools

import jax
import numpy as np
import pytest

import experiments
from research import batches, material, overrides, parallel, sources, step
from research.batches import Shortened
from research.errors import UserError
from tests.research.streams import experiment, source, stopped

pytestmark = pytest.mark.usefixtures('remembered')


@pytest.fixture(scope='module')
def ragged(drawn):
    """Sounds of 0.5 to 1.5 s; few lengths, so that few programs are compiled."""
    seconds = np.random.default_rng(0).choice([0.5, 0.52, 0.8, 0.84, 1.5], 90)
    return drawn([(16_000, float(each)) for each in seconds])


BUCKETS = (
    'data.slice_s=1.5',
    'data.slices=1',
    'data.buckets=3',
    'frontend=LogMel',
    'frontend.n_mels=8',
    'frontend.n_fft=256',
    'frontend.hop=128',
    'model=LSTM',
    'model.widths=4',
    'batch_size=4',
    'steps=9',
    'eval_epochs=0.5',
)


@pytest.mark.parametrize('changes', [(), ('augment=RandomCrop,Gain',)])
def test_with_buckets_a_step_computes_no_more_than_its_bucket_and_streams_the_same(ragged, changes):
    chosen = experiment(*BUCKETS, *changes)
    resident, streamed = (
        source(kind, chosen, ragged) for kind in (sources.Resident, sources.Streamed)
    )
    keys = jax.vmap(jax.random.fold_in, (None, 0))(jax.random.PRNGKey(0), np.arange(4))
    keys = keys if changes else None
    whole = material.prepare(chosen, ragged).parts['train']
    fetch = jax.jit(functools.partial(batches.fetch, chosen))
    sizes = set()
    for at in range(5):
        (data, [indices]), (clips, [rows]) = resident(at, 1), streamed(at, 1)
        assert isinstance(data, Shortened)
        x, lengths, _ = fetch(data, indices, keys)
        ours = fetch(clips, rows, keys)
        for one, other in zip(ours, (x, lengths, whole.target[indices]), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-2)
        longest = whole.samples[indices].max()
        assert longest <= data.samples == clips.samples
        assert x.shape[1] == 1 + data.samples // 128 < 1 + 1.5 * 16_000 // 128 + 1
        # The longest are those of the whole, cut: nothing valid is lost.
        expected, expected_lengths, _ = fetch(data.data, indices, keys)
        np.testing.assert_array_equal(lengths, expected_lengths)
        assert lengths.max() <= x.shape[1]
        np.testing.assert_allclose(x, expected[:, : x.shape[1]], rtol=1e-4, atol=1e-2)
        sizes.add(data.samples)
    streamed.close()
    assert 1 < len(sizes) <= 3


def test_a_program_is_compiled_for_each_bucket(ragged):
    chosen = experiment(*BUCKETS)
    own = source(sources.Resident, chosen, ragged)
    bound = step.bound(chosen, material.prepare(chosen, ragged).meaning)
    devices = parallel.layout('jit', 4)
    dispatch = step.compile_steps(bound, 9, devices)
    state, sizes = devices.put(step.init(bound)), set()
    for at in range(9):
        data, indices = own(at, 1)
        sizes.add(data.samples)
        state, _ = dispatch(state, data, indices, np.arange(4, dtype=np.int32), ({}, True))
    assert dispatch._cache_size() == len(sizes) > 1


@pytest.mark.slow
def test_a_bucketed_run_that_is_stopped_ends_with_the_bits_of_one_that_is_not(
    ragged, go, outcome, tmp_path
):
    chosen = experiment(*BUCKETS)
    whole, _ = go(chosen, ragged, tmp_path / 'whole', steps_per_dispatch=None)
    with stopped():
        go(chosen, ragged, tmp_path / 'broken', steps_per_dispatch=None)
    again, _ = go(chosen, ragged, tmp_path / 'broken', steps_per_dispatch=None)
    assert outcome(again.directory) == outcome(whole.directory)


def test_windows_of_notes_have_no_buckets(ragged):
    chosen = overrides.apply(experiments.build('notes_lstm'), ['data.buckets=2'])
    part = material.prepare(experiment(*BUCKETS), ragged).parts['train']
    with pytest.raises(UserError, match=r'data.buckets=2: windows of notes are of one length'):
        sources.dealt(chosen, part)
