"""Grids: runs that are made to be compared, as data.

`python launch.py --grid=NAME` trains what is not done yet, `--plan` shows it, `--status` how far it
is; `python -m research.tables NAME` is its table.
"""

import experiments.capuchin as capuchin
import experiments.genre as genre
import experiments.librispeech as librispeech
import experiments.notes as notes
from experiments.baselines import genre_forest
from research.grid import Grid, ablate, over, seeds, vary


def genre_architectures() -> Grid:
    """MLP, LSTM, CNN2D, CNN1D, ResNet and forest on one corpus, five seeds each."""
    bases = [
        genre.genre_mlp(),
        genre.genre_lstm(),
        genre.genre_cnn2d(),
        genre.genre_cnn1d(),
        genre.genre_resnet(),
        genre_forest(),
    ]
    return Grid('genre_architectures', over(bases, seeds(5)))


def genre_frontends() -> Grid:
    """What genre_cnn2d hears: MFCC, log-mel, power mel or STFT magnitudes, three seeds each."""
    hears = vary('frontend', ['MFCC', 'LogMel', 'Mel', 'STFT'])
    return Grid('genre_frontends', over(genre.genre_cnn2d(), hears, seeds(3)))


def genre_leak() -> Grid:
    """What slices of one track on both sides of the split are worth, three seeds each.

    Wants a corpus whose tracks give several slices and that has a protocol `leaky_slices`; the
    honest one is the corpus's own.
    """
    bases = [genre.genre_mlp(), genre.genre_lstm(), genre.genre_cnn2d()]
    return Grid('genre_leak', over(bases, [(), ('data.protocol=leaky_slices',)], seeds(3)))


def genre_cnn1d_ablation() -> Grid:
    """genre_cnn1d with one thing less or other at a time, three seeds each."""
    members = ablate(
        genre.genre_cnn1d(),
        seeds(3),
        half_width='model.width=32',
        five_levels='model.levels=5',
        no_dropout='model.dropout=0',
        no_batchnorm='model.norm_momentum=none',
        log_mel='frontend=LogMel',
        gain_and_masks='augment=Gain,SpecAugment',
        label_smoothing='task.label_smoothing=0.1',
    )
    return Grid('genre_cnn1d_ablation', members)


def capuchin_architectures() -> Grid:
    """The published detector and the small one, five seeds each."""
    bases = [capuchin.capuchin_cnn2d(), capuchin.capuchin_small()]
    return Grid('capuchin_architectures', over(bases, seeds(5)))


def speech_decoders() -> Grid:
    """speech_cnn_bigru, the deeper one on log-mel and a Conformer, three seeds each.

    Each run has three error rates on the same utterances: of greedy transcripts (`--metric=wer`),
    of a beam search (`wer_beam`), and of one with a language model of the training text (`wer_lm`).
    """
    bases = [
        librispeech.speech_cnn_bigru(),
        librispeech.speech_log_mel(),
        librispeech.speech_conformer_ctc(),
    ]
    return Grid('speech_decoders', over(bases, seeds(3)))


def notes_architectures() -> Grid:
    """LSTM, GRU and Transformer on the tutorials' words, three seeds each."""
    bases = [notes.notes_lstm(), notes.notes_gru_names(), notes.notes_transformer_names()]
    return Grid('notes_architectures', over(bases, seeds(3)))
