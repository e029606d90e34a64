import numpy as np
import pytest

from research import corpora
from research.data import Data
from research.predicting import cuts

SIZE = 400


def drawn_blocks(samples, block=130):
    values = np.random.default_rng(samples).standard_normal(samples).astype(np.float32)
    return values, (values[i : i + block] for i in range(0, samples, block))


@pytest.mark.parametrize('samples', [1, 399, 400, 401, 800, 1_250, 1_600, 5_000])
def test_slices_as_trained_are_those_of_the_corpus(samples, drawn):
    corpus = drawn([(SIZE, samples / SIZE)] * 6)
    parts = corpora.cut(corpus, Data(corpus='drawn', slice_s=1.0, slices=3), SIZE)
    own = parts['test'].where(parts['test'].item == parts['test'].item[0])
    values, given = drawn_blocks(samples)
    found = list(cuts.as_trained(given, SIZE, 3))
    assert [w.start for w in found] == own.start.tolist()
    assert [w.valid for w in found] == own.samples.tolist()
    for window in found:
        np.testing.assert_array_equal(
            window.samples[: window.valid], values[window.start : window.start + window.valid]
        )


@pytest.mark.parametrize('samples', [1, 399, 400, 401, 800, 1_250, 1_600, 5_000])
def test_throughout_hears_every_sample_in_whole_slices(samples):
    values, given = drawn_blocks(samples)
    found = list(cuts.throughout(given, SIZE))
    heard = np.zeros(samples, int)
    for window in found:
        assert window.valid == min(SIZE, samples)
        heard[window.start : window.start + window.valid] += 1
        np.testing.assert_array_equal(
            window.samples[: window.valid], values[window.start : window.start + window.valid]
        )
    assert heard.min() == 1
    assert heard.sum() == max(-(-samples // SIZE) * SIZE, SIZE) if samples > SIZE else samples
    assert len(found) == -(-samples // SIZE)


def test_no_more_is_read_than_the_slices_of_training():
    read = []

    def given():
        for number in range(100):
            read.append(number)
            yield np.zeros(SIZE, np.float32)

    assert len(list(cuts.as_trained(given(), SIZE, 2))) == 2
    assert len(read) <= 3
