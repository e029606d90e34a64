import numpy as np
import pytest

from data_prep import contents
from data_prep.audio import Recording


@pytest.mark.parametrize('kind', ['audio', 'flac'])
def test_equal_samples_at_another_rate_are_other_content(kind):
    samples = np.arange(-800, 800, dtype=np.int16)
    hashes = [
        contents.KINDS[kind].row(Recording(samples, rate_hz, 0))['sha256']
        for rate_hz in (16_000, 16_000, 44_100)
    ]
    assert hashes[0] == hashes[1] != hashes[2]
