import dataclasses
from typing import ClassVar

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import soundfile

from research import batches, calibration, evaluate, material, metrics
from research.decoding import ngram
from research.decoding.overlapping import decoded
from research.decoding.transcriber import Transcriber
from research.errors import UserError
from research.examples import Examples
from research.listening import Listener
from research.predicting import kinds, speech
from research.predicting.answers import Options
from research.predicting.places import Place
from research.predicting.sounds import blocks
from research.predicting.spelling import Greedy
from research.runs import Run
from research.step import Weights
from research.tasks import regression

LENGTHS = [(22_050, 1.9), (22_050, 2.0), (22_050, 0.46), (8_000, 2.0), (22_050, 0.45), (8_000, 1.9)]
SMALL = ('data.slice_s=0.5', 'model.widths=8', 'data.slices=3')
CALLS = (*SMALL, 'task=Detection', 'task.positive=a')
TUNED = {'threshold': 0.5, 'enter': 0.5, 'leave': 0.45}


def evaluated(loaded, corpus):
    """What training's own evaluation says of each slice of each record, by the run's weights."""
    made = material.prepare(loaded.experiment, corpus)
    columns = [tuple(vars(part).values()) for part in made.parts.values()]
    part = Examples(*jax.tree.map(lambda *some: np.concatenate(some), *columns))
    said = evaluate.Evaluator(loaded.experiment, made, part)(*loaded.weights)
    records = np.unique(part.record)
    return [{name: x[part.record == record] for name, x in said.items()} for record in records]


def ask(loaded, options, places, unwatched, batch=4):
    answers = kinds.answers(loaded, options, batch)
    reported = list(answers.ask(places, unwatched))
    assert [each.error for each in reported] == [''] * len(places)
    return reported


def test_a_class_is_that_of_the_run_s_own_evaluation(drawn, untrained, written, unwatched):
    corpus = drawn(LENGTHS)
    loaded = untrained('genre_mlp', corpus, {'temperature': 30.0}, *SMALL)
    places = written(corpus)
    reported = ask(loaded, Options(slices='training'), places, unwatched)
    for each, said in zip(reported, evaluated(loaded, corpus), strict=True):
        [joined] = metrics.join_slices(said['probabilities'], np.zeros(len(said['probabilities'])))[
            1
        ]
        [wanted] = calibration.rescale(np.log(np.maximum(joined, 1e-37))[None], 30.0)
        found = [each.row['p(a)'], each.row['p(b)']]
        # Other rates are rounded to int16 here, which training's evaluation does without.
        np.testing.assert_allclose(found, wanted, atol=2e-3)
        assert each.row['slices'] == len(said['probabilities'])
        assert each.row['class'] == 'ab'[np.argmax(wanted)]
        assert each.row['probability'] == max(found)
        assert each.row['margin'] == pytest.approx(max(found) - min(found))
    assert np.ptp([each.row['p(a)'] for each in reported]) > 0.01


