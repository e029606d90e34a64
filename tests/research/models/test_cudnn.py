"""cuDNN's LSTM without a GPU: by its reference implementation, and as far as it is lowered.

The latter wants the plugin that builds the calls, which nothing else here does: docs/speed.md has
the command.
"""

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.experimental import rnn

import experiments
from research import hosted, models, overrides, start
from research.choosing import Chosen
from research.errors import UserError
from research.lengths import valid
from research.loop import Options
from research.models import cudnn, gates

# Each program runs once: compiled quickly rather than well.
jit = functools.partial(jax.jit, compiler_options={'xla_backend_optimization_level': 0})
LENGTHS = jnp.array([6, 4, 1])
SMALL = {
    'LSTM': models.LSTM(outputs=4, widths=(5, 3), dense=(4,), dropout=0.2),
    'TokenLSTM': models.TokenLSTM(outputs=4, told=2, widths=(5, 3), dropout=0.2),
}


def init(model, x):
    return jit(model.init)(jax.random.PRNGKey(7), *x[:2])


def normal(seed, *shape):
    return jax.random.normal(jax.random.PRNGKey(seed), shape)


def reference(x, h_0, c_0, weights, seq_lengths, **sizes):
    """The signature of rnn.lstm; what it does is written down in jax.experimental.rnn."""
    shape = [sizes[name] for name in ('input_size', 'hidden_size', 'num_layers', 'bidirectional')]
    assert weights.shape == (rnn.get_num_params_in_lstm(*shape),)
    unpacked = rnn.unpack_lstm_weights(weights, *shape)
    order = 'input_size', 'hidden_size', 'num_layers', 'dropout', 'bidirectional'
    rest = [sizes[name] for name in order]
    return rnn.lstm_ref(x, h_0, c_0, *unpacked, seq_lengths, *rest)


@pytest.fixture
def referred(monkeypatch):
    monkeypatch.setattr(rnn, 'lstm', reference)
    monkeypatch.setattr(cudnn, 'there', lambda: True)


PARAMETERS = normal(0, 2, 12), normal(1, 3, 12), normal(2, 12)
X = normal(3, 3, 6, 2)


def scanned(x, inward, recurrent, bias):
    return jnp.swapaxes(gates.lstm(jnp.swapaxes(x, 0, 1) @ inward + bias, recurrent), 0, 1)


def both(function, mask: Any = True):
    """Outputs, and the gradients of all arguments for one that is drawn, or 0 where masked."""

    @jit
    def outputs_and_gradients(*arrays):
        found, backward = jax.vjp(function, *arrays)
        return found, *backward(jnp.where(mask, normal(4, *found.shape), 0))

    return outputs_and_gradients(X, *PARAMETERS)


def test_packed_weights_give_the_scan_and_all_of_its_gradients(referred):
    for own, other in zip(both(cudnn.lstm), both(scanned), strict=True):
        np.testing.assert_allclose(own, other, rtol=1e-4, atol=1e-5)


def test_with_the_lengths_told_valid_frames_and_their_gradients_would_be_the_same():
    """So nothing is lost by not telling them, and what lies at padding is the scan's too."""
    mask = valid(LENGTHS, 6)[..., None]
    start = jnp.zeros((1, 3, 3))
    sizes = {'input_size': 2, 'hidden_size': 3, 'num_layers': 1, 'dropout': 0.0}

    def told(x, *parameters):
        weights = cudnn.pack(*parameters)
        return reference(x, start, start, weights, LENGTHS, **sizes, bidirectional=False)[0]

    found, *gradients = both(told, mask)
    expected, *others = both(scanned, mask)
    assert (jnp.where(mask, 0, found) == 0).all()
    for own, other in zip(
        [found, *gradients], [jnp.where(mask, expected, 0), *others], strict=True
    ):
        np.testing.assert_allclose(own, other, rtol=1e-4, atol=1e-5)


def batch(name):
    """A batch with padding, and keys for its dropout."""
    tokens = jax.random.randint(jax.random.PRNGKey(5), (3, 6), 0, 4)
    return (
        {'LSTM': X, 'TokenLSTM': tokens}[name],
        LENGTHS,
        jax.random.split(jax.random.PRNGKey(6), 3),
    )


