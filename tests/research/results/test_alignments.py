import base64
import hashlib
import html.parser
import re
from collections import Counter

from research.results import alignments

HOSTILE = '<script>alert("x")</script>'


def row(item, reference, greedy, with_lm='', speaker='ann', words=0, edits=0, edits_with_lm=0):
    return {
        'item': item,
        'speaker': speaker,
        'reference': reference,
        'greedy': greedy,
        'with_lm': with_lm,
        'words': str(words or len(reference.split())),
        'edits': str(edits),
        'edits_with_lm': str(edits_with_lm),
    }


ROWS = [
    row('good', 'A B C', 'A B C', 'A B C'),
    row('bad', 'THE CAT SAT', 'THE CAP SAT ON', 'THE CAT SAT', 'ben', edits=2),
    row('worst', 'A B', '', 'A', edits=2, edits_with_lm=1),
]


class Reader(html.parser.HTMLParser):
    """Elements by name, and that each is closed."""

    def __init__(self, text):
        super().__init__()
        self.open, self.seen, self.texts = [], Counter(), []
        self.attributes = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.seen[tag] += 1
        self.attributes.append((tag, dict(attrs)))
        if tag != 'meta':
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


def test_one_error_is_told_as_one():
    told = Reader(alignments.page('x', [row('a', 'YES', 'NO', edits=1), ROWS[1]])).texts
    assert [each for each in told if 'error' in each and ' in ' in each] == [
        ' \u00b7 1 error in 1 word',
        ' \u00b7 2 errors in 3 words, 0 with the language model',
    ]


def test_confusions_are_counted_word_by_word():
    rows = [*ROWS, row('again', 'A CAT', 'A CAP')]
    assert alignments.confusions(rows) == {
        ('CAT', 'CAP'): 2,
        ('', 'ON'): 1,
        ('A', ''): 1,
        ('B', ''): 1,
    }


def test_utterances_are_worst_first_and_each_error_has_its_letter():
    page = Reader(alignments.page('a run', ROWS))
    assert not page.open
    items = [text for text in page.texts if text in ('good', 'bad', 'worst')]
    assert items == ['worst', 'bad', 'good']
    # The legend has one of each; the language model left B out.
    assert Counter(text for text in page.texts if text in 'SDI') == {'S': 2, 'D': 4, 'I': 2}
    assert page.seen['del'] == 1 + 2 + 1
    assert page.seen['ins'] == 2


def test_word_error_rates_are_of_all_rows():
    texts = Reader(alignments.page('a run', ROWS)).texts
    assert '50.0%' in texts
    assert '12.5%' in texts


def test_a_beam_without_the_language_model_stands_between_the_two():
    rows = [each | {'beam': 'A B' if each['item'] == 'worst' else each['greedy']} for each in ROWS]
    for each, edits in zip(rows, (0, 2, 0), strict=True):
        each['edits_beam'] = str(edits)
    texts = Reader(alignments.page('a run', rows)).texts
    shares = [text for text in texts if re.fullmatch(r'[\d.]+%', text)]
    assert shares == ['50.0%', '25.0%', '12.5%']
    assert texts.count('beam') == 1  # where it says what greedy decoding does not
    assert texts.count('with LM') == 2


def test_a_run_without_a_language_model_shows_greedy_alone():
    alone = row('x', 'A B', 'A', edits=1) | {'edits_with_lm': ''}
    page = alignments.page('a run', [alone])
    assert 'language model' not in page
    assert 'with LM' not in page


def test_nothing_from_outside_is_markup_and_nothing_is_fetched():
    hostile = [row(HOSTILE, 'A', HOSTILE.upper(), speaker=HOSTILE, edits=1)]
    text = alignments.page(HOSTILE, hostile)
    page = Reader(text)
    assert page.seen['script'] == 1
    for _, attributes in page.attributes:
        assert not {'src', 'href', 'style', 'onclick', 'onchange'} & set(attributes)
    [policy] = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]+)"', text)
    assert 'default-src &#x27;none&#x27;' in policy
    assert 'unsafe' not in policy
    for kind in ('script', 'style'):
        [inside] = re.findall(f'<{kind}>(.*?)</{kind}>', text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f'{kind}-src &#x27;sha256-{digest}&#x27;' in policy


def test_the_speakers_are_chosen_from_those_there_are():
    page = Reader(alignments.page('a run', ROWS))
    values = [found['value'] for tag, found in page.attributes if tag == 'option']
    assert values == ['', 'ann', 'ben']
    told = [found['data-speaker'] for tag, found in page.attributes if tag == 'article']
    assert told == ['ann', 'ben', 'ann']


def test_a_page_of_many_utterances_stays_small_and_says_what_is_left_out(monkeypatch):
    monkeypatch.setattr(alignments, 'MOST_BYTES', 20_000)
    rows = [row(f'{i:04}', 'A B C D', 'A X C D', edits=1) for i in range(500)]
    text = alignments.page('a run', rows)
    assert len(text.encode()) < 35_000
    shown = Reader(text).seen['article']
    assert 10 < shown < 500
    assert f'The {500 - shown} best are in the CSV file alone.' in text
