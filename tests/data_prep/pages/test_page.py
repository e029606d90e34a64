import base64
import dataclasses
import hashlib
import itertools
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from data_prep import pages
from data_prep.copies import Pair
from data_prep.pages import examples, wording
from data_prep.pages.facts import Grouping
from data_prep.pages.page import html, render

KINDS = ('sounds', 'speech', 'chorales')
VOID = {'meta', 'link'}
# What has broken pages, terminals and file systems before.
HOSTILE = (
    *('<script>alert(1)</script>', '</script><script>x()</script>', '<img src=x onerror=alert(1)>'),
    *('"><svg onload=alert(1)>', "'><svg onload=alert(1)>", '" onmouseover="alert(1)', "' onx='y"),
    *('</title><script>x</script>', '</style><script>x</script>', '</textarea><b>', '</svg><b>'),
    *('<!-- ', '-->', '<![CDATA[x]]>', '<?php x ?>', '<!doctype html>', '</body></html>', '<b'),
    *('&lt;script&gt;', '&#60;b&#62;', '&amp', '&', '&;', '<', '>', '"', "'", '`', '\\', '/'),
    *('javascript:alert(1)', 'data:text/html,<script>x</script>', '{{7*7}}', '${7*7}', '%3Cb%3E'),
    *("';DROP TABLE x;--", '../../etc/passwd', 'C:\\con', '=1+1', '@import url(x)', 'x{color:red}'),
    *('\x00', '\x1b[2J', 'a\nb', 'a\r\nb', 'a\tb', '\x7f', '\u2028', '\ufeff', '\ufffe', '\ud800'),
    *(
        '\u202egnp.exe',
        '\u2066x\u2069',
        '\u0627\u0644\u0639',
        '\u05d0\u05d1',
        '日本語',
        'Z\u0335\u0327',
    ),
    *('\U0001f468\u200d\U0001f469', 'x' * 5000, ' ', ' lead and trail ', '.', '-', 'NaN', 'none'),
    *('naïve', 'e\u0301', '1/2', '100%', '#top', '?a=b&c=d', '<' * 500),
)


class Page(HTMLParser):
    """Elements with the names of their attributes, headings, links, ids, and the text."""

    def __init__(self, page):
        super().__init__()
        self.elements, self.open, self.text, self.attributes = [], [], '', []
        self.feed(page)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, tuple(name for name, _ in attrs)))
        self.attributes.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data

    def handle_comment(self, data):
        raise AssertionError(data)


@pytest.fixture(scope='module', params=KINDS)
def page(request) -> str:
    return html(request.getfixturevalue(request.param))


def filled(facts, names):
    """The facts with `names` wherever something from outside is shown."""
    rows = [
        dict(facts.rows[0], item=name, label=name, group=name, target=name, file=name, part='')
        for name in names
    ]
    whole = '|'.join(names)
    words = dict.fromkeys(('title', 'description', 'citation', 'licence', 'source'), whole)
    card = dataclasses.replace(facts.card, **words, faults=tuple(names))
    [first, *others] = facts.protocols
    fold = dataclasses.replace(
        first.folds[0],
        counts={name: {name: 1} for name in ('train', 'valid', 'test', *names)},
        lacking={'valid': tuple(names[:2])},
        known=dict.fromkeys(names, 0.5),
    )
    few = {first.name: dict.fromkeys(names, 1)}
    checks = dict(facts.manifest['checks'], notes=list(names), few_groups=few)
    counts = dict.fromkeys(fold.counts, 1)
    tally = dataclasses.replace(facts.total, parts=counts)
    return dataclasses.replace(
        facts,
        card=card,
        rows=rows,
        lengths_s=facts.lengths_s[[0] * len(names)],
        manifest=dict(facts.manifest, checks=checks, classes=list(names), label=whole),
        tallies=tuple(dataclasses.replace(tally, label=name) for name in names),
        total=tally,
        clipped=dict.fromkeys(names, 1),
        groupings=(Grouping(whole, dict.fromkeys(names, 2), 0),),
        copies=tuple(Pair(name, name, name, 0.5) for name in names),
        rejected=tuple((name, name) for name in names),
        protocols=(dataclasses.replace(first, folds=(fold,), words=whole, group=whole), *others),
    )


