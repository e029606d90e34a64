import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from research import models

# Each program runs once or twice: compiled quickly rather than well.
jit = functools.partial(jax.jit, compiler_options={'xla_backend_optimization_level': 0})
SMALL = {
    'CNN1D': models.CNN1D(outputs=4, width=4, levels=3, dense=(8,)),
    'CNN2D': models.CNN2D(outputs=4, channels=(4, 4), kernels=(3, 2), dense=(8,)),
    'LSTM': models.LSTM(outputs=4, widths=(6, 6), dense=(8,)),
    'CNNBiGRU': models.CNNBiGRU(outputs=4, channels=(6, 6), kernel=5, widths=(5,)),
    'PlainCNN2D': models.PlainCNN2D(outputs=4, channels=(4, 4), pools=(2, 1), dense=(8,)),
    'MLP': models.MLP(outputs=4, widths=(16, 8), dropout=0.2),
    'ResNet': models.ResNet(outputs=4, channels=(4, 6), blocks=(2, 1)),
    'SeparableCNN': models.SeparableCNN(outputs=4, stem=4, channels=(6,), dense=(8,)),
    'ConformerCTC': models.ConformerCTC(
        outputs=4, channels=(4,), width=8, depth=1, heads=2, kernel=5
    ),
    'Transformer': models.Transformer(outputs=4, width=8, depth=1, heads=2, context=30),
    'TokenGRU': models.TokenGRU(outputs=4, vocabulary=(2, 2), embedding=6, widths=(5,)),
    'TokenLSTM': models.TokenLSTM(outputs=4, widths=(6,)),
    'FrameGRU': models.FrameGRU(outputs=4, widths=(6,), dropout=0.2),
}
TOKENS = {'Transformer': (), 'TokenGRU': (2,), 'TokenLSTM': ()}
# Without statistics over a batch. TokenLSTM tells a window's last tokens, wherever it ends.
NORM_FREE = ('ConformerCTC', 'FrameGRU', 'Transformer', 'TokenGRU')
LENGTHS = jnp.array([64, 50, 41])


@functools.cache
def example(name):
    x = jax.random.normal(jax.random.PRNGKey(0), (3, 64, 9))
    if name in TOKENS:
        x = jax.random.randint(jax.random.PRNGKey(0), (3, 64, *TOKENS[name]), 0, 2)
    return jit(SMALL[name].init)(jax.random.PRNGKey(1), x, LENGTHS), x


@functools.cache
def both(name):
    """Asked and as it trains, at a rate of dropout, in one program."""
    variables, _ = example(name)

    def apply(x, rate):
        model = SMALL[name].clone(dropout=rate)
        trained = model.apply(variables, x, LENGTHS, keys(), mutable=['batch_stats'])
        return SMALL[name].apply(variables, x, LENGTHS), trained

    return jit(apply)


def keys():
    return jax.vmap(jax.random.fold_in, (None, 0))(jax.random.PRNGKey(7), jnp.arange(3))


def logits(outputs):
    """Sequence models return the number of valid frames as well."""
    return outputs[0] if isinstance(outputs, tuple) else outputs


def test_every_model_is_tried_here():
    assert set(SMALL) | {'Forest'} == set(models.__all__)  # which is not called on a batch


@pytest.mark.parametrize('name', SMALL)
def test_padding_never_changes_an_output(name):
    _, x = example(name)
    past = jnp.arange(x.shape[1]) >= LENGTHS[:, None]
    dirty = jnp.where(past.reshape(past.shape + (1,) * (x.ndim - 2)), 1000, x)
    assert (dirty != x).any()

    found = (both(name)(each, jnp.float32(0.3)) for each in (x, dirty))
    for clean, other in zip(*map(jax.tree.leaves, found), strict=True):
        np.testing.assert_array_equal(clean, other)


# CNN2D and PlainCNN2D flatten a window, so that its length is one of their shapes.
@pytest.mark.parametrize(
    'name', ['CNN1D', 'CNNBiGRU', 'LSTM', 'ResNet', 'SeparableCNN', *NORM_FREE]
)
def test_an_example_comes_to_the_same_alone_and_cut_to_its_length(name):
    variables, x = example(name)
    own = keys() if name in NORM_FREE else None

    @jit
    def apply(x, lengths, keys):
        return SMALL[name].apply(variables, x, lengths, keys)

    together = apply(x, LENGTHS, own)
    alone = apply(x[2:, :41], LENGTHS[2:], None if own is None else own[2:])
    for one, all_of_them in zip(jax.tree.leaves(alone), jax.tree.leaves(together), strict=True):
        several = all_of_them[2, : one.shape[1]] if one.ndim == 3 else all_of_them[2]
        np.testing.assert_allclose(one[0], several, atol=1e-5)


@pytest.mark.parametrize('name', SMALL)
def test_bfloat16_stays_near_float32_and_keeps_its_parameters(name):
    variables, x = example(name)
    exact = logits(both(name)(x, jnp.float32(0.3))[0])
    rough = logits(jit(SMALL[name].clone(dtype='bfloat16').apply)(variables, x, LENGTHS))
    assert exact.shape == rough.shape
    assert (exact.shape[0], exact.shape[-1]) == (3, 4)
    assert exact.dtype == rough.dtype == jnp.float32
    assert {leaf.dtype for leaf in jax.tree.leaves(variables)} == {jnp.dtype('float32')}
    difference = np.abs(np.asarray(rough) - np.asarray(exact)).max()
    assert 0 < difference < 0.05 * np.abs(exact).max() + 0.02


@pytest.mark.parametrize('name', SMALL)
def test_the_dropout_rate_may_be_traced(name):
    variables, x = example(name)

    def out(rate):
        return logits(both(name)(x, jnp.float32(rate))[1][0])

    fixed = SMALL[name].clone(dropout=0.3)
    apply = jit(
        lambda: logits(fixed.apply(variables, x, LENGTHS, keys(), mutable=['batch_stats'])[0])
    )
    np.testing.assert_allclose(out(0.3), apply(), rtol=1e-4, atol=1e-5)
    assert np.abs(out(0.3) - out(0.8)).max() > 1e-3


@pytest.mark.parametrize(
    ('model', 'shape', 'published'),
    [
        # Conv2D(16) x 2, flatten, dense 1 on abs(STFT) of 3 s: as its authors' summary prints it.
        (models.PlainCNN2D(outputs=1), (1491, 257), 6_021_857),
    ],
)
def test_parameters_are_as_many_as_published(model, shape, published):
    x = jax.ShapeDtypeStruct((1, *shape), jnp.float32)
    lengths = jax.ShapeDtypeStruct((1,), jnp.int32)
    variables = jax.eval_shape(model.init, jax.random.PRNGKey(0), x, lengths)
    assert sum(leaf.size for leaf in jax.tree.leaves(variables['params'])) == published


def test_frames_of_the_speech_model_are_counted():
    model = models.CNNBiGRU(outputs=30)
    x = jax.ShapeDtypeStruct((1, 999, 161), jnp.float32)
    key = jax.random.PRNGKey(0)
    (out, lengths), _ = jax.eval_shape(
        model.init_with_output, key, x, jax.ShapeDtypeStruct((1,), jnp.int32)
    )
    assert out.shape == (1, 243, 30)
    assert lengths.shape == (1,)
