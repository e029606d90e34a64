import itertools
import math
import random

import pytest

from research.decoding import ngram
from research.decoding.ngram import END, START, UNKNOWN

Sentences = list[list[str]]
SMALL = [text.split() for text in ('the cat sat', 'the cat ran', 'a dog ran', 'the', '')]


def drawn(seed: int, sentences: int = 400) -> Sentences:
    """Sentences of a chain over 40 words, each with three that often follow it."""
    rng = random.Random(seed)
    words = [f'w{i}' for i in range(40)]
    weights = [1 / (i + 1) for i in range(40)]
    result = []
    for _ in range(sentences):
        sentence = [rng.choices(words, weights)[0]]
        while rng.random() < 0.85:
            near = [words[(int(sentence[-1][1:]) * 7 + k) % 40] for k in (1, 2, 3)]
            sentence.append(rng.choice(near if rng.random() < 0.8 else words))
        result.append(sentence)
    return result


def kneser_ney(sentences: Sentences, order: int):
    """p(word | history) by the recursion of Chen and Goodman (1999), section 3, from lists."""
    padded = [(START, *words, END) for words in sentences]
    grams = {
        n: [s[i : i + n] for s in padded for i in range(len(s) - n + 1)]
        for n in range(1, order + 1)
    }
    vocabulary = {gram[0] for gram in grams[1]} - {START} | {UNKNOWN}
    counts = {}
    for n in range(1, order + 1):
        for gram in set(grams[n]) - {(START,)}:
            if n == order or gram[0] == START:
                counts[gram] = grams[n].count(gram)
            else:
                counts[gram] = len({longer[0] for longer in grams[n + 1] if longer[1:] == gram})
    discounts = {}
    for n in range(1, order + 1):
        n1, n2, n3, n4 = (
            sum(len(gram) == n and c == k for gram, c in counts.items()) for k in (1, 2, 3, 4)
        )
        if min(n1, n2, n3, n4) == 0:
            discounts[n] = (0.5, 1.0, 1.5)
        else:
            y = n1 / (n1 + 2 * n2)
            discounts[n] = (1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3)

    def p(word: str, history: tuple[str, ...]) -> float:
        n = len(history) + 1
        lower = p(word, history[1:]) if history else 1 / len(vocabulary)
        after = {w: counts[*history, w] for w in vocabulary if (*history, w) in counts}
        if not after:
            return lower
        total, (d1, d2, d3) = sum(after.values()), discounts[n]
        exact = [sum(c == k for c in after.values()) for k in (1, 2)]
        left = d1 * exact[0] + d2 * exact[1] + d3 * (len(after) - sum(exact))
        own = after.get(word, 0)
        taken = (0.0, d1, d2, d3)[min(own, 3)]
        return (own - taken) / total + left / total * lower

    return p, discounts


@pytest.mark.parametrize('order', [1, 2, 3])
@pytest.mark.parametrize('sentences', [SMALL, drawn(0, 80)], ids=['fallback', 'drawn'])
def test_probabilities_are_those_of_the_published_recursion(sentences: Sentences, order: int):
    model = ngram.build(sentences, order)
    expected, _ = kneser_ney(sentences, order)
    words = [*model.vocabulary[:12], END, UNKNOWN]
    for length in range(order):
        for before in itertools.product(words, repeat=length):
            history = (START, *before)[-(order - 1) :] if order > 1 else ()
            for word in words:
                found = math.exp(model.log_prob(word, before))
                assert found == pytest.approx(expected(word, history), rel=1e-9)


def test_larger_texts_have_their_own_discounts():
    # So that the test above stands for the estimates and not for the fallback alone.
    _, discounts = kneser_ney(drawn(0, 80), 3)
    assert (0.5, 1.0, 1.5) not in (discounts[2], discounts[3])
    # And these are of use to nobody: the 'negative' sentences below need the fallback.
    _, discounts = kneser_ney(drawn(0, 150), 3)
    assert min(discounts[2]) < 0


@pytest.mark.parametrize('order', [1, 2, 3, 4])
@pytest.mark.parametrize('sentences', [drawn(1, 30), drawn(0, 150)], ids=['few', 'negative'])
def test_probabilities_after_every_history_sum_to_one(sentences: Sentences, order: int):
    model = ngram.build(sentences, order)
    words = model.vocabulary
    assert {END, UNKNOWN} <= set(words)
    assert START not in words
    rng = random.Random(2)
    befores = [s[:i] for s in sentences[:10] for i in range(len(s) + 1)]
    befores += [rng.choices([*words, 'never seen'], k=rng.randrange(6)) for _ in range(100)]
    for before in befores:
        total = math.fsum(math.exp(model.log_prob(word, before)) for word in words)
        assert total == pytest.approx(1, abs=1e-9)


def test_unseen_history_backs_off_to_the_longest_seen_part():
    model = ngram.build(drawn(3), 3)
    assert model.log_prob('w2', ['never seen', 'w1']) == model.log_prob('w2', ['also never', 'w1'])
    assert model.log_prob('w2', ['w1', 'never seen']) == model.log_prob('w2', ['x', 'never seen'])
    assert model.log_prob('w2', ['w0', 'w1']) != model.log_prob('w2', ['never seen', 'w1'])


def test_words_not_in_the_text_are_one_unknown_word():
    model = ngram.build(SMALL, 2)
    assert model.log_prob('zebra', ['the']) == model.log_prob(UNKNOWN, ['the'])
    assert model.log_prob('zebra', ['the']) < model.log_prob('dog', ['the'])


def perplexity(model: ngram.Model, sentences: list[list[str]]) -> float:
    """exp of the mean of -log p over the words and the ends of the sentences."""
    logs = [
        model.log_prob(word, words[:i])
        for words in sentences
        for i, word in enumerate([*words, END])
    ]
    return math.exp(-math.fsum(logs) / len(logs))


def test_held_out_perplexity_falls_with_order_and_lies_below_uniform():
    held_out = drawn(11)
    models = [ngram.build(drawn(10), order) for order in (1, 2)]
    one, two = (perplexity(model, held_out) for model in models)
    assert two < one < len(models[0].vocabulary)


def test_perplexity_of_a_certain_text_is_closed_form():
    # One sentence 'a': both unigrams occur once, so all of FALLBACK's 0.5 twice goes to 3 words.
    model = ngram.build([['a']], 1)
    p = (1 - 0.5) / 2 + (0.5 + 0.5) / 2 / 3
    assert perplexity(model, [['a']]) == pytest.approx(1 / p)


def test_strings_are_sentences_of_characters():
    text = ['THE CAT', 'THE DOG', 'A CAT', 'THE THE']
    model = ngram.build(text, 3)
    assert model.vocabulary == sorted({*''.join(text), END, UNKNOWN})
    assert model.log_prob('E', 'TH') == model.log_prob('E', ['T', 'H'])
    assert model.log_prob('E', 'TH') > model.log_prob('A', 'TH')


def test_order_of_the_sentences_changes_only_rounding():
    sentences = drawn(5, 60)
    one, two = ngram.build(sentences), ngram.build(sentences[::-1])
    assert ngram.build(sentences) == one
    assert dict(one.log_probs) == pytest.approx(dict(two.log_probs), abs=1e-12)


def test_what_is_no_text_is_refused():
    with pytest.raises(ValueError, match='0 sentences'):
        ngram.build([])
    with pytest.raises(ValueError, match='order 0'):
        ngram.build(SMALL, 0)
    with pytest.raises(ValueError, match='put around it'):
        ngram.build([['a', START]])
