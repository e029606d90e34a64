"""Windows of a stream against windows cut from the whole; predictions against the Evaluator's."""

import itertools
import weakref
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from research import evaluate, listening, material, step
from research.clips import resampled
from research.corpora import Corpus
from research.errors import UserError
from research.experiment import Data, Experiment, StandIn
from research.frontends import STFT
from research.listening import Listener
from research.material import Material
from research.models import MLP
from research.optimizers import Adam
from research.tasks import Detection

RATE_HZ, SIZE = 4000, 2000
EXPERIMENT = Experiment(
    name='drawn',
    data=Data(corpus='drawn', slice_s=SIZE / RATE_HZ, slices=5),
    frontend=STFT(rate_hz=RATE_HZ, n_fft=256, hop=100),
    model=MLP(widths=(4,)),
    task=Detection(positive='b'),
    optimizer=Adam(),
    standin=StandIn('drawn'),
)


def blocks_of(samples: np.ndarray, sizes: Iterator[int]) -> Iterator[np.ndarray]:
    at = 0
    while at < len(samples):
        size = next(sizes)
        yield samples[at : at + size]
        at += size


@pytest.fixture(scope='module')
def corpus(drawn: Callable[..., Corpus]) -> Corpus:
    # Two of them are as many whole windows; two end within one; one is shorter than one.
    return drawn([(RATE_HZ, 2.5), (RATE_HZ, 1.3), (8000, 1.7), (RATE_HZ, 0.3), (8000, 1.0)] * 2)


@pytest.fixture(scope='module')
def made(corpus) -> Material:
    return material.prepare(EXPERIMENT, corpus)


@pytest.fixture(scope='module')
def bound(made) -> Experiment:
    return step.bound(EXPERIMENT, made.meaning)


@pytest.fixture(scope='module')
def weights(bound) -> step.Weights:
    state = step.init(bound)
    return step.Weights(state.params, state.stats)


@pytest.mark.parametrize('length', [1, 6, 7, 8, 13, 14, 15, 16, 22, 60])
@pytest.mark.parametrize('hop', [1, 3, 7])
@pytest.mark.parametrize('sizes', [(1,), (2, 9, 1), (100,), (7,)])
def test_windows_of_blocks_are_those_cut_from_the_whole(length, hop, sizes):
    size, whole = 7, np.arange(1, length + 1, dtype=np.float32)
    expected = []
    for start in range(0, length, hop):
        piece = whole[start : start + size]
        expected.append((start, [*piece.tolist(), *[0.0] * (size - len(piece))], len(piece)))
        if start + size >= length:
            break
    found = listening.windows(blocks_of(whole, itertools.cycle(sizes)), size, hop)
    assert [(w.start, w.samples.tolist(), w.valid) for w in found] == expected


def test_nothing_is_heard_where_there_is_no_sample():
    assert list(listening.windows([], 7, 7)) == []
    assert list(listening.windows([np.zeros(0, np.float32)], 7, 7)) == []


def test_probabilities_are_those_that_the_evaluator_gives_of_the_same_slices(
    corpus, made, bound, weights
):
    examples = made.parts['train']
    expected = evaluate.Evaluator(bound, made, examples)(*weights)['probability']
    assert np.ptp(expected) > 1e-3
    listener = Listener(bound, weights, batch=4)
    compared = 0
    for record in np.unique(examples.record).tolist():
        heard = list(listener(listening.heard(corpus, record, RATE_HZ), hop_s=0.125))
        starts = np.concatenate([each.starts_s for each in heard]) * RATE_HZ
        probability = np.concatenate([each.said['probability'] for each in heard])
        np.testing.assert_array_equal(np.diff(starts), 500)
        for row in np.flatnonzero(examples.record == record):
            [here] = np.flatnonzero(starts == examples.start[row])
            # What another rate's resampling rounds to 16 bits here, it leaves as it is there.
            np.testing.assert_allclose(probability[here], expected[row], atol=2e-4)
            compared += 1
    assert compared == len(examples)


