import itertools
import re

from data_prep.synthesis import phrases
from data_prep.synthesis.additive import stream


def test_sentences_are_spelt_like_librispeech_and_none_comes_twice():
    drawn = list(itertools.islice(phrases.draw(stream('a')), 2000))
    assert len(set(drawn)) == 2000
    for sentence in drawn:
        assert re.fullmatch(r"[A-Z']+( [A-Z']+)+", sentence)
    assert set(''.join(drawn)) == set("ABCDEFGHIJKLMNOPQRSTUVWXYZ' ")


def test_every_word_of_the_lists_can_be_said():
    drawn = ' '.join(itertools.islice(phrases.draw(stream('a')), 8000))
    said = set(drawn.split())
    for choices in phrases.WORDS.values():
        assert said >= {word for choice in choices for word in choice.split()}


def test_plural_and_possessive_are_made_of_the_word():
    drawn = ' '.join(itertools.islice(phrases.draw(stream('a')), 3000)).split()
    things = set(phrases.WORDS['thing'])
    assert {f'{thing}S' for thing in things} <= set(drawn)
    assert {f"{name}'S" for name in phrases.WORDS['name']} <= set(drawn)


def test_a_stream_gives_its_sentences_again():
    one, other = (list(itertools.islice(phrases.draw(stream('a')), 50)) for _ in range(2))
    assert one == other