def test_no_name_becomes_markup(sounds):
    names = list(dict.fromkeys(HOSTILE))
    assert len(names) >= 60
    [heard] = examples.load(sounds)[:1]
    sample = examples.sample(sounds)

    def read(names):
        shown = [heard._replace(heading=name, number=k) for k, name in enumerate(names)]
        return Page(render(filled(sounds, names), sample, shown[::5]))

    plain, hostile = read([f'name {k}' for k in range(len(names))]), read(names)
    assert hostile.elements == plain.elements
    for name in names:
        assert wording.plain(name, 80).strip() in hostile.text
    for tag, attributes in hostile.attributes:
        assert tag not in ('script', 'iframe', 'object', 'embed', 'base', 'form')
        assert not [name for name in attributes if name.startswith('on') or name == 'style']
        assert not (attributes.get('href') or '').startswith('javascript:')


def test_nothing_is_fetched_and_no_script_may_run(page):
    read = Page(page)
    [policy] = [
        attributes['content']
        for tag, attributes in read.attributes
        if attributes.get('http-equiv') == 'Content-Security-Policy'
    ]
    rules = dict(rule.split(' ', 1) for rule in policy.split('; '))
    style = page.split('<style>')[1].split('</style>')[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert rules == {
        'default-src': "'none'",
        'style-src': f"'sha256-{digest}'",
        'img-src': 'data:',
        'media-src': 'data:',
        'base-uri': "'none'",
        'form-action': "'none'",
    }
    assert 'url(' not in style
    assert '@import' not in style
    for tag, attributes in read.attributes:
        assert (attributes.get('src') or 'data:').startswith('data:')
        if tag in ('image', 'link'):
            assert (attributes.get('href') or '').startswith('data:')


def test_headings_are_in_order_and_links_lead_somewhere(page):
    read = Page(page)
    levels = [int(tag[1]) for tag, _ in read.elements if re.fullmatch('h[1-6]', tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b - a <= 1 for a, b in itertools.pairwise(levels))
    ids = [attributes['id'] for _, attributes in read.attributes if 'id' in attributes]
    assert len(ids) == len({*ids})
    anchors = [attributes.get('href') for tag, attributes in read.attributes if tag == 'a']
    assert {anchor[1:] for anchor in anchors if anchor.startswith('#')} == {*ids}


def test_pictures_players_and_tables_have_names(page):
    read = Page(page)
    for tag, attributes in read.attributes:
        if tag == 'svg':
            assert attributes.get('aria-label') or attributes.get('aria-hidden') == 'true'
        if tag == 'audio':
            assert attributes['aria-label'].startswith('Play ')
            assert {'controls', 'preload'} <= {*attributes}
        if tag == 'th':
            assert attributes['scope'] in ('col', 'row')
    tags = [tag for tag, _ in read.elements]
    assert tags.count('table') == tags.count('caption') > 2
    assert 'audio' in tags
    assert '<html lang="en">' in page


def test_examples_carry_their_columns_their_pictures_and_their_sound(speech, chorales):
    spoken, written = html(speech), html(chorales)
    assert 'SAID 1' in spoken
    assert spoken.count('<audio') == 6
    assert spoken.count('data:image/png') == 6
    assert written.count('Piano roll of') == 5
    assert written.count('data:audio/mpeg') == 5


def test_the_same_corpus_gives_the_same_page(sounds):
    assert html(sounds) == html(sounds)


def luminance(colour):
    """Relative luminance (WCAG 2.2)."""
    channels = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_colours_can_be_told_from_their_paper_in_light_and_in_dark():
    style = (Path(pages.__file__).parent / 'page.css').read_text()
    themes = [dict(re.findall(r'--([\w-]+): (#\w{6})', block)) for block in style.split('@media')]
    light, dark = themes[0], themes[1]
    assert {*light} == {*dark}
    for theme in (light, dark):
        for paper in ('paper', 'raised'):
            for ink in ('ink', 'soft', 'link'):
                assert contrast(theme[ink], theme[paper]) >= 4.5, (ink, paper)
        assert contrast(theme['warn'], theme['warn-paper']) >= 4.5
        for bar in ('train', 'valid', 'test', 'aside', 'left', 'rose'):
            assert contrast(theme[bar], theme['paper']) >= 3, bar
