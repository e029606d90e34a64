import dataclasses

import numpy as np
import pytest

import experiments
from research import batches, material, overrides, reach, step
from research.errors import UserError
from research.frontends import LogMel, Waveform
from research.models import CNN1D, CNN2D, MLP, PlainCNN2D, ResNet
from research.reach import Reach

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
    np.testing.assert_array_equal(reach.of(experiment).frames(samples), frames)
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


# Each level takes kernel - 1 frames and halves what is left, or rounds half of it up ('SAME').
@pytest.mark.parametrize(
    ('model', 'least'),
    [
        (CNN1D(outputs=2, width=2, levels=3, dense=()), 22),
        (CNN2D(outputs=2, channels=(2, 2), kernels=(3, 2), dense=()), 5),
        (PlainCNN2D(outputs=2, channels=(2, 2), pools=(2, 1)), 8),
        (ResNet(outputs=2, channels=(2,), blocks=(1,)), 1),
        (MLP(outputs=2, widths=(2,)), 1),
    ],
)
def test_the_fewest_frames_are_those_of_which_the_layers_leave_one(model, least):
    frontend = Waveform(rate_hz=1000, frame=10)
    reach = Reach(frontend, model, 400)
    assert reach.least == 10 * least
    assert (reach(10 * least - 1), reach(10 * least)) == (0, 1)


def clips(drawn, *seconds: float):
    """Parts of recordings of these lengths, for three levels on log-mel frames of 10 ms."""
    corpus = drawn([(8000, each) for each in seconds])
    chosen = overrides.apply(experiments.build('genre_cnn1d'), ('data.slice_s=1', 'data.slices=1'))
    frontend = LogMel(rate_hz=8000, n_fft=160, hop=80, n_mels=4, center=False)
    model = CNN1D(width=2, levels=4, dense=())
    chosen = dataclasses.replace(chosen, frontend=frontend, model=model)
    made = material.prepare(chosen, corpus)
    return step.bound(chosen, made.meaning), made


def test_recordings_that_leave_no_frame_are_counted_and_told(drawn):
    experiment, made = clips(drawn, *(0.1, 0.5, 1.0) * 12)
    short = {name: int(np.sum(part.samples == 800)) for name, part in made.parts.items()}
    assert min(short.values()) > 0
    assert reach.beyond(experiment, made) == short
    lines = reach.told(experiment, made)
    assert len(lines) == 3
    # 46 frames of 20 ms every 10 ms.
    told = f'in train: {short["train"]} of {len(made.parts["train"])} slices'
    assert lines[0].startswith('shorter than 0.47 s')
    assert told in lines[0]


def test_recordings_that_are_long_enough_leave_nothing_to_tell(drawn):
    assert reach.told(*clips(drawn, *(0.5, 1.0) * 12)) == []


def test_a_model_that_keeps_no_frame_of_any_recording_is_refused_with_what_helps(drawn):
    with pytest.raises(UserError) as refused:
        reach.beyond(*clips(drawn, *(0.1, 0.2) * 12))
    assert str(refused.value) == (
        'drawn: model=CNN1D keeps no frame of a recording shorter than 0.47 s, and the longest to '
        'train on has 0.2 s: give --set=model.levels=2 or --set=model=SeparableCNN'
    )


def test_batch_norm_is_guarded_where_a_batch_may_have_no_frame_and_nowhere_else(drawn):
    short, long = (clips(drawn, *(least, 1.0) * 12) for least in (0.1, 0.5))
    for (experiment, made), wanted in ((short, True), (long, False)):
        shortest = int(made.parts['train'].samples.min())
        assert reach.vanishes(experiment, shortest) == wanted
