"""Where in a recording a sound is: calls, and how many there are."""

from collections.abc import Iterator

import numpy as np

from research.decoding.overlapping import HOP_S, decoded
from research.listening import Listener, Window
from research.predicting.answers import How, Options
from research.predicting.cuts import Blocks
from research.predicting.hearing import Told
from research.predicting.packing import Said
from research.tasks.detection import Detection
from research.trained import Loaded


class Calls:
    """Windows that overlap, and from their probabilities calls, as the run's own recordings had.

    `hop_s` parts the windows' starts; what was tuned was tuned for the default.
    """

    event_columns: tuple[str, ...] = ('start_s', 'end_s', 'probability')
    event: str = 'call'
    columns: tuple[str, ...] = ('count', 'highest', 'length_s', 'windows')

    def __init__(self, loaded: Loaded, options: Options, batch: int):
        task = loaded.experiment.task
        assert isinstance(task, Detection)
        options.only(task, 'hop_s', 'labels')
        self.window_s = loaded.experiment.data.slice_s
        self.tuned = loaded.tuned
        self.listener = Listener(loaded.experiment, loaded.weights, batch)
        self._hop_s = min(HOP_S, self.window_s) if options.hop_s is None else options.hop_s
        self.listener.windows([], self._hop_s)  # which refuses a hop that does not fit
        enter, leave = self.tuned['enter'], self.tuned['leave']
        call_s = self.tuned.get('call_s')
        lasting = '' if call_s is None else f'; a call is taken to last {call_s:.3g} s'
        self.how: How | None = How(
            f'calls: windows, {self._hop_s:g} s apart, of a probability of {enter:.3g} or more, '
            f'with dips between them to {leave:.3g}, as tuned on validation{lasting}',
            {'hop_s': self._hop_s, 'enter': enter, 'leave': leave}
            | ({} if call_s is None else {'call_s': call_s}),
        )

    def cut(self, blocks: Blocks) -> Iterator[Window]:
        return self.listener.windows(blocks, self._hop_s)

    def begin(self) -> '_File':
        return _File(self)


class _File:
    def __init__(self, calls: Calls):
        self._calls = calls
        self._starts: list[int] = []
        self._probability: list[float] = []

    def add(self, said: Said) -> None:
        self._starts.append(said.start)
        self._probability.append(float(said.arrays['probability']))

    def told(self, length_s: float) -> Told:
        own = self._calls
        starts_s = np.array(self._starts) / own.listener.rate_hz
        probability = np.array(self._probability)
        found = decoded(probability, starts_s, own.window_s, length_s, own.tuned)
        values = len(found), float(probability.max()), length_s, len(probability)
        events = [dict(zip(own.event_columns, call, strict=True)) for call in found]
        return Told(dict(zip(own.columns, values, strict=True)), events)
