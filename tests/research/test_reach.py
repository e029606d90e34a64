import numpy as np
import pytest

import experiments
from research import batches, material, overrides, reach, step
from research.errors import UserError

CHANGES = (
    'data.slice_s=1',
    'data.max_s=none',
    'data.max_chars=none',
    'model.channels=2,2',
    'model.widths=2',
)


@pytest.fixture
def made(drawn):
    def make(transcript):
        recordings = [(16_000, seconds) for seconds in (0.5, 1.0) * 12]
        corpus = drawn(recordings, classes=(), transcript=[transcript] * 24)
        chosen = overrides.apply(experiments.build('speech_cnn_bigru'), CHANGES)
        prepared = material.prepare(chosen, corpus)
        return step.bound(chosen, prepared.meaning), prepared

    return make


def test_frames_are_those_that_the_model_gives(made):
    experiment, _ = made('AB')
    samples = np.array([16_000, 4000, 4000, 320, 0, 15_999])
    # 20 ms every 10 ms, then 11 frames every second one, twice.
    frames = np.maximum((samples - 320) // 160 + 1, 0)
    for _ in range(2):
        frames = np.maximum((frames - 11) // 2 + 1, 0)
    np.testing.assert_array_equal(reach.frames(experiment, samples), frames)
    assert frames[0] == 18
    assert batches.example(experiment).shape == (99, 161)


@pytest.mark.parametrize(('transcript', 'fits'), [('ABABA', True), ('ABABB', False)])
def test_utterances_with_more_labels_than_frames_are_counted(made, transcript, fits):
    # Half a second is 49 frames, then 20, then 5: as many as labels, but one for a repeated one.
    experiment, prepared = made(transcript)
    short = {name: sum(part.samples == 8000) for name, part in prepared.parts.items()}
    assert min(short.values()) > 0
    expected = dict.fromkeys(short, 0) if fits else short
    assert reach.beyond(experiment, prepared) == expected


def test_a_model_that_has_too_few_frames_for_all_is_refused(made):
    with pytest.raises(UserError, match='every transcript to train on has more characters'):
        reach.beyond(*made('AB' * 20))


def test_an_utterance_that_would_be_cut_is_refused_with_what_to_give(drawn):
    corpus = drawn([(16_000, s) for s in (0.5, 0.6, 1.7)], classes=(), transcript=['A'] * 3)
    chosen = overrides.apply(experiments.build('speech_cnn_bigru'), CHANGES)
    with pytest.raises(UserError, match=r'cuts 1 of 3 .* data.max_s=1 .* data.slice_s=2 to hear'):
        material.prepare(chosen, corpus)
