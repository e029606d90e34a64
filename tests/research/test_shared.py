import pytest

import experiments
from research import overrides, shared, stacks
from research.models import Forest


def altered(name, *changes):
    return overrides.apply(experiments.build(name), changes)


@pytest.mark.parametrize(
    'change',
    [
        'seed=3',
        'optimizer.learning_rate=0.1',
        'optimizer.weight_decay=0.1',
        'optimizer.schedule.final=0.1',
        'task.label_smoothing=0.3',
        'patience=2',
        'augment.1.max_semitones=1',
        'augment.4.alpha=0.1',
    ],
)
def test_what_is_a_value_may_vary_inside_a_stack(change):
    assert shared.signature(altered('genre_resnet', change)) == shared.signature(
        altered('genre_resnet')
    )


@pytest.mark.parametrize(
    'change',
    [
        'model.blocks=1,1',
        'batch_size=8',
        'epochs=3',
        'eval_epochs=2',
        'data.fold=1',
        'frontend.hop=512',
        'augment=Mixup',
        'augment.0.shift_s=1',
        'optimizer=RMSprop',
        'optimizer.clip_norm=1',
    ],
)
def test_what_shapes_a_program_or_its_data_may_not(change):
    assert shared.signature(altered('genre_resnet', change)) != shared.signature(
        altered('genre_resnet')
    )


@pytest.mark.parametrize('name', ['genre_lstm', 'notes_lstm'])
def test_runs_by_cudnn_and_by_the_scan_are_no_stack(name):
    cudnn = shared.signature(altered(name, 'model.recurrence=cudnn'))
    assert cudnn == shared.signature(altered(name, 'model.recurrence=cudnn', 'seed=1'))
    assert cudnn != shared.signature(altered(name))


def test_members_of_one_signature_are_grouped_and_forests_stay_apart():
    members = [
        altered('genre_mlp', 'seed=1'),
        altered('genre_forest'),
        altered('genre_lstm'),
        altered('genre_mlp', 'optimizer.learning_rate=0.1'),
        altered('genre_forest', 'seed=1'),
    ]
    found = stacks.group(members, lambda each: each)
    assert found == [[members[0], members[3]], [members[1]], [members[2]], [members[4]]]
    assert isinstance(found[1][0].model, Forest)


@pytest.mark.parametrize(
    ('count', 'most', 'sizes'),
    [(10, 16, [10]), (10, 4, [4, 3, 3]), (8, 4, [4, 4]), (3, 1, [1] * 3)],
)
def test_packs_are_few_and_of_nearly_one_size(count, most, sizes):
    found = stacks.packs(range(count), most)
    assert [len(each) for each in found] == sizes
    assert [each for pack in found for each in pack] == [*range(count)]


def test_as_many_members_fit_as_the_memory_has_room_for():
    measured = stacks.Measured(base_bytes=100, member_bytes=50, alone_s=0.2, stacked_s=0.1)
    assert measured.most(round(601 / stacks.SHARE)) == 10
    assert measured.most(0) == 1
    assert measured.faster()
