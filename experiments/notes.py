"""Music as notes: the tutorials' next word, and networks that hear notes whole.

The tutorials train on all of their music and judge by ear; here pieces are held out, near copies
with them, and every token of theirs is scored once. Numbers of two views never stand side by side:
a note of `Events` is not a word of `Names`. On the words of `Names` networks are compared by
notes_lstm, notes_gru_names and notes_transformer_names, which all tell the same words.

The embedded chorales stand in for any folder of music. They are scores, so that velocities say
nothing there, and short, so that `Names` begins at the 33rd word of a piece in place of the 101st.
"""

import dataclasses

from research.augment import Transpose
from research.experiment import Data, Experiment, StandIn
from research.models import FrameGRU, TokenGRU, TokenLSTM, Transformer
from research.optimizers import Adam, WarmupCosine
from research.tasks import NextFrame, NextToken
from research.tokens import Events, Names, Rolls, Voices

MIDI = Data(corpus='midi_notes')
# Fold 0 of the stand-in tests on one cluster of near copies, which has no interval.
CHORALES = ('data.fold=1',)
BRIEF = (*CHORALES, 'frontend.context=32', 'frontend.first=32')
# Four voices in turn, of the sixteen 16ths of a bar.
BAR = 4 * 16


def notes_lstm() -> Experiment:
    """An LSTM on the numbers of a hundred words tells the next one.

    Published: music judged by ear, of the files that were trained on. The rate of dropout and that
    of learning are not stated: 0.3, and Adam at 1e-3, are read into it.
    Model: 359,539 parameters with the 371 words of 40 songs of POP909.

    A window of a hundred words for each that is told hears most of a piece a hundred times over.
    `--set=frontend.window=228 --set=model.told=128` tells the same words, 128 a window.
    Seen: nll 4.649 [4.575, 4.725] on corpus_notes, 3 seeds, 2026-11-28.
    """
    return Experiment(
        name='notes_lstm',
        data=MIDI,
        frontend=Names(),
        model=TokenLSTM(),
        task=NextToken(),
        optimizer=Adam(learning_rate=1e-3),
        batch_size=32,
        epochs=100.0,
        standin=StandIn('corpus_notes', (*BRIEF, 'frontend.window=33', 'epochs=20')),
    )


def notes_gru() -> Experiment:
    """A GRU over whole notes: pitch, onset, duration and velocity.

    Model: 917,794 parameters.
    Budget: 60 epochs; 12 on the stand-in, 269 steps.

    `--set=frontend=Names --set=frontend.first=100 --set=augment=none` tells the words of notes_lstm
    in place of notes, as notes_gru_names does.
    Seen: nll 3.745 [3.637, 3.856] on corpus_notes, 3 seeds, 2026-11-28.
    """
    return Experiment(
        name='notes_gru',
        data=MIDI,
        frontend=Events(),
        model=TokenGRU(dropout=0.3),
        task=NextToken(),
        optimizer=Adam(learning_rate=2e-3, schedule=WarmupCosine(50), clip_norm=1.0),
        augment=(Transpose(),),
        batch_size=16,
        epochs=60.0,
        eval_epochs=2.0,
        standin=StandIn('corpus_notes', (*CHORALES, 'epochs=12')),
    )


def notes_transformer() -> Experiment:
    """A Transformer over whole notes: pitch, onset, duration and velocity.

    Model: 1,096,866 parameters.
    Budget: 60 epochs; 8 on the stand-in, 180 steps, of twice the time that notes_gru takes there
    (docs/results.md).
    Seen: nll 4.227 [4.144, 4.314] on corpus_notes, 3 seeds, 2026-11-28.
    """
    return dataclasses.replace(
        notes_gru(),
        name='notes_transformer',
        model=Transformer(dropout=0.2),
        optimizer=Adam(learning_rate=1e-3, schedule=WarmupCosine(50), clip_norm=1.0),
        standin=StandIn('corpus_notes', (*CHORALES, 'epochs=8')),
    )


def notes_gru_names() -> Experiment:
    """The GRU on the words that notes_lstm tells, 128 a window.

    Model: 439,411 parameters with the 371 words of 40 songs of POP909.
    Budget: 30 epochs, where notes_lstm has 100; on the stand-in 20 as that has, in 371 steps for
    its 8,072.
    Seen: nll 3.851 [3.766, 3.929] on corpus_notes, 3 seeds, 2026-11-28.
    """
    return dataclasses.replace(
        notes_gru(),
        name='notes_gru_names',
        frontend=Names(window=228),
        model=TokenGRU(dropout=0.5),
        augment=(),
        epochs=30.0,
        standin=StandIn('corpus_notes', (*BRIEF, 'frontend.window=96', 'epochs=20')),
    )


def notes_transformer_names() -> Experiment:
    """The Transformer on the words that notes_lstm tells, 128 a window.

    Model: 887,283 parameters with the 371 words of 40 songs of POP909.
    Budget: as notes_gru_names.
    Seen: nll 4.105 [4.014, 4.192] on corpus_notes, 3 seeds, 2026-11-28.
    """
    return dataclasses.replace(
        notes_gru_names(),
        name='notes_transformer_names',
        model=Transformer(dropout=0.3),
        optimizer=notes_transformer().optimizer,
    )


def jsb_rolls_gru() -> Experiment:
    """A GRU over the keys that sound at each quarter of Bach's chorales.

    Published: 8.43 nats a time step of the test part, by a GRU (Bai et al., 2018, table 1).
    Model: 288,344 parameters.
    Seen: step_nll 8.563 [8.385, 8.737] on jsb_quarter, 3 seeds, 2026-11-28.
    """
    return Experiment(
        name='jsb_rolls_gru',
        data=Data(corpus='jsb_quarter'),
        frontend=Rolls(window=96, context=32),
        model=FrameGRU(dropout=0.3),
        task=NextFrame(),
        optimizer=Adam(learning_rate=2e-3, schedule=WarmupCosine(50), clip_norm=1.0),
        batch_size=16,
        epochs=40.0,
        eval_epochs=2.0,
        standin=StandIn('corpus_notes', CHORALES),
    )


def jsb_voices_transformer() -> Experiment:
    """A Transformer over the four voices of Bach's chorales, 16th by 16th.

    Published: 0.417 nats a note of the validation part by a Transformer, 0.335 with relative
    attention (Huang et al., "Music Transformer", 2018, table 1).
    Model: 833,281 parameters.

    It is told the place in the bar, with which voice comes next, by an embedding.
    A 16th is nearly always as the one before it: with --top_p=0.95 `research.generate` hardly lets
    a note end, and holds some for minutes. At its defaults most last a quarter, as Bach's do.
    Seen: note_nll 0.566 [0.538, 0.596] on jsb_16th, 3 seeds, 2026-11-28.
    """
    return Experiment(
        name='jsb_voices_transformer',
        data=Data(corpus='jsb_16th'),
        frontend=Voices(window=384, context=128),
        model=Transformer(dropout=0.1, period=BAR),
        task=NextToken(per='note'),
        optimizer=Adam(learning_rate=4e-3, schedule=WarmupCosine(50), clip_norm=1.0),
        augment=(Transpose(),),
        batch_size=16,
        epochs=12.0,
        eval_epochs=2.0,
        standin=StandIn('corpus_notes', (*CHORALES, 'epochs=4')),
    )
