"""Optimizers and schedules as values.

A learning rate, a weight decay or a schedule's length may be a traced scalar, so that runs that
differ in nothing else train as one program: the optax part (`transform`) holds only what is static.
"""

import abc
import dataclasses
from typing import Protocol, runtime_checkable

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int

from research.bounds import (
    Decay,
    FractionValue,
    Index,
    NonNegativeValue,
    Positive,
    PositiveValue,
)


@runtime_checkable
class Schedule(Protocol):
    def factor(
        self, step: Int[Array, ''], steps: Int[Array, ''] | int
    ) -> Float[Array, ''] | float: ...


@dataclasses.dataclass(frozen=True)
class Constant:
    """The same learning rate at every step."""

    def factor(self, step: Int[Array, ''], steps: Int[Array, ''] | int) -> Float[Array, ''] | float:
        return 1.0


@dataclasses.dataclass(frozen=True)
class WarmupCosine:
    """Linear warm-up, then half a cosine down to a fraction of the peak.

    Loshchilov and Hutter, "SGDR", 2017, section 3, without restarts.

    Attributes:
        warmup_steps: steps until the peak; the first step already moves.
        final: learning rate at the last step, as a fraction of the peak.
    """

    warmup_steps: Index = 0
    final: FractionValue = 0.0

    def factor(self, step: Int[Array, ''], steps: Int[Array, ''] | int) -> Float[Array, '']:
        rising = (step + 1) / jnp.maximum(self.warmup_steps, 1)
        length = jnp.maximum(steps - self.warmup_steps, 1)
        progress = jnp.clip((step - self.warmup_steps) / length, 0.0, 1.0)
        falling = self.final + (1 - self.final) * 0.5 * (1 + jnp.cos(jnp.pi * progress))
        return jnp.where(step < self.warmup_steps, jnp.minimum(rising, 1.0), falling)


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Update(abc.ABC):
    """What every update rule has.

    Attributes:
        learning_rate: at the schedule's peak.
        schedule: factor on the learning rate as a function of the step.
        weight_decay: decoupled, on matrices and filters only, scaled by the learning rate
            (Loshchilov and Hutter, "Decoupled Weight Decay Regularization", 2019).
        clip_norm: greatest global norm of a gradient; None: unbounded.
    """

    learning_rate: PositiveValue = 1e-3
    schedule: Constant | WarmupCosine = Constant()
    weight_decay: NonNegativeValue = 0.0
    clip_norm: Positive | None = None

    @abc.abstractmethod
    def direction(self) -> optax.GradientTransformation:
        """Gradient to unscaled direction, before clipping is put in front of it."""

    def transform(self) -> optax.GradientTransformation:
        """Gradient to unscaled direction: the part that holds state."""
        if self.clip_norm is None:
            return self.direction()
        return optax.chain(optax.clip_by_global_norm(self.clip_norm), self.direction())

    def apply(self, params, direction, step: Int[Array, ''], steps: Int[Array, ''] | int):
        """Moves `params` along `direction`; returns them and the learning rate that was used."""
        rate = self.learning_rate * jnp.asarray(self.schedule.factor(step, steps), jnp.float32)

        def move(parameter, change):
            if parameter.ndim > 1:
                change = change + self.weight_decay * parameter
            return parameter - rate * change

        return jax.tree.map(move, params, direction), rate


@dataclasses.dataclass(frozen=True, kw_only=True)
class Adam(_Update):
    """Kingma and Ba, "Adam", 2015, algorithm 1; with weight decay, AdamW."""

    b1: Decay = 0.9
    b2: Decay = 0.999
    eps: Positive = 1e-7

    def direction(self) -> optax.GradientTransformation:
        return optax.scale_by_adam(self.b1, self.b2, self.eps)


@dataclasses.dataclass(frozen=True, kw_only=True)
class RMSprop(_Update):
    """Tieleman and Hinton, lecture 6.5, 2012: gradients over their running root mean square."""

    decay: Decay = 0.9
    eps: Positive = 1e-7

    def direction(self) -> optax.GradientTransformation:
        return optax.scale_by_rms(self.decay, self.eps, eps_in_sqrt=False)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Momentum(_Update):
    """Stochastic gradient descent with Nesterov's momentum (Sutskever et al., 2013)."""

    momentum: Decay = 0.9

    def direction(self) -> optax.GradientTransformation:
        return optax.trace(self.momentum, nesterov=True)


Optimizer = Adam | RMSprop | Momentum