def test_one_file_and_many_have_the_same_answers(drawn, untrained, written, unwatched):
    corpus = drawn(LENGTHS)
    loaded = untrained('genre_mlp', corpus, {'temperature': 30.0}, *SMALL)
    places = written(corpus)
    together = ask(loaded, Options(), places, unwatched)
    for place, each in zip(places, together, strict=True):
        [alone] = ask(loaded, Options(), [place], unwatched, batch=3)
        assert alone.row['class'] == each.row['class']
        assert alone.row['slices'] == each.row['slices'] == max(-(-each.row['length_s'] // 0.5), 1)
        for name in ('probability', 'margin', 'p(a)'):
            assert alone.row[name] == pytest.approx(each.row[name], abs=1e-5)


def test_a_number_is_that_of_the_run_s_own_evaluation(drawn, untrained, written, unwatched):
    corpus = drawn(LENGTHS, tempo=['61', '80', '97', '110', '123', '140'])
    task = ('task=Regression', 'task.column=tempo')
    loaded = untrained('genre_mlp', corpus, {}, *SMALL, *task)
    reported = ask(loaded, Options(slices='training'), written(corpus), unwatched)
    for each, said in zip(reported, evaluated(loaded, corpus), strict=True):
        wanted = regression.told(said, loaded.meaning).mean()
        assert each.row['tempo'] == pytest.approx(wanted, rel=2e-3)
    assert np.ptp([each.row['tempo'] for each in reported]) > 0.1


def test_calls_are_those_of_the_run_s_own_recordings(drawn, untrained, written, unwatched):
    corpus = drawn(LENGTHS)
    loaded = untrained('genre_mlp', corpus, TUNED, *CALLS)
    answers = kinds.answers(loaded, Options(hop_s=0.1), 4)
    places = written(corpus)
    listener = Listener(loaded.experiment, loaded.weights, 16)
    counts = []
    for place, each in zip(places, answers.ask(places, unwatched), strict=True):
        told = list(listener((b.samples for b in blocks(place.path, listener.rate_hz)), 0.1))
        probability = np.concatenate([one.said['probability'] for one in told])
        starts_s = np.concatenate([one.starts_s for one in told])
        wanted = decoded(probability, starts_s, 0.5, each.row['length_s'], TUNED)
        found = [tuple(event.values()) for event in each.events]
        assert found == [pytest.approx(tuple(call)) for call in wanted]
        assert each.row['count'] == len(wanted)
        assert each.row['windows'] == len(probability)
        counts.append(len(wanted))
    assert max(counts) > 0


def test_a_transcript_is_that_of_the_run_s_own_evaluation_with_its_language_model_and_without(
    drawn, untrained, written, unwatched, tmp_path
):
    texts = ['AB C', 'BACA', 'C AB', 'AAAA', 'BCBC', 'CABC']
    corpus = drawn([(16_000, s) for s in (1.0, 0.7, 1.2, 0.7, 1.0, 1.2)], transcript=texts)
    small = ('data.slice_s=1.2', 'model.channels=8,8', 'model.widths=8')
    loaded = untrained('speech_cnn_bigru', corpus, {}, *small)
    places = written(corpus)
    reported = ask(loaded, Options(), places, unwatched)
    for each, said in zip(reported, evaluated(loaded, corpus), strict=True):
        labels = said['labels'][0][: said['count'][0]]
        assert each.row['transcript'] == ''.join(loaded.meaning.labels[i] for i in labels)
    assert any(each.row['transcript'] for each in reported)

    labels = loaded.meaning.labels
    model = ngram.build([text.split() for text in texts], 2)
    transcriber = Transcriber(model, labels, 1.0, 0.5)
    transcriber.write(tmp_path / 'lm.json')
    with_lm = dataclasses.replace(loaded, place=Run(tmp_path))
    without = ask(with_lm, Options(lm='off'), places, unwatched)
    assert [each.row for each in without] == [each.row for each in reported]
    made = material.prepare(loaded.experiment, corpus)
    part = made.parts['test']
    logits, lengths = evaluate.Evaluator(loaded.experiment, made, part).outputs(*loaded.weights)
    log_probs = np.asarray(jax.nn.log_softmax(logits))
    heard = ask(with_lm, Options(), [places[record] for record in part.record], unwatched)
    for each, own, length in zip(heard, log_probs, lengths.tolist(), strict=True):
        assert each.row['transcript'] == transcriber(own, length)


def test_what_answers_come_of_beside_the_model_is_told(drawn, untrained, tmp_path):
    corpus = drawn([(16_000, 1.0)] * 6, transcript=['AB C'] * 6)
    small = ('data.slice_s=1.0', 'model.channels=8,8', 'model.widths=8')
    loaded = untrained('speech_cnn_bigru', corpus, {}, *small)

    loaded = dataclasses.replace(loaded, place=Run(tmp_path))
    assert kinds.answers(loaded, Options(), 4).how == (
        'decoder: greedy, the best path (the run has no language model)',
        {'decoder': 'greedy'},
    )
    model = ngram.build([['AB', 'C']], 2)
    Transcriber(model, loaded.meaning.labels, 1.0, 0.5).write(tmp_path / 'lm.json')
    settings = {'beam': 16, 'order': 2, 'alpha': 1.0, 'beta': 0.5}
    found = kinds.answers(loaded, Options(), 4).how
    assert found is not None
    assert found.facts == {'decoder': 'beam search with language model', **settings}
    assert 'language model (beam 16, order 2, alpha 1, beta 0.5)' in found.line
    assert kinds.answers(loaded, Options(lm='off'), 4).how == (
        'decoder: greedy, the best path (by --lm=off)',
        {'decoder': 'greedy'},
    )
    birds = untrained('genre_mlp', drawn(LENGTHS), {**TUNED, 'call_s': 0.9}, *CALLS)
    found = kinds.answers(birds, Options(), 4).how
    assert found is not None
    assert found.facts == {'hop_s': 0.5, 'enter': 0.5, 'leave': 0.45, 'call_s': 0.9}
    assert 'probability of 0.5 or more, with dips between them to 0.45' in found.line
    assert found.line.endswith('; a call is taken to last 0.9 s')
    genres = untrained('genre_mlp', drawn(LENGTHS), {'temperature': 30.0}, *SMALL)
    found = kinds.answers(genres, Options(slices='training'), 4).how
    assert found is not None
    assert found.facts == {'slices': 'training', 'temperature': 30.0}
    assert 'the mean over 3 slices at most of a file' in found.line


class Near(nn.Module):
    """Labels of every second frame, from that frame and those beside it."""

    labels: ClassVar[str] = 'frames'

    outputs: int = 0

    @nn.compact
    def __call__(self, x, lengths, keys=None):
        return nn.Conv(self.outputs, (3,), (2,))(x), -(-lengths // 2)


def test_a_long_recording_is_told_frame_by_frame_as_if_it_were_heard_at_once(
    drawn, untrained, unwatched, tmp_path, monkeypatch
):
    corpus = drawn([(16_000, 9.0)] * 6, transcript=['AB C'] * 6)
    small = ('model.channels=8,8', 'model.widths=8', 'data.slice_s=9.0')
    whole = untrained('speech_cnn_bigru', corpus, {}, *small)
    model = Near(outputs=len(whole.meaning.labels))
    one = batches.example(whole.experiment)
    params = model.init(jax.random.key(0), jnp.zeros((1, *one.shape)), jnp.ones(1, int))['params']
    experiment = dataclasses.replace(whole.experiment, model=model)
    whole = dataclasses.replace(whole, experiment=experiment, weights=Weights(params, {}))
    data = dataclasses.replace(experiment.data, slice_s=4.0)
    cut = dataclasses.replace(whole, experiment=dataclasses.replace(experiment, data=data))
    path = tmp_path / 'tones.wav'
    pitches = np.random.default_rng(4).choice([0, 300, 1_100, 2_500, 6_000], 45)
    sound = np.sin(2 * np.pi * np.cumsum(np.repeat(pitches, 3_200)) / 16_000)
    soundfile.write(path, 0.3 * sound, 16_000)
    places = [Place('tones.wav', path)]
    frames = []

    class Kept(Greedy):
        def add(self, stretch):
            frames.append(stretch)
            super().add(stretch)

    monkeypatch.setattr(speech, 'Greedy', Kept)
    [long] = ask(whole, Options(), places, unwatched)
    [short] = ask(cut, Options(), places, unwatched)
    assert (long.row['windows'], short.row['windows'], len(frames)) == (1, 3, 4)
    assert np.ptp(frames[0], axis=0).min() > 1
    np.testing.assert_allclose(np.concatenate(frames[1:]), frames[0], atol=1e-4)
    assert long.row['transcript'] == short.row['transcript']
    assert len(long.row['transcript']) > 10


def test_a_flag_of_another_task_is_a_mistake(drawn, untrained):
    loaded = untrained('genre_mlp', drawn(LENGTHS), {'temperature': 30.0}, *SMALL)
    for options in (Options(hop_s=1.0), Options(lm='off'), Options(labels='raven')):
        with pytest.raises(UserError, match=r'says nothing to a run of Classification; .*--slices'):
            kinds.answers(loaded, options, 4)


def test_a_hop_that_skips_sound_is_a_mistake(drawn, untrained):
    corpus = drawn(LENGTHS)
    loaded = untrained('genre_mlp', corpus, TUNED, *CALLS)
    with pytest.raises(UserError, match=r'hop_s=0\.7'):
        kinds.answers(loaded, Options(hop_s=0.7), 4)
