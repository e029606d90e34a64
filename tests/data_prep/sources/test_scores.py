import itertools

import numpy as np
import pytest

from data_prep.joining import joined
from data_prep.sources import scores

QUARTER_BY_QUARTER = """X:1
T:Test
M:4/4
L:1/4
K:C
C D E2- | E2 [CG]2 | {d}c4 |
"""


def keyed(style):
    found = list(scores.COLLECTIONS[style]())
    return dict(zip((score.item for score in found), found, strict=True))


def one_work(style, *items):
    found = keyed(style)
    return len(set(joined([found[item].keys for item in items]))) == 1


@pytest.mark.parametrize(
    ('style', 'items'),
    [
        ('chorale', ['chorale.bwv244.3', 'chorale.bwv244.62']),  # one passion
        ('chorale', ['chorale.bwv112.5', 'chorale.bwv112.5_sc']),  # two states of one chorale
        ('chorale', ['chorale.bwv270', 'chorale.bwv271']),  # one hymn
        ('madrigal', ['madrigal.5.4', 'madrigal.5.8']),  # parts of one cycle
        ('mass', ['mass.Agnus_II_00', 'mass.Kyrie_00']),  # movements of one mass
        (
            'trecento',
            ['trecento.PMFC_12_10a_Credo_PMFC12.10a', 'trecento.PMFC_12_10b_Credo_PMFC12.10b'],
        ),
        (
            'trecento',
            [
                'trecento.PMFC_24_5_Gloria_Spiritus_et_alme',
                'trecento.PMFC_13_17_Gloria_Spiritus_et_Alme',
            ],
        ),
        ('air', ['air.0199', 'air.0201']),  # two settings of The Blackbird
    ],
)
def test_variants_and_movements_are_one_work(style, items):
    assert one_work(style, *items)


@pytest.mark.parametrize(
    ('style', 'items'),
    [
        ('chorale', ['chorale.bwv1.6', 'chorale.bwv4.8']),
        ('madrigal', ['madrigal.3.1', 'madrigal.3.2']),
        ('mass', ['mass.Kyrie_00', 'mass.Kyrie_II_00']),
        ('trecento', ['trecento.PMFC_13_10_Gloria', 'trecento.PMFC_13_12_Gloria']),
        (
            'trecento',
            [
                'trecento.PMFC_06_Jacopo_03a_Di_Novo',
                'trecento.PMFC_06_Giovanni_03_Chon_brachi_assai',
            ],
        ),
        ('fiddle', ['fiddle.AcaciaReel', 'fiddle.AcrobatsHornpipe']),
    ],
)
def test_other_works_are_other_groups(style, items):
    assert not one_work(style, *items)


@pytest.mark.parametrize('style', scores.COLLECTIONS)
def test_forty_scores_with_names_of_their_own(style):
    found = keyed(style)
    chosen = scores.choose(iter(found.values()), 40)
    assert len({score.item for score in chosen}) == 40
    assert all(score.style == style for score in chosen)
    assert chosen == scores.choose(reversed(found.values()), 40)


def test_choice_takes_one_of_each_work_first():
    made = [
        scores.Score(f'x.{work}{number}', 'x', '', '', frozenset({work}))
        for work, number in itertools.product('abc', range(5))
    ]
    assert sorted(score.item[2] for score in scores.choose(iter(made), 3)) == ['a', 'b', 'c']
    assert sorted(score.item[2] for score in scores.choose(iter(made), 6)) == list('aabbcc')


def test_works_hang_together_over_others():
    assert joined([{'a'}, {'b'}, {'c'}, {'a', 'c'}, set(), set()]) == [0, 1, 0, 0, 4, 5]


def test_opening_knows_a_melody_in_any_key_and_tempo():
    melody = np.stack([np.arange(9.0), np.ones(9), [60, 62, 64, 60, 67, 65, 64, 62, 60]], 1)
    bass = melody - [0, 0, 24]
    both = np.concatenate([melody, bass])
    both = both[np.lexsort((-both[:, 2], both[:, 0]))]
    same = scores.opening('x', both * [2, 2, 1] + [0, 0, 5])
    assert scores.opening('x', melody) == same
    assert scores.opening('x', melody[1:]) != same


def test_ties_are_joined_and_grace_notes_left_out(tmp_path, monkeypatch):
    (tmp_path / 'a.abc').write_text(QUARTER_BY_QUARTER)
    monkeypatch.setattr(scores, 'root', lambda: tmp_path)
    read = scores.read(scores.Score('air.1', 'air', '', 'a.abc', frozenset(), '1'))
    wanted = [[0, 1, 60], [1, 1, 62], [2, 4, 64], [6, 2, 67], [6, 2, 60], [8, 4, 72]]
    np.testing.assert_allclose(np.asarray(read), wanted)


def test_what_cannot_be_parsed_is_a_reason(tmp_path, monkeypatch):
    (tmp_path / 'a.krn').write_text('no score')
    monkeypatch.setattr(scores, 'root', lambda: tmp_path)
    read = scores.read(scores.Score('mass.a', 'mass', '', 'a.krn', frozenset()))
    assert isinstance(read, str)


def test_nothing_is_kept_in_a_folder_of_pickles(tmp_path, monkeypatch):
    from music21 import environment

    monkeypatch.setattr(environment.Environment, 'getRootTempDir', lambda self: tmp_path)
    chosen = scores.choose(scores.chorales(), 1)[0]
    assert len(scores.read(chosen)) > 10
    assert list(tmp_path.iterdir()) == []
