"""Front-ends: pure functions from samples to features, on the device; equal to librosa."""

from typing import ClassVar, Protocol, runtime_checkable

from jaxtyping import Array, Float, Int

from research.frontends.log_mel import LogMel
from research.frontends.mel import Mel
from research.frontends.mfcc import MFCC
from research.frontends.resample import resample
from research.frontends.stft import STFT
from research.frontends.waveform import Waveform

KINDS: dict[str, type] = {kind.__name__: kind for kind in (LogMel, MFCC, Mel, STFT, Waveform)}

__all__ = ['KINDS', 'MFCC', 'STFT', 'FrontEnd', 'LogMel', 'Mel', 'Waveform', 'resample']


@runtime_checkable
class FrontEnd(Protocol):
    """A front-end is a frozen dataclass, so it can be compared, hashed and written as JSON.

    Attributes:
        axis: what one feature of a frame is, for plots.
        unit: of the features' values, for plots.
    """

    axis: ClassVar[str]
    unit: ClassVar[str]

    @property
    def rate_hz(self) -> int:
        """Rate of the samples it takes."""
        ...

    @property
    def hop(self) -> int:
        """Samples from the beginning of a frame to that of the next."""
        ...

    @property
    def frames(self) -> int | None:
        """How many frames it keeps; None: all."""
        ...

    def __call__(
        self, samples: Float[Array, '*batch samples'], lengths: Int[Array, '*batch'] | None = None
    ) -> tuple[Float[Array, '*batch frames features'], Int[Array, '*batch']]:
        """Samples to features.

        Args:
            samples: float32 in [-1, 1), at rate_hz.
            lengths: valid samples of each example, those at [0, length); None: all. What lies past
                them has no influence on anything.

        Returns:
            Features, zero past the valid frames, and the valid frames of each example: as many as a
            signal of that length alone would have, none for an empty one.
        """
        ...
