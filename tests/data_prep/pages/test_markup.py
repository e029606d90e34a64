from html.parser import HTMLParser

import pytest

from data_prep.pages.markup import joined, name, tag


class Seen(HTMLParser):
    """What a reader of HTML makes of it: elements with their attributes, and text."""

    def __init__(self, page):
        super().__init__()
        self.elements, self.text = [], ''
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


@pytest.mark.parametrize(
    'text', ['<b>', '</script><script>x()</script>', '"\'><img onerror=x>', '&lt;', 'a & b']
)
def test_text_and_values_are_read_as_they_were_given(text):
    seen = Seen(tag('p', text, aria_label=text))
    assert seen.elements == [('p', {'aria-label': text})]
    assert seen.text == text


def test_markup_stays_markup_and_nothing_is_nothing():
    assert tag('p', tag('b', 1), None, ' x') == '<p><b>1</b> x</p>'
    assert joined([tag('i'), '<']) == '<i></i>&lt;'


def test_attributes_stand_alone_or_are_left_out():
    made = tag('audio', controls=True, src=None, hidden=False, class_='a', tabindex=0)
    assert made == '<audio controls class="a" tabindex="0"></audio>'
    assert tag('meta', charset='utf-8') == '<meta charset="utf-8">'


def test_a_string_joined_to_markup_is_markup_no_more():
    assert joined([tag('b') + '<i>']) == '&lt;b&gt;&lt;/b&gt;&lt;i&gt;'


def test_a_name_keeps_its_direction_to_itself_and_is_cut():
    seen = Seen(name('\u202eevil' + 'x' * 200))
    assert seen.elements == [('bdi', {})]
    assert '\u202e' not in seen.text
    assert len(seen.text) == 80
