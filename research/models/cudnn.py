"""cuDNN's LSTM in place of a scan, on an NVIDIA GPU: the same parameters, packed as it wants them.

jax.experimental.rnn calls it and tells the layout of its flat vector of weights: the kernel of the
input, that of the hidden state, and a bias of each, where ours has one; gates lie in our order.

What was checked without a GPU (tests/research/models/test_cudnn.py): that the packed weights give
the scan's outputs and gradients by the reference implementation of jax.experimental.rnn, and that
programs are lowered to cuDNN's calls. It has been neither run nor timed on a GPU. The latter test
is skipped without the plugin that builds the calls; docs/speed.md has the command that runs it.

It multiplies in TF32 where JAX_DEFAULT_MATMUL_PRECISION does not say `highest`, and that its
backward pass gives the same bits each time, so that a run that is resumed ends as one that is not,
is not shown. The call has no rule for a member axis, so that runs which want it are trained one by
one, and XLA knows no way to cut it: on several GPUs each would compute the whole batch, which is
refused. --parallel=pmap is to give each its share; that was not tried.
"""

from typing import Any

import jax
import jax.numpy as jnp
from jax.experimental import rnn
from jax.extend import backend
from jaxtyping import Array, Float

from research.errors import UserError


def lstm(
    x: Float[Array, 'batch time inputs'],
    inward: Float[Array, 'inputs gates'],
    recurrent: Float[Array, 'features gates'],
    bias: Float[Array, ' gates'],
) -> Float[Array, 'batch time features']:
    """The hidden state after each frame, from zeros, as gates.lstm has it.

    Frames past an example's end are computed too, as a scan does: they lie behind the valid ones,
    which do not hear of them.
    """
    examples, frames, inputs = x.shape
    start = jnp.zeros((1, examples, len(recurrent)))
    outputs, _, _ = rnn.lstm(
        x.astype(jnp.float32),
        start,
        start,
        pack(inward, recurrent, bias),
        seq_lengths=jnp.full(examples, frames, jnp.int32),
        input_size=inputs,
        hidden_size=len(recurrent),
        num_layers=1,
        dropout=0.0,
        bidirectional=False,
    )
    return outputs


def pack(
    inward: Float[Array, 'inputs gates'],
    recurrent: Float[Array, 'features gates'],
    bias: Float[Array, ' gates'],
) -> Float[Array, ' weights']:
    """A layer's parameters as one vector, kernels before biases; that of the hidden state is 0."""
    kernels = [kernel.T.reshape(-1) for kernel in (inward, recurrent)]
    return jnp.concatenate([*kernels, bias, jnp.zeros_like(bias)])


def wanted(model: Any) -> bool:
    """Whether a model, or a layer, is set to it."""
    return getattr(model, 'recurrence', 'scan') == 'cudnn'


def there() -> bool:
    """Whether jax computes on an NVIDIA GPU."""
    return 'cuda' in backend.get_backend().platform_version


def refuse(model: Any, parallel: str | None = None, hosted: bool = False) -> None:
    """Raises UserError for a model, or a layer, that wants it and cannot have it.

    Args:
        parallel: layout of the program over all devices, if it is trained.
        hosted: whether the program is for processes that met at --coordinator.
    """
    if not wanted(model):
        return
    if model.dtype != 'float32':
        raise UserError(
            f'model.recurrence=cudnn computes in float32, and model.dtype is {model.dtype}: '
            'leave one of them out'
        )
    if not there():
        raise UserError(
            f'model.recurrence=cudnn wants an NVIDIA GPU, and jax computes on '
            f'{backend.get_backend().platform} here: leave it out, or install requirements.txt '
            'on a machine that has one'
        )
    if parallel == 'jit' and jax.device_count() > 1:
        raise UserError(
            'model.recurrence=cudnn cannot be shared by the devices of a program under '
            f'{"--coordinator" if hosted else "--parallel=jit"}: each of the '
            f'{jax.device_count()} here would compute the whole batch: take '
            f'{"" if hosted else "--parallel=pmap, or "}model.recurrence=scan'
        )
