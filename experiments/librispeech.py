"""Speech to text, a character at a time: the public tutorial's network, and a better one.

The tutorial takes one transform of a whole utterance, which leaves no time axis, and tests on a
speaker of its training part; here frames are frames, and no speaker is in two parts.
"""

import dataclasses

from research.augment import SpecAugment
from research.experiment import Data, Experiment, StandIn
from research.frontends import STFT, LogMel
from research.models import CNNBiGRU, ConformerCTC
from research.optimizers import Adam, WarmupCosine
from research.tasks import CTC

# The tutorial's utterances: under 100 characters, under 10 s. Batches of three lengths.
SHORT = Data(corpus='librispeech', slice_s=10.0, max_s=10.0, max_chars=99, buckets=3)


def speech_cnn_bigru() -> Experiment:
    """Two strided convolutions and a GRU both ways over magnitudes of 20 ms every 10 ms.

    Published: gibberish that sounds like the sentence, on a speaker of the training part; 30
    labels, where here are as many as the training part has characters, and the blank.
    Model: 3,213,533 parameters with 29 labels (3,250 of them running statistics).
    Budget: 2,500 batches, as published; 14,400 utterances on the stand-in. Cost: python -m
    benchmarks.train_step.

    The stand-in's 450 steps are too few for running statistics that keep 99% a step.
    Seen: wer 67.3% [48.8%, 85.3%] on spoken_phrases, 3 seeds, 2026-11-28.
    """
    return Experiment(
        name='speech_cnn_bigru',
        data=SHORT,
        frontend=STFT(rate_hz=16_000, n_fft=320, hop=160, center=False),
        model=CNNBiGRU(),
        task=CTC(),
        optimizer=Adam(learning_rate=1e-3),
        batch_size=32,
        steps=2500,
        standin=StandIn(
            'spoken_phrases',
            ('data.slice_s=7.5', 'model.norm_momentum=0.9', 'steps=450'),
        ),
    )


def speech_log_mel() -> Experiment:
    """The same kind of network with two recurrent layers, over log-mel with SpecAugment.

    On the stand-in it has one recurrent layer, as speech_cnn_bigru has.
    Model: 7,733,085 parameters with 29 labels (5,280 of them running statistics); on the stand-in
    875,773 (1,760 of them).
    Budget: as many utterances as speech_cnn_bigru hears. Cost: python -m benchmarks.train_step.

    On the stand-in's hour of speech a smaller network in smaller batches learns more in a minute.
    Seen: wer 49.9% [30.1%, 72.5%] on spoken_phrases, 3 seeds, 2026-11-28.
    """
    return Experiment(
        name='speech_log_mel',
        data=SHORT,
        frontend=LogMel(rate_hz=16_000, n_fft=512, win_length=400, hop=160, n_mels=80),
        model=CNNBiGRU(channels=(256, 256), kernel=7, widths=(512, 512), norm_momentum=0.9),
        task=CTC(),
        optimizer=Adam(
            learning_rate=2e-3,
            schedule=WarmupCosine(warmup_steps=50),
            weight_decay=1e-2,
            clip_norm=100.0,
        ),
        augment=(SpecAugment(time_masks=2, max_time=15.0, freq_masks=2, max_freq=10.0),),
        batch_size=32,
        steps=2500,
        standin=StandIn(
            'spoken_phrases',
            (
                'data.slice_s=7.5',
                'model.channels=128,160',
                'model.widths=256',
                'batch_size=16',
                'steps=900',
                'eval_epochs=2',
            ),
        ),
    )


def speech_conformer_ctc() -> Experiment:
    """A Conformer over log-mel with SpecAugment: attention and convolution in place of recurrence.

    Model: 2,046,557 parameters with 29 labels.
    Budget: as many utterances as speech_log_mel hears. Cost: python -m benchmarks.train_step.
    Seen: wer 61.0% [48.4%, 75.6%] on spoken_phrases, 3 seeds, 2026-11-28.
    """
    base = speech_log_mel()
    return dataclasses.replace(
        base,
        name='speech_conformer_ctc',
        model=ConformerCTC(),
        optimizer=Adam(
            learning_rate=1e-3,
            schedule=WarmupCosine(warmup_steps=200),
            weight_decay=1e-2,
            clip_norm=5.0,
        ),
        standin=StandIn(
            'spoken_phrases',
            ('data.slice_s=7.5', 'batch_size=16', 'steps=900', 'eval_epochs=2'),
        ),
    )
