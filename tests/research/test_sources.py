import json
import re
import shutil

import jax
import numpy as np
import pytest

import data_prep
import experiments
from data_prep.errors import DamagedCorpus
from research import batches, corpora, evaluate, material, overrides, sources, step
from research.batches import Clips, Features
from tests.research.streams import AUGMENTED, experiment, source, stopped

pytestmark = pytest.mark.usefixtures('remembered')


@pytest.fixture(scope='module')
def corpus(data_dir):
    return corpora.open_corpus(data_prep.place('corpus_styles', data_dir))


@pytest.fixture(scope='module')
def train(go):
    """Trains the augmented experiment, as many steps a program as are chosen by itself."""

    def run(corpus, folder, stream):
        return go(experiment(AUGMENTED), corpus, folder, stream=stream, steps_per_dispatch=None)[0]

    return run


@pytest.fixture(scope='module')
def resident(train, corpus, tmp_path_factory):
    return train(corpus, tmp_path_factory.mktemp('runs'), 'off')


def test_a_streamed_run_ends_with_the_bits_of_a_resident_one(
    resident, train, corpus, outcome, tmp_path
):
    streamed = train(corpus, tmp_path, 'on')
    assert outcome(streamed.directory) == outcome(resident.directory)
    assert streamed.directory.name == resident.directory.name
    environments = [json.loads(run.environment.read_text()) for run in (resident, streamed)]
    assert [each['stream'] for each in environments] == [False, True]
    assert environments[0]['steps_per_dispatch'] == 8


def test_a_run_may_go_on_in_the_other_way(resident, train, corpus, outcome, tmp_path):
    with stopped():
        train(corpus, tmp_path, 'on')
    run = train(corpus, tmp_path, 'off')
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
        # Coefficients up to some tens; fewer slices at once are summed in another order.
        np.testing.assert_allclose(ours, expected, rtol=1e-5, atol=1e-3)


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
