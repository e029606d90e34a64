import functools
import json
import re
import shutil
from typing import Any

import jax
import numpy as np
import pytest

import data_prep
import experiments
from data_prep.errors import DamagedCorpus
from research import (
    batches,
    codec,
    conclude,
    corpora,
    course,
    evaluate,
    material,
    overrides,
    parallel,
    runs,
    sources,
    step,
    train,
)
from research.batches import Clips, Features, Shortened
from research.errors import UserError
from research.loggers import Loggers
from research.loggers.wandb import WandbLogger

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


@pytest.fixture(scope='module', autouse=True)
def quick(tmp_path_factory):
    """No plots, and each program is compiled once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(conclude, 'draw', lambda *_: None)
        names = 'jax_compilation_cache_dir', 'jax_persistent_cache_min_compile_time_secs'
        before = [getattr(jax.config, name) for name in names]
        for name, value in zip(names, (str(tmp_path_factory.mktemp('programs')), 0), strict=True):
            jax.config.update(name, value)
        yield
        for name, value in zip(names, before, strict=True):
            jax.config.update(name, value)


@pytest.fixture(scope='module')
def corpus(data_dir):
    return corpora.open_corpus(data_prep.place('corpus_styles', data_dir))


def experiment(*changes):
    return overrides.apply(experiments.build('genre_mlp'), [*SMALL, *changes])


def go(chosen, corpus, folder, **options):
    place = runs.locate(folder, codec.to_json(chosen), corpus.fingerprint)
    loggers = Loggers(
        lambda say: WandbLogger(place.directory, 'off', 'p', 'g', [], 'n', 'i', {}, say)
    )
    train.run(chosen, corpus, place, train.Options(**options), loggers)
    loggers.close()
    return place


def source(kind, chosen, corpus, **options) -> Any:
    made = material.prepare(chosen, corpus)
    bound, part = step.bound(chosen, made.meaning), made.parts['train']
    devices = parallel.layout('jit', bound.batch_size)
    if kind is sources.Resident:
        return sources.Resident(bound, part, devices.put(sources.on_device(bound, corpus, part)))
    return sources.Streamed(
        bound, corpus, part, devices, course.course(bound, len(part)), **options
    )


@pytest.fixture(scope='module')
def resident(corpus, tmp_path_factory):
    return go(experiment(AUGMENTED), corpus, tmp_path_factory.mktemp('runs'), stream='off')


def test_a_streamed_run_ends_with_the_bits_of_a_resident_one(resident, corpus, outcome, tmp_path):
    streamed = go(experiment(AUGMENTED), corpus, tmp_path, stream='on')
    assert outcome(streamed.directory) == outcome(resident.directory)
    assert streamed.directory.name == resident.directory.name
    environments = [json.loads(run.environment.read_text()) for run in (resident, streamed)]
    assert [each['stream'] for each in environments] == [False, True]
    assert environments[0]['steps_per_dispatch'] == 8


def test_a_run_may_go_on_in_the_other_way(resident, corpus, outcome, tmp_path, monkeypatch):
    real = train.Loop._validate

    def stopping(self, members):
        real(self, members)
        for member in members:
            self._save(member)
            if self._at[member] < self.way.total:
                raise KeyboardInterrupt

    monkeypatch.setattr(train.Loop, '_validate', stopping)
    with pytest.raises(KeyboardInterrupt):
        go(experiment(AUGMENTED), corpus, tmp_path, stream='on')
    run = go(experiment(AUGMENTED), corpus, tmp_path, stream='off')
    assert outcome(run.directory) == outcome(resident.directory)


@pytest.mark.parametrize(('rate_hz', 'most'), [(16_000, 0.0), (11_025, 2**-16)])
def test_without_augmentation_samples_are_off_by_half_a_step_of_int16_at_most(drawn, rate_hz, most):
    corpus = drawn([(16_000, 3.0)] * 12)
    waveform = ['frontend=Waveform', f'frontend.rate_hz={rate_hz}', 'data.slice_s=1']
    chosen = experiment(*waveform, 'data.slices=2')
    (features, examples), (clips, rows) = (
        source(kind, chosen, corpus)(3, 1) for kind in (sources.Resident, sources.Streamed)
    )
    assert isinstance(features, Features)
    exact, *others = batches.fetch(chosen, features, examples[0], None)
    ours, *same = batches.fetch(chosen, clips, rows[0], None)
    off = np.abs(ours - exact).max()
    assert most / 2 <= off <= most + 1e-6
    jax.tree.map(np.testing.assert_array_equal, same, others)


def test_a_step_is_given_the_same_examples_wherever_reading_begins(corpus):
    every, later = (source(sources.Streamed, experiment(AUGMENTED), corpus) for _ in range(2))
    seen = [every(at, 4) for at in (0, 4, 8)]
    for clips, indices in (later(8, 4), every(8, 4)):
        np.testing.assert_array_equal(indices, np.arange(32).reshape(4, 8))
        jax.tree.map(np.testing.assert_array_equal, clips, seen[-1][0])
    for each in (every, later):
        each.close()


def test_steps_of_a_program_are_those_of_the_order(corpus):
    bound = experiment(AUGMENTED)
    streamed, resident = (
        source(kind, bound, corpus) for kind in (sources.Streamed, sources.Resident)
    )
    clips, rows = streamed(5, 3)
    whole, examples = resident(5, 3)
    assert isinstance(clips, Clips)
    assert isinstance(whole, Clips)
    assert clips.clips.shape[0] == 3 * 8
    np.testing.assert_array_equal(clips.targets[rows], whole.targets[examples])
    np.testing.assert_array_equal(clips.lengths[rows], whole.lengths[examples])
    streamed.close()


def test_an_evaluation_is_the_same_to_the_bit_streamed_and_resident(drawn):
    corpus = drawn([(8000, 9.0), (22050, 0.5), (16000, 4.0), (22050, 5.3), (16000, 4.1)] * 6)
    changes = [
        'data.slice_s=1',
        'data.slices=3',
        'frontend.n_mfcc=8',
        'model.widths=8',
        'batch_size=7',
    ]
    chosen = overrides.apply(experiments.build('genre_mlp'), changes)
    made = material.prepare(chosen, corpus)
    bound, part = step.bound(chosen, made.meaning), made.parts['valid']
    state = step.init(bound)
    ways = [evaluate.Evaluator(bound, made, part, streamed) for streamed in (False, True)]
    resident, streamed = (each(state.params, state.stats)['probabilities'] for each in ways)
    np.testing.assert_array_equal(streamed, resident)
    assert len(part) > 2 * bound.batch_size
    chosen = np.array([5, 0, 11])
    for ours, expected in zip(ways[1].inputs(chosen), ways[0].inputs(chosen), strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-5, atol=1e-4)


def test_a_broken_record_is_named_in_one_line(corpus, tmp_path):
    copy = tmp_path / 'corpus'
    shutil.copytree(corpus.directory, copy)
    [shard, *_] = sorted(copy.glob('*array_record*'))
    content = bytearray(shard.read_bytes())
    content[len(content) // 2] ^= 1
    shard.write_bytes(content)
    broken = corpora.open_corpus(copy)
    streamed = source(sources.Streamed, experiment(AUGMENTED), broken)
    with pytest.raises(DamagedCorpus) as told:
        streamed(0, 18)  # which is more than an epoch
    streamed.close()
    assert re.fullmatch(r".*: record \d+, '[\w.]+', cannot be read .*", str(told.value))


def test_programs_in_flight_are_bounded(drawn):
    streamed = source(sources.Streamed, experiment(), drawn([(16000, 30.0)] * 9))
    waited = []

    class Sum:
        def __init__(self, number):
            self.number = number

        def block_until_ready(self):
            waited.append(self.number)

    for number in range(5):
        streamed.dispatched(Sum(number))
    assert waited == [0, 1, 2]


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
    ragged, outcome, tmp_path, monkeypatch
):
    whole = go(experiment(*BUCKETS), ragged, tmp_path / 'whole')
    real = train.Loop._validate

    def stopping(self, members):
        real(self, members)
        for member in members:
            self._save(member)
            if self._at[member] < self.way.total:
                raise KeyboardInterrupt

    monkeypatch.setattr(train.Loop, '_validate', stopping)
    with pytest.raises(KeyboardInterrupt):
        go(experiment(*BUCKETS), ragged, tmp_path / 'broken')
    monkeypatch.undo()
    again = go(experiment(*BUCKETS), ragged, tmp_path / 'broken')
    assert outcome(again.directory) == outcome(whole.directory)


def test_windows_of_notes_have_no_buckets(ragged):
    chosen = overrides.apply(experiments.build('notes_lstm'), ['data.buckets=2'])
    part = material.prepare(experiment(*BUCKETS), ragged).parts['train']
    with pytest.raises(UserError, match=r'data.buckets=2: windows of notes are of one length'):
        sources.dealt(chosen, part)
