"""The published model of notes: a token's number is all that is heard of it."""

import dataclasses
from typing import ClassVar

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from research.bounds import LATER, Count, Dtype, Index, RateValue, Recurrence
from research.errors import UserError
from research.models import layers, pooling, recurrent


class TokenLSTM(nn.Module):
    """Each token's number over the largest, as one input; LSTM layers; logits of the next token.

    Attributes:
        outputs: how many tokens there are; 0: as many as the task asks for.
        told: how many of a window's last tokens are told, each from those before it in the window.
        widths: units of each recurrent layer.
        dropout: rate before the last layer.
        dtype: of the computation; parameters stay float32.
        recurrence: 'scan', or cuDNN's kernel on an NVIDIA GPU: see research.models.cudnn.
    """

    labels: ClassVar[str] = 'tokens'

    outputs: Index = 0
    told: Count = 1
    widths: tuple[Count, ...] = (256,)
    dropout: RateValue = 0.3
    dtype: Dtype = 'float32'
    recurrence: Recurrence = dataclasses.field(default='scan', metadata=LATER)

    def setup(self):
        self.layers = [
            recurrent.LSTM(width, dtype=self.dtype, recurrence=self.recurrence)
            for width in self.widths
        ]
        self.drop = layers.Dropout(self.dropout)
        init = layers.kernel_init
        self.dense = nn.Dense(self.outputs, dtype=jnp.dtype(self.dtype), kernel_init=init)

    def __call__(
        self,
        x: Int[Array, 'batch time *fields'],
        lengths: Int[Array, ' batch'],
        keys: layers.Keys | None = None,
    ) -> tuple[Float[Array, 'batch {self.told} {self.outputs}'], Int[Array, ' batch']]:
        """Logits of the window's last tokens, and how many tokens of it are valid.

        Raises:
            UserError: windows are not longer than what is told of them; tokens have several fields.
        """
        if x.shape[1] <= self.told:
            raise UserError(
                f'frontend.window (={x.shape[1]}) must be more than model.told (={self.told}): '
                'TokenLSTM tells a token from one before it at least'
            )
        hidden = self._heard(x, lengths)[:, x.shape[1] - 1 - self.told : -1]
        return self.dense(self.drop(hidden, keys)).astype(jnp.float32), lengths

    def after(
        self, x: Int[Array, 'batch time *fields'], lengths: Int[Array, ' batch']
    ) -> Float[Array, 'batch {self.outputs}']:
        """Logits of the token that follows the valid ones; there is one at least."""
        return self.dense(pooling.last(self._heard(x, lengths), lengths)).astype(jnp.float32)

    def _heard(self, x, lengths):
        if x[0, 0].size != 1:
            raise UserError(
                f'TokenLSTM hears one number a token, and here tokens have {x[0, 0].size} fields: '
                'take frontend=Names, or another model'
            )
        x = (x.reshape(*x.shape[:2], 1) / max(self.outputs - 1, 1)).astype(self.dtype)
        x = layers.zero_padding(x, lengths)
        for layer in self.layers:
            x = layer(x)
        return x