@pytest.mark.parametrize('name', SMALL)
def test_models_have_the_same_parameters_outputs_and_gradients_by_either(referred, name):
    own, x = SMALL[name].clone(recurrence='cudnn'), batch(name)
    variables, others = (init(each, x) for each in (SMALL[name], own))
    jax.tree.map(np.testing.assert_array_equal, variables, others)

    def judged(model):
        def loss(variables):
            found = model.apply(variables, *x)
            outputs = found[0] if isinstance(found, tuple) else found
            return jnp.sum(outputs * normal(8, *outputs.shape)), outputs

        gradient, outputs = jit(jax.grad(loss, has_aux=True))(variables)
        return outputs, *jax.tree.leaves(gradient)

    for one, two in zip(judged(own), judged(SMALL[name]), strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize('name', SMALL)
def test_a_training_step_is_lowered_to_a_call_a_layer_forward_and_back(monkeypatch, name):
    plugin = pytest.importorskip('jaxlib.gpu_rnn', reason='this jaxlib knows no cuDNN')
    if not plugin._cuda_rnn:
        pytest.skip('wants jax-cuda12-plugin: docs/speed.md has the command')
    # What a device alone can tell: how much room cuDNN wants for its work, and for the way back.
    room = 'compute_rnn_workspace_reserve_space_sizes'
    monkeypatch.setattr(plugin, room, lambda *_: (64, 32), raising=False)
    monkeypatch.setattr(cudnn, 'there', lambda: True)
    model, x = SMALL[name].clone(recurrence='cudnn'), batch(name)
    variables = init(model, x)

    def loss(variables, x, lengths, keys):
        return sum(
            jnp.sum(each) for each in jax.tree.leaves(model.apply(variables, x, lengths, keys))
        )

    step = jax.jit(jax.grad(loss)).trace(variables, *x)
    text = step.lower(lowering_platforms=('cuda',)).as_text()
    assert text.count('@cudnn_rnn_ffi(') == text.count('@cudnn_rnn_bwd_ffi(') == 2
    assert 'stablehlo.while' not in text


def test_it_is_refused_in_half_precision_and_where_there_is_no_gpu(monkeypatch):
    monkeypatch.setattr(cudnn, 'there', lambda: False)
    layer = models.LSTM(outputs=2, widths=(2,), recurrence='cudnn')
    variables = init(layer, (X, LENGTHS))
    with pytest.raises(UserError, match='wants an NVIDIA GPU, and jax computes on'):
        layer.apply(variables, X, LENGTHS)
    with pytest.raises(UserError, match=r'computes in float32, and model\.dtype is bfloat16'):
        cudnn.refuse(layer.clone(dtype='bfloat16'))
    cudnn.refuse(layer.clone(recurrence='scan', dtype='bfloat16'))
    cudnn.refuse(models.MLP(outputs=2))


def test_devices_that_would_each_compute_the_whole_batch_are_refused_before_a_run_is_begun(
    drawn, tmp_path, monkeypatch
):
    monkeypatch.setattr(cudnn, 'there', lambda: True)
    experiment = overrides.apply(experiments.build('genre_lstm'), ['model.recurrence=cudnn'])
    chosen = Chosen(experiment, drawn([(8000, 1.0)] * 6), stand_in=False)
    refused = 'shared by the devices of a program under {}: each of the 2 here .*: take {}'
    with monkeypatch.context() as two:
        two.setattr(jax, 'device_count', lambda: 2)
        wanted = refused.format('--parallel=jit', '--parallel=pmap, or model.recurrence=scan$')
        with pytest.raises(UserError, match=wanted):
            start.train(chosen, tmp_path, 'off', Options())
        wanted = refused.format('--coordinator', 'model.recurrence=scan$')
        with pytest.raises(UserError, match=wanted):
            hosted.train(lambda: chosen, tmp_path, 'off', Options(), False, False)
        cudnn.refuse(experiment.model, 'pmap')
    cudnn.refuse(experiment.model, 'jit')
    assert not [*tmp_path.iterdir()]
