import dataclasses

import numpy as np
import pytest

from data_prep.pages import examples


def with_rows(facts, rows, classes=()):
    told = dict(facts.manifest, classes=list(classes))
    return dataclasses.replace(facts, rows=rows, manifest=told)


def test_the_first_of_each_class_by_name_are_shown(sounds):
    rows = [dict(row, item=f'{9 - n}') for n, row in enumerate(sounds.rows)]
    chosen = examples.choose(with_rows(sounds, rows, ['bell', 'drum']))
    assert [(label, rows[number]['item']) for label, number in chosen] == [
        *[('bell', '5'), ('bell', '6'), ('bell', '7')],
        *[('drum', '1'), ('drum', '2'), ('drum', '3')],
    ]


def test_groups_take_the_place_of_classes(speech):
    chosen = examples.choose(speech)
    assert [name for name, _ in chosen] == [f'speaker {k}' for k in (11, 11, 12, 12, 13, 13)]


@pytest.mark.parametrize(('classes', 'shown'), [(1, 3), (4, 12), (5, 10), (7, 7), (100, 12)])
def test_a_dozen_is_the_most(sounds, classes, shown):
    names = [f'{k:03}' for k in range(classes)]
    rows = [dict(sounds.rows[0], label=name, item=f'{name}.{k}') for name in names for k in '0123']
    chosen = examples.choose(with_rows(sounds, rows, names))
    assert len(chosen) == shown
    assert len({number for _, number in chosen}) == shown
    if classes > 12:  # from the whole range of them
        picked = sorted(int(name) for name, _ in chosen)
        assert max(np.diff(picked)) - min(np.diff(picked)) <= 1


def test_a_sample_is_of_all_where_there_are_few(sounds, chorales):
    heard = examples.sample(sounds)
    assert (heard.records, heard.silent, len(heard.pitches)) == (9, 0, 0)
    assert heard.levels_db[0] == pytest.approx(20 * np.log10(0.5 / np.sqrt(2)), abs=0.01)
    written = examples.sample(chorales)
    assert len(written.levels_db) == 0
    # each piece: soprano, alto, a second soprano note, bass
    assert sorted(written.pitches) == sorted(
        pitch for k in range(5) for pitch in (72 + k, 60 - k, 67, 48)
    )