def test_a_padded_window_is_heard_as_a_recording_that_ends_there(bound, weights):
    rng = np.random.default_rng(0)
    short = rng.uniform(-0.3, 0.3, 1100).astype(np.float32)
    listener = Listener(bound, weights, batch=2)
    [alone] = listener([short])
    assert alone.samples.tolist() == [1100]
    noise = rng.uniform(-0.3, 0.3, (1, SIZE)).astype(np.float32)
    noise[0, :1100] = short
    perturbed = listener.predict(noise, np.array([1100]))
    np.testing.assert_array_equal(perturbed['probability'], alone.said['probability'])


def test_windows_do_not_depend_on_what_shares_their_batch(bound, weights):
    samples = np.random.default_rng(1).uniform(-0.3, 0.3, 3 * SIZE).astype(np.float32)
    found = []
    for batch in (1, 2, 5):
        heard = list(Listener(bound, weights, batch)([samples], hop_s=0.25))
        assert all(len(each.starts_s) <= batch for each in heard)
        found.append(np.concatenate([each.said['probability'] for each in heard]))
    assert len(found[0]) == 5
    np.testing.assert_allclose(found[1], found[0], rtol=1e-5)
    np.testing.assert_allclose(found[2], found[0], rtol=1e-5)


def test_no_block_is_asked_for_before_what_came_earlier_has_been_heard(bound, weights):
    taken = 0

    def endless() -> Iterator[np.ndarray]:
        nonlocal taken
        while True:
            taken += 1
            yield np.zeros(SIZE, np.float32)

    listener = Listener(bound, weights, batch=4)
    for number, _ in enumerate(itertools.islice(listener(endless()), 50), 1):
        assert taken == 4 * number


def test_what_has_been_heard_is_let_go():
    alive: list[weakref.ref] = []

    def long() -> Iterator[np.ndarray]:
        for _ in range(20):
            block = np.zeros(1000, np.float32)
            alive.append(weakref.ref(block))
            yield block

    for _ in listening.windows(long(), 1500, 1400):
        assert sum(each() is not None for each in alive) <= 3


def test_one_program_serves_all_batches_of_all_listeners(bound, weights, monkeypatch):
    traced = []
    forward = type(bound.model).__call__

    def counted(self, x, *rest):
        traced.append(x.shape)
        return forward(self, x, *rest)

    monkeypatch.setattr(type(bound.model), '__call__', counted)
    samples = np.zeros(9 * SIZE + 17, np.float32)
    for _ in range(2):
        # A batch of a size that no other test has had a program compiled for.
        heard = list(Listener(bound, weights, batch=7)([samples]))
        assert [len(each.starts_s) for each in heard] == [7, 3]
    assert len(traced) == 1


@pytest.mark.parametrize('hop_s', [0.0, 1e-5, 0.51, -1.0])
def test_a_hop_that_leaves_something_unheard_is_refused(bound, weights, hop_s):
    listener = Listener(bound, weights)
    with pytest.raises(UserError, match=r'hop_s=.*a window \(0.5 s\) is wanted'):
        next(iter(listener([np.zeros(SIZE, np.float32)], hop_s=hop_s)))


def test_a_record_is_heard_whole_at_another_rate(drawn, monkeypatch):
    corpus = drawn([(8000, 3.1001)])
    monkeypatch.setattr(listening, 'BLOCK_S', 1)
    pieces = list(listening.heard(corpus, 0, 6000))
    [audio] = corpus.audio([0])
    whole = resampled(audio, 8000, 6000, 0, -(-len(audio) * 6000 // 8000))
    assert [len(piece) for piece in pieces] == [6000, 6000, 6000, len(whole) - 18000]
    np.testing.assert_array_equal(np.concatenate(pieces), whole.astype(np.float32) / 32768)
