"""docs/corpora.md: what is known of every corpus, from its card; `python -m data_prep --cards`."""

from collections.abc import Iterator

import data_prep
from data_prep.cards import Archive, Corpus
from data_prep.pages import wording

_HEAD = """# Corpora

Written by `python -m data_prep --cards` from the cards in data_prep/: change those, not this.

A corpus is prepared once; `launch.py --list` shows the experiments, each of which names the corpus
that it trains on, and its card there. Your own code reads any corpus by
`tfds.builder_from_directory(DIR).as_data_source('all')`, without TensorFlow. What a prepared one
holds, in figures and in examples to see and hear: `python -m data_prep NAME --describe`. Whatever
is not embedded may carry a label of yours, such as `audio_folder:mine`, so that there may be more.
"""
# The problem that a corpus is for; the others have its name.
_PROBLEMS = {
    'audio_folder': 'genre',
    'gtzan': 'genre',
    'jsb_16th': 'notes',
    'jsb_quarter': 'notes',
    'midi_notes': 'notes',
}


def cards() -> str:
    """All cards as Markdown: a table of the corpora, then a section for each."""
    known = {name: data_prep.corpus(name) for name in data_prep.CORPORA}
    standins = {
        made.card.standin_for: name for name, made in known.items() if made.card.standin_for
    }
    lines = [_HEAD, '| corpus | what it is | records hold | licence |', '| --- | --- | --- | --- |']
    for name, made in known.items():
        cells = (f'[{name}](#{name})', made.card.title, made.content, made.card.licence)
        lines.append(f'| {" | ".join(cells)} |')
    for name, made in known.items():
        lines += ['', f'## {name}', '', *_section(name, made, standins)]
    return '\n'.join(lines)


def _section(name: str, made: Corpus, standins: dict[str, str]) -> Iterator[str]:
    card = made.card
    yield f'**{card.title}.** {card.description}'
    yield ''
    source = '' if card.embedded else ' --source=DIR'
    yield f'- Prepare: `python -m data_prep {name}{source}`'
    if whole := card.archives.get(''):
        yield f'- Fetch and prepare: `python -m data_prep {name} --download`: {_archive(whole)}'
    elif card.archives:
        first = next(iter(card.archives))
        yield f'- Fetch and prepare: `python -m data_prep {name} --download --subsets={first}`, or'
        yield '  several with commas between them:'
        yield from (f'  - {name}: {_archive(each)}' for name, each in card.archives.items())
    if card.size_bytes:
        yield f'- Size when prepared: about {wording.size(card.size_bytes)}'
    yield f'- Licence: {card.licence}'
    yield f'- Source: {card.source}'
    yield f'- Cite: {card.citation}'
    if made.label:
        yield f'- Classes ({made.label}): {", ".join(made.classes) or "as the data have them"}'
    yield f'- Columns: {", ".join(made.columns)}'
    yield '- Splits:' if made.protocols else '- Splits: as the source has them'
    for protocol, rule in made.protocols.items():
        default = ', taken unless another is named' if protocol == made.default_protocol else ''
        yield f'  - `{protocol}`{default}: {wording.split(rule)}'
    if card.faults:
        yield '- Known faults:'
        yield from (f'  - {fault}' for fault in card.faults)
    if card.standin_for:
        yield f'- Stands in for {card.standin_for} on a machine that has nothing else prepared'
    elif standin := standins.get(_PROBLEMS.get(name, name)):
        yield f'- Stand-in where it is not prepared: [{standin}](#{standin})'


def _archive(archive: Archive) -> str:
    return f'{wording.size(archive.size_bytes)} from {archive.url}, MD5 `{archive.md5}`'
