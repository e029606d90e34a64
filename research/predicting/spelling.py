"""From frames that come in stretches to text."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np

from research.decoding import greedy
from research.decoding.transcriber import Transcriber
from research.predicting.stitching import LogProbs
from research.tasks.ctc import BLANK


@runtime_checkable
class Speller(Protocol):
    """Of one recording."""

    def add(self, stretch: LogProbs) -> None:
        """Frames that follow those before."""
        ...

    def text(self) -> str:
        """What all frames together say; called once, after the last."""
        ...


class Greedy:
    """The best path: repeats joined, blanks removed.

    Args:
        alphabet: the text of each label.
    """

    def __init__(self, alphabet: Sequence[str]):
        self._alphabet = alphabet
        self._best = [np.zeros(0, np.int16)]

    def add(self, stretch: LogProbs) -> None:
        self._best.append(np.argmax(stretch, axis=1).astype(np.int16))

    def text(self) -> str:
        labels = greedy.collapse(np.concatenate(self._best), BLANK)
        return ''.join(self._alphabet[label] for label in labels)


class Modelled:
    """A beam search with a language model, over no more frames at a time than a window has.

    What is longer is parted in the second half of such a stretch: at the frame that is surest to be
    a space between words, if there is one with more than half of the probability; else at the one
    that is surest to be blank. The language model begins anew after each part.

    Args:
        transcriber: of the run.
        most: frames at a time.
    """

    def __init__(self, transcriber: Transcriber, most: int):
        self._transcriber, self._most = transcriber, most
        self._space = list(transcriber.labels).index(' ')
        self._held: LogProbs = np.zeros((0, len(transcriber.labels)), np.float32)
        self._text: list[str] = []

    def add(self, stretch: LogProbs) -> None:
        self._held = np.concatenate([self._held, stretch])
        while len(self._held) > self._most:
            half = self._most // 2
            candidates = self._held[half : self._most]
            between = candidates[:, self._space].max() > np.log(0.5)
            label = self._space if between else BLANK
            end = half + int(np.argmax(candidates[:, label])) + 1
            self._say(self._held[:end], ' ' if between else '')
            self._held = self._held[end:]

    def text(self) -> str:
        self._say(self._held, '')
        return ''.join(self._text)

    def _say(self, stretch: LogProbs, after: str) -> None:
        said = self._transcriber(stretch, len(stretch))
        if self._text and self._text[-1] == ' ':  # of which the rest is told here
            said = said.lstrip()
        self._text += [said.rstrip(), after] if after else [said]
