"""What is said in a recording."""

import dataclasses
from collections.abc import Iterator
from typing import Any

import jax
import numpy as np
from jaxtyping import Array

from research import batches
from research.decoding import transcriber
from research.decoding.transcriber import Transcriber
from research.experiment import Experiment, network, sound
from research.listening import Listener, Window
from research.predicting.answers import How, Options
from research.predicting.cuts import Blocks
from research.predicting.hearing import Told
from research.predicting.packing import Said
from research.predicting.spelling import Greedy, Modelled, Speller
from research.predicting.stitching import Stitcher
from research.step import Weights
from research.tasks.ctc import BLANK, CTC
from research.trained import Loaded

# Of two windows of a recording longer than one.
OVERLAP_S = 2.0
# Frames more, by which the step from one of a model's frames to the next is found.
SPAN = 1000


@dataclasses.dataclass(frozen=True)
class Frames(CTC):
    """A CTC task that predicts every frame, for what comes after the frames."""

    def predict(self, outputs, targets) -> dict[str, Array]:
        """`log_probs` [batch, frames, labels] and how many `frames` [batch] are valid."""
        logits, frames = outputs
        return {'log_probs': jax.nn.log_softmax(logits), 'frames': frames}


class Transcripts:
    """A recording that is no longer than a training example is heard as one was.

    A longer one is heard in windows of that length which overlap by two seconds, or a quarter of a
    window if that is less, and are joined frame by frame: see `stitching`. The run's language model
    has its say, unless `lm=off` or there is none; then the best path is what is said.
    """

    event_columns: tuple[str, ...] = ()
    event: str = ''
    columns: tuple[str, ...] = ('transcript', 'length_s', 'windows')

    def __init__(self, loaded: Loaded, options: Options, batch: int):
        options.only(loaded.experiment.task, 'lm')
        path = loaded.place.directory / 'lm.json'
        self._transcriber = (
            transcriber.read(path) if options.lm != 'off' and path.exists() else None
        )
        self.how: How | None = _how(self._transcriber, options)
        experiment = dataclasses.replace(loaded.experiment, task=Frames())
        self._alphabet = loaded.meaning.labels
        self.listener = Listener(experiment, loaded.weights, batch)
        frontend = sound(experiment)
        size, rate_hz = self.listener.size, frontend.rate_hz
        self._frames, step = framing(loaded.experiment, loaded.weights)
        overlap = min(round(OVERLAP_S * rate_hz), size // 4)
        self.hop = max((size - overlap) // step, 1)
        self._hop_s = self.hop * step / rate_hz

    def cut(self, blocks: Blocks) -> Iterator[Window]:
        return self.listener.windows(blocks, self._hop_s)

    def speller(self) -> Speller:
        """From frames to text."""
        if self._transcriber is None:
            return Greedy(self._alphabet)
        return Modelled(self._transcriber, self._frames)

    def begin(self) -> '_File':
        return _File(self)


def _how(made: Transcriber | None, options: Options) -> How:
    if made is None:
        why = 'by --lm=off' if options.lm == 'off' else 'the run has no language model'
        return How(f'decoder: greedy, the best path ({why})', {'decoder': 'greedy'})
    settings = {'beam': made.beam, 'order': made.model.order}
    settings |= {'alpha': made.alpha, 'beta': made.beta}
    told = ', '.join(f'{name} {value:g}' for name, value in settings.items())
    line = f"decoder: beam search with the run's language model ({told}); --lm=off is greedy"
    return How(line, {'decoder': 'beam search with language model', **settings})


def framing(experiment: Experiment, weights: Weights) -> tuple[int, int]:
    """Frames that the model tells of in a window, and samples from one of them to the next."""
    frontend, one = sound(experiment), batches.example(experiment)
    variables = {'params': weights.params, 'batch_stats': weights.stats}

    def given(frames: int) -> int:
        x = jax.ShapeDtypeStruct((1, frames, *one.shape[1:]), one.dtype)
        lengths = jax.ShapeDtypeStruct((1,), np.int32)
        logits: Any = jax.eval_shape(
            lambda x, n: network(experiment).apply(variables, x, n, None)[0], x, lengths
        )
        return logits.shape[1]

    # Models drop frames by the strides of their layers, and front-ends hop by whole samples. What
    # a layer without padding lacks at its ends is the same for all lengths.
    frames, more = given(one.shape[0]), given(one.shape[0] + SPAN)
    stride = max(round(SPAN / (more - frames)), 1)
    return frames, stride * frontend.hop


class _File:
    def __init__(self, transcripts: Transcripts):
        self._transcripts = transcripts
        self._stitcher = Stitcher(transcripts.hop, BLANK)
        self._speller = transcripts.speller()
        self._windows = 0

    def add(self, said: Said) -> None:
        frames = int(said.arrays['frames'])
        for stretch in self._stitcher.add(said.arrays['log_probs'][:frames]):
            self._speller.add(stretch)
        self._windows += 1

    def told(self, length_s: float) -> Told:
        for stretch in self._stitcher.end():
            self._speller.add(stretch)
        row = {'transcript': self._speller.text(), 'length_s': length_s, 'windows': self._windows}
        return Told(row, [])
