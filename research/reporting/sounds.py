"""Items of prepared corpora, to look at and to listen to, within what a page may weigh."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

import data_prep
from data_prep.audio import Recording
from data_prep.errors import DamagedCorpus, PrepError
from data_prep.pages import charts, pictures
from data_prep.pages.markup import Markup, joined, tag
from research import corpora
from research.corpora import Corpus
from research.finished import Finished
from research.results import maps

EXCERPT_S = 5.0
MOST_BYTES = 7_000_000  # of pictures and sounds on one page, as they are embedded


class Shelf:
    """Corpora that were prepared in some folders, opened when an item of them is asked for.

    Attributes:
        left_out: items that would have made the page too heavy.
        used: bytes of those that are shown.
    """

    def __init__(self, data_dirs: Sequence[Path]):
        self._data_dirs = data_dirs
        self._opened: dict[tuple[str, str], Corpus | str] = {}
        self._made: dict[tuple[Path, str], Markup | None] = {}
        self.left_out = self.used = 0

    def why_not(self, run: Finished) -> str:
        """Why items of a run's corpus are not shown; '' where they are."""
        found = self._corpus(run)
        return found if isinstance(found, str) else ''

    def example(self, run: Finished, item: str) -> Markup | None:
        """Picture and player of an item; None where it is not there or the page is full.

        Asked for again with the same run, it is the same and takes nothing more.
        """
        key = run.place, item
        if key not in self._made:
            self._made[key] = self._example(run, item)
        return self._made[key]

    def _example(self, run: Finished, item: str) -> Markup | None:
        corpus = self._corpus(run)
        if isinstance(corpus, str):
            return None
        where = np.flatnonzero(corpus.columns['item'].astype(str) == item)
        if not len(where):
            return None
        record = int(where[0])
        try:
            made = _notes(corpus, record, item) or _sound(corpus, record, item, run)
        except DamagedCorpus:
            return None
        if self.used + len(made) > MOST_BYTES:
            self.left_out += 1
            return None
        self.used += len(made)
        return made

    def _corpus(self, run: Finished) -> Corpus | str:
        name, wanted = str(run.settings['data.corpus']), str(run.settings['fingerprint'])
        if (name, wanted) not in self._opened:
            self._opened[name, wanted] = self._look(name, wanted)
        return self._opened[name, wanted]

    def _look(self, name: str, wanted: str) -> Corpus | str:
        why = f'{name} is not prepared in {" or ".join(f"{each}/" for each in self._data_dirs)}'
        for data_dir in self._data_dirs:
            try:
                directory = data_prep.prepared(name, data_dir)
                corpus = corpora.open_corpus(directory) if directory else None
            except (DamagedCorpus, PrepError, OSError) as error:
                why = f'{name} cannot be opened: {error}'
                continue
            if corpus is not None and corpus.fingerprint == wanted:
                return corpus
            if corpus is not None:
                why = f'{name} is prepared, but from other data than these runs had'
        return why


def _notes(corpus: Corpus, record: int, item: str) -> Markup | None:
    if corpus.content != 'notes':
        return None
    [piece] = corpus.notes([record])
    return _shown(charts.piano_roll(piece, item), pictures.mp3(pictures.played(piece)), item)


def _sound(corpus: Corpus, record: int, item: str, run: Finished) -> Markup:
    """The middle of what the model may hear of a recording."""
    # Imported where it is used: it brings the whole of jax.
    from research.clips import resampled

    [audio] = corpus.audio([record])
    rate_hz = int(corpus.rates_hz[record])
    slices, slice_s = (run.settings.get(f'data.{each}') for each in ('slices', 'slice_s'))
    heard_s = len(audio) / rate_hz
    if slices and slice_s:
        heard_s = min(heard_s, float(slices) * float(slice_s))
    begin_s = max((heard_s - EXCERPT_S) / 2, 0.0)
    end_s = min(begin_s + EXCERPT_S, heard_s)
    part = audio[round(begin_s * rate_hz) : round(end_s * rate_hz)]
    places = (round(each * maps.RATE_HZ) for each in (begin_s, end_s))
    played = maps.mp3(resampled(audio, rate_hz, maps.RATE_HZ, *places))
    return _shown(charts.spectrogram(Recording(part.copy(), rate_hz), item), played, item)


def _shown(picture: Markup, sound: str, item: str) -> Markup:
    player = tag(
        'audio',
        controls=True,
        preload='none',
        src=Markup(sound),  # base64, and long
        aria_label=f'Play {item}',
    )
    return joined([picture, player])
