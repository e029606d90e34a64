import dataclasses
import unicodedata

import pytest
from rich.cells import cell_len

from data_prep.copies import Pair
from data_prep.pages.facts import Grouping
from data_prep.pages.text import text

NAMES = ['x' * 300, '日本' * 60, 'a\nb\x1b[31m', '\u202eevil', 'naïve ' * 30, '', '-', '\t']


@pytest.mark.parametrize('kind', ['sounds', 'speech', 'chorales'])
def test_lines_fit_a_terminal_of_100_columns(kind, request):
    lines = text(request.getfixturevalue(kind))
    assert len(lines) <= 40
    assert all(line.isprintable() and cell_len(line) <= 100 for line in lines)
    assert not any(line.endswith(' ') for line in lines)


def test_every_fact_is_told(sounds):
    told = '\n'.join(text(sounds))
    assert '9 records, 0.00 hours, 8,000 Hz' in told
    assert 'lengths       1.00 to 3.00 s, quartiles 1.00, 1.00, 1.00 s' in told
    assert '1 exact pair' in told
    assert 'clipped       1 record; most samples: bell/bell3 800' in told
    assert 'bad files     1\n              bell/bell4.wav: ' in told
    assert sounds.manifest['fingerprint'] in told
    assert sounds.card.licence in told


def test_the_table_of_classes_adds_up(sounds):
    lines = text(sounds)
    start = next(i for i, line in enumerate(lines) if line.startswith('class'))
    head, bell, drum, all_ = (line.split() for line in lines[start : start + 4])
    assert [row[0] for row in (bell, drum, all_)] == ['bell', 'drum', 'all']
    for column in (1, 3, 4, 5, 6):
        assert int(bell[column]) + int(drum[column]) == int(all_[column]), head[column]


def test_no_name_breaks_a_line_or_the_table(sounds):
    tallies = tuple(dataclasses.replace(sounds.tallies[0], label=name) for name in NAMES)
    hostile = dataclasses.replace(
        sounds,
        tallies=tallies,
        groupings=(Grouping('group', dict.fromkeys(NAMES, 1), 3),),
        rejected=tuple((name, name) for name in NAMES),
        clipped=dict.fromkeys(NAMES, 7),
        copies=(Pair(NAMES[0], NAMES[1], 'near', 0.9),),
    )
    lines = text(hostile)
    start = next(i for i, line in enumerate(lines) if line.startswith('class'))
    table = lines[start : start + len(NAMES) + 2]
    assert len({cell_len(line) for line in table}) == 1
    for line in lines:
        assert cell_len(line) <= 100
        assert all(unicodedata.category(char)[0] != 'C' for char in line)


def test_many_classes_and_many_bad_files_are_counted(sounds):
    tallies = tuple(dataclasses.replace(sounds.tallies[0], label=f'{k}') for k in range(300))
    rejected = tuple((f'{k}.wav', 'no samples') for k in range(50))
    lines = text(dataclasses.replace(sounds, tallies=tallies, rejected=rejected))
    assert len(lines) <= 50
    assert any(line.startswith('and 288 more') for line in lines)
    assert any(line.strip() == 'and 47 more, on the page' for line in lines)


def test_a_part_that_is_empty_is_told(sounds):
    [first, *others] = sounds.protocols
    fold = first.folds[0]
    empty = dataclasses.replace(fold, counts=fold.counts | {'train': {}}, lacking={})
    bad = dataclasses.replace(first, folds=(empty,))
    told = text(dataclasses.replace(sounds, protocols=(bad, *others)))
    assert f'{first.name}: nothing is in train' in told


def test_a_corpus_prepared_in_part_says_so(sounds):
    limited = dataclasses.replace(sounds, manifest=dict(sounds.manifest, limit=4))
    assert 'a part only: prepared with --limit=4' in text(limited)
