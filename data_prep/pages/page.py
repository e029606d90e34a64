"""The page of a prepared corpus: one HTML file that needs nothing else.

It holds no script, and its content security policy allows none: nothing but its own style sheet and
the pictures and sounds that it carries.
"""

from collections.abc import Sequence
from pathlib import Path

from data_prep.pages import examples, hearing, sections
from data_prep.pages.document import document
from data_prep.pages.facts import Facts
from data_prep.pages.markup import Markup, joined, tag
from data_prep.pages.wording import plural, size

_STYLE = Path(__file__).with_name('page.css')


def html(facts: Facts) -> str:
    """The whole page of a corpus, with examples out of it; the same corpus gives the same page."""
    return render(facts, examples.sample(facts), examples.load(facts))


def render(facts: Facts, sample: examples.Sample, shown: Sequence[examples.Example]) -> str:
    """The page, of what was read already."""
    parts = {
        'Card': sections.card(facts),
        'Classes' if facts.manifest['classes'] else 'Records': sections.classes(facts),
        'Splits': sections.splits(facts),
        'Content': hearing.content(facts, sample),
        'Groups': sections.groups(facts),
        'Copies and bad files': sections.faults(facts),
        'Examples': hearing.shown(facts, shown),
    }
    ids = {title: title.lower().replace(' ', '-') for title in parts}
    links = [tag('li', tag('a', title, href=f'#{ids[title]}')) for title in parts]
    body = [
        _header(facts),
        tag('nav', tag('ul', *links), aria_label='Sections'),
        tag(
            'main',
            *(
                tag('section', tag('h2', title, id=f'{ids[title]}'), *pieces)
                for title, pieces in parts.items()
            ),
        ),
        tag('footer', 'Made by ', tag('code', f'python -m data_prep {facts.name} --describe')),
    ]
    style = _STYLE.read_text(encoding='utf-8')
    allowed = ('img-src data:', 'media-src data:')
    return document(f'{facts.name}: {facts.card.title}', style, body, allowed=allowed)


def _header(facts: Facts) -> Markup:
    rates = list(facts.rates_hz)
    group = facts.protocols[0].group
    figures = [
        ('records' if len(facts.rows) != 1 else 'record', f'{len(facts.rows):,}'),
        ('hours', f'{facts.total.hours:,.2f}'),
        ('classes', f'{len(facts.manifest["classes"]):,}'),
        (plural(group), f'{facts.total.groups:,}'),
        ('Hz', f'{rates[0]:,}') if len(rates) == 1 else ('sample rates', f'{len(rates):,}'),
        ('on disk', size(facts.bytes)),
        ('bad files', f'{len(facts.rejected):,}'),
    ]
    there = [facts.manifest['classes'], group, rates]
    wanted = [True, True, *map(bool, there), True, True]
    cells = [
        tag('div', tag('dt', title), tag('dd', said))
        for (title, said), show in zip(figures, wanted, strict=True)
        if show
    ]
    limit = facts.manifest['limit']
    part = f'A part only: prepared with --limit={limit}.' if limit else None
    return tag(
        'header',
        tag('h1', facts.card.title),
        tag('p', joined([tag('code', facts.name), '. ', facts.card.description])),
        tag('p', part, class_='notice') if part else None,
        tag('dl', *cells, class_='figures'),
    )
