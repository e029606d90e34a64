import dataclasses

import pytest

import experiments
from research import overrides
from research.errors import UserError
from research.experiment import sound

BAD = [
    'batch_size=0',
    'batch_size=-3',
    'batch_size=1.5',
    'batch_size=many',
    'batch_size=',
    'batch_size=none',
    'batch_size=true',
    'epochs=0',
    'epochs=-1',
    'epochs=nan',
    'epochs=inf',
    'epochs=long',
    'steps=0',
    'steps=2.5',
    'steps=ten',
    'seed=-1',
    'seed=x',
    'optimizer.learning_rate=abc',
    'optimizer.learning_rate=0',
    'optimizer.learning_rate=-1e-3',
    'optimizer.learning_rate=nan',
    'optimizer.weight_decay=-1',
    'optimizer.clip_norm=0',
    'optimizer.b1=1.5',
    'optimizer=Adamw',
    'optimizer.schedule=Linear',
    'model.dropout=1',
    'model.dropout=-0.1',
    'model.dropout=half',
    'model.width=0',
    'model.width=64.5',
    'model.dense=a,b',
    'model.dtype=float8',
    'model=Perceiver',
    'task.label_smoothing=2',
    'frontend.hop=0',
    'frontend.n_mels=x',
    'frontend=Wavelet',
    'data.slices=0',
    'data.slice_s=0',
    'data.fold=-1',
    'eval_epochs=0',
    'augment=Louder',
    'patience=0',
]

TYPOS = {
    'batchsize': 'batch_size',
    'batch_sise': 'batch_size',
    'bacth_size': 'batch_size',
    'epoch': 'epochs',
    'epcohs': 'epochs',
    'step': 'steps',
    'sed': 'seed',
    'seeed': 'seed',
    'modle.width': 'model',
    'mdoel.width': 'model',
    'model.widht': 'width',
    'model.with': 'width',
    'model.drop': 'dropout',
    'model.droput': 'dropout',
    'model.dropuot': 'dropout',
    'model.level': 'levels',
    'model.Levels': 'levels',
    'model.kernal': 'kernel',
    'model.kernels': 'kernel',
    'model.dens': 'dense',
    'model.dypte': 'dtype',
    'optimiser.learning_rate': 'optimizer',
    'optimizer.learningrate': 'learning_rate',
    'optimizer.learning-rate': 'learning_rate',
    'optimizer.lerning_rate': 'learning_rate',
    'optimizer.weigth_decay': 'weight_decay',
    'optimizer.weightdecay': 'weight_decay',
    'optimizer.clip': 'clip_norm',
    'optimizer.clipnorm': 'clip_norm',
    'optimizer.shedule': 'schedule',
    'frontent.hop': 'frontend',
    'front_end.hop': 'frontend',
    'frontend.nfft': 'n_fft',
    'frontend.n_mel': 'n_mels',
    'frontend.nmels': 'n_mels',
    'frontend.fmin': 'fmin_hz',
    'frontend.fmax': 'fmax_hz',
    'frontend.rate': 'rate_hz',
    'frontend.windows': 'window',
    'frontend.frame': 'frames',
    'task.label_smooting': 'label_smoothing',
    'task.labelsmoothing': 'label_smoothing',
    'data.protcol': 'protocol',
    'data.folds': 'fold',
    'data.slice': 'slices',
    'data.slices_s': 'slice_s',
    'eval_epoch': 'eval_epochs',
    'pacience': 'patience',
    'augmnet': 'augment',
    'augmentation': 'augment',
}


def fields(value):
    return {each.name: getattr(value, each.name) for each in dataclasses.fields(value)}


@pytest.fixture
def experiment():
    return experiments.build('genre_cnn1d')


@pytest.mark.parametrize('assignment', BAD)
def test_a_bad_value_is_refused_in_one_line_that_names_the_field(experiment, assignment):
    with pytest.raises(UserError) as refused:
        overrides.apply(experiment, [assignment])
    line = str(refused.value)
    assert assignment.partition('=')[0] in line
    assert '\n' not in line


def test_the_first_suggestion_is_right_for_95_of_100_typos(experiment):
    missed = []
    for typo, meant in TYPOS.items():
        with pytest.raises(UserError) as refused:
            overrides.apply(experiment, [f'{typo}=1'])
        if f"did you mean '{meant}'" not in str(refused.value):
            missed.append((typo, str(refused.value)))
    assert len(TYPOS) == 50
    assert len(missed) <= 0.05 * len(TYPOS), missed


def test_values_of_every_kind_arrive_typed(experiment):
    changed = overrides.apply(
        experiment,
        [
            'model.width=16',
            'model.dense=32,8',
            'optimizer.learning_rate=1',
            'optimizer.clip_norm=0.5',
            'frontend.htk=true',
            'data.protocol=leaky_slices',
            'steps=7',
            'augment=Gain,SpecAugment',
            'augment.0.max_db=3',
        ],
    )
    assert (fields(changed.model)['width'], fields(changed.model)['dense']) == (16, (32, 8))
    assert changed.optimizer.learning_rate == 1.0
    assert isinstance(changed.optimizer.learning_rate, float)
    assert (changed.optimizer.clip_norm, fields(changed.frontend)['htk']) == (0.5, True)
    assert (changed.data.protocol, changed.steps) == ('leaky_slices', 7)
    assert [type(each).__name__ for each in changed.augment] == ['Gain', 'SpecAugment']
    assert fields(changed.augment[0])['max_db'] == 3.0
    assert overrides.apply(changed, ['steps=none', 'augment=none']).augment == ()


def test_another_class_keeps_the_fields_that_both_have(experiment):
    changed = overrides.apply(experiment, ['frontend=LogMel', 'optimizer=RMSprop'])
    assert type(changed.frontend).__name__ == 'LogMel'
    assert sound(changed).rate_hz == sound(experiment).rate_hz == 16_000
    assert sound(changed).frames == 900
    assert changed.optimizer.learning_rate == experiment.optimizer.learning_rate


def test_what_the_task_binds_cannot_be_set(experiment):
    for bound in ('model.outputs=3', 'model.batch_axis=x', 'name=other', 'standin.corpus=x'):
        with pytest.raises(UserError, match='unknown field'):
            overrides.apply(experiment, [bound])


@pytest.mark.parametrize('assignment', ['model', '=3', 'model=', 'data=gtzan', 'model.dropout.x=1'])
def test_a_malformed_assignment_says_what_is_wanted(experiment, assignment):
    with pytest.raises(UserError):
        overrides.apply(experiment, [assignment])
