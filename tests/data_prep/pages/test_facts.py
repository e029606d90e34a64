import dataclasses

import pytest

from data_prep import manifest
from data_prep.pages import facts as facts_module
from data_prep.pages import pictures
from data_prep.pages.facts import gather, named, quartiles


def test_classes_are_counted_with_their_hours_and_groups(sounds):
    bell, drum = sounds.tallies
    assert (bell.label, bell.records, drum.label, drum.records) == ('bell', 5, 'drum', 4)
    assert bell.hours * 3600 == pytest.approx(5)
    assert drum.hours * 3600 == pytest.approx(3 + 3)
    assert (bell.groups, drum.groups) == (5, 4)
    assert sounds.total.records == 9
    assert sum(sounds.total.parts.values()) == 9
    for part, count in sounds.total.parts.items():
        assert bell.parts[part] + drum.parts[part] == count


def test_lengths_rates_clipping_and_size_are_those_of_the_files(sounds):
    assert sorted(sounds.lengths_s) == [1.0] * 8 + [3.0]
    assert sounds.rates_hz == {8000: 9}
    [(item, samples)] = sounds.clipped.items()
    assert (item.endswith('bell3'), samples) == (True, 800)
    files = [path for path in sounds.directory.iterdir() if path.name in sounds.manifest['files']]
    assert sounds.bytes == sum(path.stat().st_size for path in files)


def test_a_bad_file_is_named_as_seen_from_the_source(sounds):
    [(path, reason)] = sounds.rejected
    assert path == 'bell/bell4.wav'
    assert reason


def test_exact_copies_are_listed_before_near_ones(sounds):
    assert sounds.copies[0].kind == 'exact'
    assert {sounds.copies[0].a[-5:], sounds.copies[0].b[-5:]} == {'bell1', 'bell2'}


def test_the_default_protocol_comes_first(sounds):
    assert sounds.protocols[0].name == sounds.manifest['default_protocol']
    assert {each.name for each in sounds.protocols} == set(sounds.manifest['protocols'])


def test_a_corpus_without_classes_has_one_line_of_all(speech, chorales):
    for facts in (speech, chorales):
        assert [name for name, _ in named(facts)] == ['all']
        assert facts.total.records == len(facts.rows)
    [grouping] = speech.groupings
    assert (grouping.column, grouping.sizes) == ('speaker', {'11': 2, '12': 2, '13': 2})
    assert chorales.rates_hz == chorales.clipped == {}
    assert chorales.total.parts == {'train': 3, 'valid': 1, 'test': 1}


def test_records_without_a_class_are_a_line_of_their_own(sounds):
    rows = [dict(row, label='' if row['label'] == 'drum' else 'bell') for row in sounds.rows]
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    rule = sounds.manifest['protocols'][sounds.protocols[0].name]
    made = facts_module._tallies(['bell', 'drum'], rule, columns, sounds.lengths_s)
    named_so = named(dataclasses.replace(sounds, tallies=made[:-1], total=made[-1]))
    assert [(name, tally.records) for name, tally in named_so] == [
        *[('bell', 5), ('drum', 0), ('(none)', 4), ('all', 9)]
    ]


def test_no_record_is_read(sounds, monkeypatch):
    monkeypatch.delattr(pictures, 'read')
    monkeypatch.setitem(__import__('sys').modules, 'tensorflow_datasets', None)
    assert gather(sounds.name, sounds.directory).rows == sounds.rows


def test_a_damaged_corpus_is_not_described(sounds, tmp_path):
    for path in sounds.directory.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / manifest.ITEMS).write_text('item\n')
    with pytest.raises(manifest.DamagedCorpus, match=r'items\.csv'):
        gather(sounds.name, tmp_path)


def test_quartiles_lie_where_a_quarter_of_the_values_ends():
    assert quartiles([4, 0, 2, 1, 3]) == [0, 1, 2, 3, 4]
    assert quartiles([7.0]) == [7.0] * 5
