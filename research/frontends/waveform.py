"""Samples as they are."""

import dataclasses
from typing import ClassVar

from jaxtyping import Array, Float, Int

from research.bounds import Count
from research.frontends import framing


@dataclasses.dataclass(frozen=True, kw_only=True)
class Waveform:
    """Samples in frames that follow one another without overlap; samples left over are dropped.

    Attributes:
        rate_hz: rate of the samples it takes.
        frame: samples of a frame, which are its features.
        frames: keep the first so many, filled up with zeros; None: all.
    """

    axis: ClassVar[str] = 'sample'
    unit: ClassVar[str] = 'amplitude'

    rate_hz: Count = 22050
    frame: Count = 1
    frames: Count | None = None

    @property
    def hop(self) -> int:
        return self.frame

    def __call__(
        self, samples: Float[Array, '*batch samples'], lengths: Int[Array, '*batch'] | None = None
    ) -> tuple[Float[Array, '*batch frames features'], Int[Array, '*batch']]:
        """Samples to features, as `FrontEnd` has it.

        Raises:
            UserError: fewer samples than a frame.
        """
        samples, lengths = framing.begin(samples, lengths)
        size = samples.shape[-1]
        frames = framing.count(size, self.frame, self.frame)
        framing.at_least_one(frames, size, f'frame={self.frame} are needed')
        # A last frame that is only partly valid is dropped, as it is from a signal that ends there.
        features = samples[..., : frames * self.frame].reshape(
            *samples.shape[:-1], frames, self.frame
        )
        return framing.finish(features, framing.count(lengths, self.frame, self.frame), self.frames)
