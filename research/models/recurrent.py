"""Recurrent layers over frames: one matrix for all gates, the input's part for all frames at once.

A frame depends on those before it alone: with padding at the end, the valid ones know nothing of
it. `reverse` turns each example's valid frames round, so that the same holds backwards.
"""

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from research.bounds import Recurrence
from research.models import cudnn, gates, layers

# Keras's default, which the published models were trained with.
recurrent_init = nn.initializers.orthogonal()


class LSTM(nn.Module):
    """Long short-term memory (Hochreiter and Schmidhuber, 1997; forget gate of Gers, 2000).

    Attributes:
        features: units.
        unroll: frames in one turn of the loop; 0: by platform.
        dtype: of the computation; parameters stay float32.
        recurrence: 'scan', or 'cudnn', which has the same parameters; these are made by the scan.

    Raises:
        UserError: as cudnn.refuse.
    """

    features: int
    unroll: int = 0
    dtype: str = 'float32'
    recurrence: Recurrence = 'scan'

    @nn.compact
    def __call__(
        self, x: Float[Array, 'batch time inputs']
    ) -> Float[Array, 'batch time {self.features}']:
        width, dtype = self.features, jnp.dtype(self.dtype)
        inward = self.param('input_kernel', layers.kernel_init, (x.shape[-1], 4 * width))
        recurrent = self.param('recurrent_kernel', recurrent_init, (width, 4 * width))
        bias = self.param('bias', _forget_one, (4 * width,))
        if self.recurrence == 'cudnn' and not self.is_initializing():
            cudnn.refuse(self)
            return cudnn.lstm(x, inward, recurrent, bias)
        drives = jnp.swapaxes(x.astype(dtype), 0, 1) @ inward.astype(dtype) + bias.astype(dtype)
        outputs = gates.lstm(drives, recurrent.astype(dtype), _unroll(self.unroll))
        return jnp.swapaxes(outputs, 0, 1)


class GRU(nn.Module):
    """Gated recurrent unit (Cho et al., 2014), the reset gate after the product as in cuDNN.

    That variant (Keras's `reset_after`) has two biases a gate and one product a frame.

    Attributes:
        features: units.
        unroll: frames in one turn of the loop; 0: by platform.
        dtype: of the computation; parameters stay float32.
    """

    features: int
    unroll: int = 0
    dtype: str = 'float32'

    @nn.compact
    def __call__(
        self,
        x: Float[Array, 'batch time inputs'],
        start: Float[Array, 'batch {self.features}'] | None = None,
    ) -> Float[Array, 'batch time {self.features}']:
        """The state after each frame; `start` is the one before the first, None: zeros."""
        width, dtype = self.features, jnp.dtype(self.dtype)
        zeros = nn.initializers.zeros
        inward = self.param('input_kernel', layers.kernel_init, (x.shape[-1], 3 * width))
        recurrent = self.param('recurrent_kernel', recurrent_init, (width, 3 * width))
        bias = self.param('bias', zeros, (3 * width,)).astype(dtype)
        inner_bias = self.param('recurrent_bias', zeros, (3 * width,)).astype(dtype)
        drives = jnp.swapaxes(x.astype(dtype), 0, 1) @ inward.astype(dtype) + bias
        if start is None:
            start = jnp.zeros((x.shape[0], width), dtype)
        outputs = gates.gru(
            drives, recurrent.astype(dtype), inner_bias, start, _unroll(self.unroll)
        )
        return jnp.swapaxes(outputs, 0, 1)


def reverse(
    x: Float[Array, 'batch time features'], lengths: Int[Array, ' batch']
) -> Float[Array, 'batch time features']:
    """Each example's valid frames in reverse order; what lies past them stays where it is."""
    frames = jnp.arange(x.shape[1])
    turned = lengths[:, None] - 1 - frames
    places = jnp.where(turned >= 0, turned, frames)
    return jnp.take_along_axis(x, places[:, :, None], axis=1)


def _unroll(asked: int) -> int:
    """A CPU is slower with every frame more; elsewhere eight spare most of the loop's own cost."""
    return asked or (1 if jax.default_backend() == 'cpu' else 8)


def _forget_one(_, shape: tuple[int, ...], dtype=jnp.float32) -> Float[Array, ' gates']:
    """Zeros, but one for the forget gate (Jozefowicz et al., 2015, section 2.2)."""
    width = shape[0] // 4
    return jnp.zeros(shape, dtype).at[width : 2 * width].set(1)
