import json

import pytest

import experiments
from research import codec, overrides
from research.errors import UserError


@pytest.mark.parametrize('name', experiments.cards())
def test_every_experiment_survives_json(name):
    experiment = experiments.build(name)
    text = json.dumps(codec.to_json(experiment))
    assert codec.from_json(json.loads(text)) == experiment
    assert hash(codec.from_json(json.loads(text))) == hash(experiment)


def test_nested_and_optional_values_survive_json():
    experiment = overrides.apply(
        experiments.build('genre_cnn2d'),
        ['augment=RandomCrop,Noise', 'optimizer.schedule=WarmupCosine', 'steps=3', 'patience=2'],
    )
    assert codec.from_json(json.loads(json.dumps(codec.to_json(experiment)))) == experiment


def test_an_experiment_written_before_there_were_filters_is_read_as_one_without():
    experiment = experiments.build('genre_mlp')
    payload = codec.to_json(experiment)
    for name in ('min_s', 'max_s', 'max_chars'):
        assert payload['data'].pop(name) is None
    assert codec.from_json(payload) == experiment


@pytest.mark.parametrize('name', ['genre_lstm', 'notes_lstm'])
def test_a_field_that_came_after_runs_were_made_is_written_where_it_is_set_alone(name):
    experiment = experiments.build(name)
    assert 'recurrence' not in codec.to_json(experiment)['model']
    changed = overrides.apply(experiment, ['model.recurrence=cudnn'])
    assert codec.to_json(changed)['model']['recurrence'] == 'cudnn'
    assert codec.from_json(codec.to_json(changed)) == changed != experiment


@pytest.mark.parametrize(
    ('path', 'value', 'told'),
    [
        (('model', 'kind'), 'os.system', 'unknown model'),
        (('model', 'widht'), 3, "did you mean 'width'"),
        (('batch_size',), '32', 'a whole number at least 1 is wanted'),
        (('optimizer',), 'Adam', 'one of Adam'),
        (('data',), [], 'the fields of Data'),
        (('model', 'dense'), 5, 'a list is wanted'),
    ],
)
def test_a_hand_edited_file_is_refused_with_the_field(path, value, told):
    payload = codec.to_json(experiments.build('genre_cnn1d'))
    place = payload
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    with pytest.raises(UserError, match=told):
        codec.from_json(payload)
