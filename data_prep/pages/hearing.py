"""What the records of a corpus hold: lengths, levels, pitches, and examples to see and hear."""

from collections.abc import Iterable

from data_prep.audio import Recording
from data_prep.pages import charts, pictures, wording
from data_prep.pages.blocks import chart, pairs, table
from data_prep.pages.examples import Example, Sample
from data_prep.pages.facts import Facts, quartiles
from data_prep.pages.markup import Markup, name, tag
from data_prep.pages.wording import many

MANY = 12  # classes whose sizes are worth a picture
_RATES = 25


def content(facts: Facts, sample: Sample) -> list[Markup]:
    """Lengths and rates of all records; levels or pitches of a sample."""
    drawn = [chart('Lengths', facts.lengths_s, 'records', 's')]
    if len(facts.tallies) > MANY:
        sizes = [tally.records for tally in facts.tallies if tally.label]
        drawn.append(chart('Sizes of the classes', sizes, 'classes', 'records'))
    if len(sample.pitches):
        counts = [float(row['notes']) for row in facts.rows]
        drawn.append(chart('Notes in a record', counts, 'records', 'notes'))
        drawn.append(chart('Pitches *', sample.pitches, 'notes', 'MIDI pitch, 60 is middle C'))
    if len(sample.levels_db):
        title = 'Levels of the first 30 s *'
        drawn.append(chart(title, sample.levels_db, 'records', 'dB, 0 is full scale'))
    of = f'* of {sample.records:,} of the {len(facts.rows):,} records, evenly spread'
    of += f'; {many(sample.silent, "silent one")} not drawn' if sample.silent else ''
    told = [wording.seconds(value) for value in quartiles(facts.lengths_s)]
    head = ['measure', 'least', 'a quarter', 'half', 'three quarters', 'most']
    caption = 'Lengths: so many of the records are at most so long'
    most = max(facts.rates_hz.values(), default=0)
    rows = [
        [f'{rate:,}', f'{count:,}', charts.shares([('bar', count)], most)]
        for rate, count in facts.rates_hz.items()
    ]
    return [
        tag('div', *drawn, class_='charts'),
        tag('p', of, class_='soft'),
        table(caption, head, [['seconds', *told]]),
        *([table('Sample rates', ['Hz', 'records', 'as bars'], rows, most=_RATES)] if rows else []),
    ]


def shown(facts: Facts, examples: Iterable[Example]) -> list[Markup]:
    """A few records to look at and to listen to."""
    said = f'At most the first {pictures.EXCERPT_S:g} s of each. '
    if facts.rates_hz:
        said += 'Spectrograms: mel scale, '
        said += f'from black, {pictures.RANGE_DB:g} dB below the loudest point of each, to light.'
    else:
        said += 'Piano rolls: each part has its colour.'
    figures = [_example(facts, example) for example in examples]
    return [tag('p', said), tag('div', *figures, class_='examples')]


def _example(facts: Facts, example: Example) -> Markup:
    row, content = facts.rows[example.number], example.content
    item = wording.plain(row['item'], 80)
    told = [', ', name(example.heading)] if facts.manifest['classes'] else []
    told += [f', {wording.seconds(float(facts.lengths_s[example.number]))} s']
    told += [f', {content.rate_hz:,} Hz'] if isinstance(content, Recording) else []
    if not isinstance(content, Recording):
        picture, heard = charts.piano_roll(content, item), pictures.played(content)
    else:
        picture, heard = _spectrogram(content, item), content
    sound = tag(
        'audio', controls=True, preload='none', src=pictures.mp3(heard), aria_label=f'Play {item}'
    )
    about = [
        (column, name(row[column], 400))
        for column in facts.manifest['columns']
        if row[column] not in ('', row['item'])
    ]
    caption = tag('figcaption', tag('strong', name(row['item'])), *told)
    return tag('figure', caption, picture, sound, pairs(about, 'about') if about else None)


def _spectrogram(content: Recording, item: str) -> Markup:
    if content.rate_hz < pictures.LOWEST_HZ:
        return tag('p', f'Nothing can be drawn at {content.rate_hz} Hz.')
    return charts.spectrogram(content, item)
