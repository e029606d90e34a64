"""Runs that are trained as one program, from their directories to their results."""

import pytest

import data_prep
import experiments
from research import codec, conclude, corpora, overrides, programs, runs, train
from research.interrupts import Interrupted
from research.loggers import Loggers
from research.loggers.jsonl import MetricsFile
from research.loggers.together import Together
from research.loggers.wandb import WandbLogger

SMALL = (
    'data.corpus=corpus_styles',
    'data.slices=4',
    'model.widths=16,8',
    'batch_size=8',
    'epochs=4',
)
# One as it is; one that never improves; one that diverges; one with another rate of dropout.
CHANGES = (
    ('seed=0',),
    ('seed=1', 'optimizer.learning_rate=1e-30', 'patience=1'),
    ('seed=2', 'optimizer.learning_rate=1e30'),
    ('seed=3', 'model.dropout=0.4'),
)
# Of scores: sums are in another order.
RTOL = 1e-4


@pytest.fixture(scope='module')
def corpus(data_dir):
    return corpora.open_corpus(data_prep.place('corpus_styles', data_dir))


@pytest.fixture(autouse=True)
def no_pictures(monkeypatch):
    monkeypatch.setattr(conclude, 'draw', lambda *_: None)


def members():
    return [overrides.apply(experiments.build('genre_mlp'), [*SMALL, *each]) for each in CHANGES]


def asked(chosen, corpus, folder):
    console, found = Together(), []
    for each in chosen:
        place = runs.locate(folder, codec.to_json(each), corpus.fingerprint)

        def wandb(say, place=place):
            return WandbLogger(place.directory, 'off', 'p', 'g', [], 'n', 'i', {}, say)

        found.append(train.Asked(each, place, Loggers(wandb, console)))
    return found


def together(chosen, corpus, folder, **options):
    wanted = asked(chosen, corpus, folder)
    try:
        return wanted, train.together(wanted, corpus, train.Options(**options))
    finally:
        for each in wanted:
            each.loggers.close()


@pytest.fixture(scope='module')
def solo(corpus, go, tmp_path_factory):
    """Result and place of each that ends, by position."""
    folder = tmp_path_factory.mktemp('solo')
    found = {i: go(each, corpus, folder) for i, each in enumerate(members()) if i != 2}
    with pytest.raises(train.Diverged):
        go(members()[2], corpus, folder)
    return found, folder


def same(result, wanted):
    assert (result['best_step'], result['steps']) == (wanted['best_step'], wanted['steps'])
    for part in ('valid', 'test'):
        for score in ('loss', 'slice_accuracy', 'item_accuracy'):
            assert result[part][score] == pytest.approx(wanted[part][score], rel=RTOL), score


def test_members_that_end_early_or_diverge_leave_the_others_as_they_are_alone(
    corpus, solo, tmp_path, monkeypatch
):
    sizes = []
    real = programs.Stack.fewer

    def fewer(self, lanes):
        sizes.append(len(lanes))
        return real(self, lanes)

    monkeypatch.setattr(programs.Stack, 'fewer', fewer)
    wanted, outcomes = together(members(), corpus, tmp_path)
    assert sizes == [2]  # compiled anew once half of the lanes were dead
    assert isinstance(outcomes[2], train.Diverged)
    failure = runs.read_json(wanted[2].place.failure)
    [place] = [each for each in runs.find(solo[1]) if each.status() == 'failed']
    assert failure['step'] == runs.read_json(place.failure)['step'] == 2
    for i, (place, result) in solo[0].items():
        same(outcomes[i], result)
        assert wanted[i].place.directory.name == place.directory.name
        steps = [record['step'] for record in MetricsFile(wanted[i].place.metrics).records()]
        assert steps == [record['step'] for record in MetricsFile(place.metrics).records()]
    assert solo[0][1][1]['steps'] < solo[0][0][1]['steps']


def test_a_stack_goes_on_with_members_from_wherever_each_was_saved(
    corpus, solo, tmp_path, monkeypatch
):
    chosen = [members()[0], members()[3]]
    real = train.Loop._validate

    def stopping(self, ready):
        real(self, ready)
        self.interrupts.number = 15

    monkeypatch.setattr(train.Loop, '_validate', stopping)
    with pytest.raises(Interrupted, match='saved at step 6 of 24'):
        together(chosen[:1], corpus, tmp_path)
    monkeypatch.setattr(train.Loop, '_validate', real)
    first = asked(chosen, corpus, tmp_path)
    assert [each.place.status() for each in first] == ['started', 'absent']
    _, outcomes = together(chosen, corpus, tmp_path)
    for result, i in zip(outcomes, (0, 3), strict=True):
        same(result, solo[0][i][1])


def test_the_stacks_console_tells_the_mean_of_its_members(capsys):
    console = Together()
    for _ in range(2):
        console.start(20, 'item_accuracy')
    for step in (10, 20):
        for loss in (1.0, 3.0):
            console.log({'step': step, 'split': 'train', 'loss': loss + step, 'time_s': 1.0})
    console.close()
    console.close()
    said = capsys.readouterr().out.splitlines()
    assert [line.split('  ')[-1] for line in said] == ['loss 12.000', 'loss 22.000']
