import re
from pathlib import Path

import pytest

import data_prep
from data_prep.catalogue import cards

PAGE = Path(__file__).parents[2] / 'docs' / 'corpora.md'


def sections():
    head, *parts = re.split(r'^## ', cards(), flags=re.MULTILINE)
    return head, {part.split('\n', 1)[0]: part for part in parts}


def test_the_page_is_what_the_cards_say():
    assert PAGE.read_text(encoding='utf-8') == cards() + '\n', (
        'write it anew: python -m data_prep --cards > docs/corpora.md'
    )


@pytest.mark.parametrize('name', data_prep.CORPORA)
def test_every_corpus_is_told_whole(name):
    head, parts = sections()
    made, told = data_prep.corpus(name), parts[name]
    assert f'[{name}](#{name})' in head
    card = made.card
    facts = (card.title, card.description, card.citation, card.licence, card.source, *card.faults)
    for words in (*facts, *made.columns, *made.classes, *made.protocols):
        assert words in told
    assert f'python -m data_prep {name}' in told
    for archive in card.archives.values():
        assert archive.url in told
        assert archive.md5 in told


def test_real_corpora_name_their_stand_ins():
    _, parts = sections()
    for name, standin in [
        ('gtzan', 'corpus_styles'),
        ('capuchin', 'synthetic_calls'),
        ('librispeech', 'spoken_phrases'),
        ('midi_notes', 'corpus_notes'),
    ]:
        assert f'[{standin}](#{standin})' in parts[name]
        assert 'Stands in' in parts[standin]


def test_lines_end_cleanly_and_no_section_is_torn():
    told = cards()
    assert not re.search(r'[ \t]$', told, flags=re.MULTILINE)
    assert told.isprintable() or {char for char in told if not char.isprintable()} == {'\n'}
    assert told == told.strip('\n')


def test_the_names_of_corpora_in_the_readme_are_those_that_are_typed():
    text = PAGE.parents[1].joinpath('README.md').read_text(encoding='utf-8')
    _, _, table = text.partition('| corpus | from |')
    rows = table.partition('\n\n')[0].splitlines()[2:]
    cells = [row.split('|')[1].strip() for row in rows]
    # A label of a kind, as that of tempi, has a row of its own.
    named = {name.partition(':')[0] for cell in cells for name in cell.split(', ')}
    assert named == {name for name in data_prep.CORPORA if not data_prep.card(name).embedded}
