import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats

from research.decoding.sampling import sample

P = np.array([0.05, 0.4, 0.1, 0.25, 0.2])
LOGITS = jnp.log(jnp.asarray(P)) + 3.0
DRAWS = 4000

draw = jax.jit(jax.vmap(sample, in_axes=(0, None, None, None, None)))


def frequencies(temperature: float = 1.0, top_k: int = 0, top_p: float = 1.0) -> np.ndarray:
    keys = jax.random.split(jax.random.key(0), DRAWS)
    return np.bincount(draw(keys, LOGITS, temperature, top_k, top_p), minlength=len(P))


def assert_drawn_from(counts: np.ndarray, weights: list[float]):
    """Each count within the central interval that a right one misses once in 100,000."""
    p = np.array(weights) / np.sum(weights)
    low, high = scipy.stats.binom.interval(1 - 1e-5, DRAWS, p)
    np.testing.assert_array_less(low - 1, counts)
    np.testing.assert_array_less(counts, high + 1)
    assert not counts[p == 0].any()


def test_plain_draws_follow_the_softmax():
    assert_drawn_from(frequencies(), P.tolist())


def test_temperature_is_a_power_of_the_probabilities():
    assert_drawn_from(frequencies(temperature=0.5), (P**2).tolist())
    assert_drawn_from(frequencies(temperature=3.0), (P ** (1 / 3)).tolist())


def test_top_k_keeps_the_k_most_probable():
    assert_drawn_from(frequencies(top_k=2), [0, 0.4, 0, 0.25, 0])
    assert_drawn_from(frequencies(top_k=9), P.tolist())


def test_nucleus_is_the_smallest_set_with_its_mass():
    assert_drawn_from(frequencies(top_p=0.3), [0, 1, 0, 0, 0])
    assert_drawn_from(frequencies(top_p=0.6), [0, 0.4, 0, 0.25, 0])
    assert_drawn_from(frequencies(top_p=0.7), [0, 0.4, 0, 0.25, 0.2])


def test_nucleus_is_that_of_what_temperature_and_top_k_left():
    # Squares of the three most probable: 0.16, 0.0625, 0.04; the first two are 85% of them.
    counts = frequencies(temperature=0.5, top_k=3, top_p=0.8)
    assert_drawn_from(counts, [0, 0.16, 0, 0.0625, 0])


def test_everything_kept_is_every_token():
    logits = jnp.zeros(50_000)
    keys = jax.random.split(jax.random.key(1), 200)
    assert int(draw(keys, logits, 1.0, 0, 1.0).max()) > 45_000


@pytest.mark.parametrize('temperature', [0.0, 1e-30])
def test_zero_temperature_is_the_first_argmax_and_next_to_zero_any(temperature: float):
    logits = jnp.array([-jnp.inf, 2.0, 5.0, 5.0, 1.0])
    keys = jax.random.split(jax.random.key(4), 50)
    tokens = draw(keys, logits, temperature, 0, 1.0)
    assert set(np.asarray(tokens).tolist()) == ({2} if temperature == 0 else {2, 3})


def test_impossible_tokens_are_never_drawn():
    logits = jnp.array([-jnp.inf, 0.0, -jnp.inf])
    keys = jax.random.split(jax.random.key(2), 100)
    assert np.all(draw(keys, logits, 100.0, 0, 1.0) == 1)


def test_scan_with_traced_options_draws_what_a_loop_draws():
    @jax.jit
    def scanned(temperature, top_k, top_p):
        def step(token, key):
            token = sample(key, jnp.roll(LOGITS, token), temperature, top_k, top_p)
            return token, token

        return jax.lax.scan(step, jnp.int32(0), jax.random.split(jax.random.key(3), 12))[1]

    token, looped = jnp.int32(0), []
    for key in jax.random.split(jax.random.key(3), 12):
        token = sample(key, jnp.roll(LOGITS, token), 0.9, 3, 0.95)
        looped.append(int(token))
    assert scanned(jnp.float32(0.9), jnp.int32(3), jnp.float32(0.95)).tolist() == looped
    assert len(set(looped)) > 2


@pytest.mark.parametrize(
    'bad', [{'temperature': -1.0}, {'top_k': -1}, {'top_p': 0.0}, {'top_p': 1.5}]
)
def test_numbers_out_of_range_are_refused(bad):
    with pytest.raises(ValueError, match='wanted'):
        sample(jax.random.key(0), LOGITS, **bad)
