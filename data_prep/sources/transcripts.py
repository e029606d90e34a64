"""Transcripts in LibriSpeech's form: beside the sounds, a line for each utterance.

84-121123-0000 GO DO YOU HEAR
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from data_prep.cards import Rejected

_PLAIN = re.compile("[A-Z' ]+")


class Transcripts:
    """What the *.trans.txt files of a source say.

    Attributes:
        rejected: files that cannot be read.
    """

    def __init__(self, paths: Iterable[Path]):
        self.rejected: list[Rejected] = []
        self._waiting: dict[tuple[Path, str], str] = {}
        self._malformed: list[str] = []
        self._odd: Counter[str] = Counter()
        self._odd_transcripts = 0
        for path in paths:
            try:
                text = path.read_text(encoding='utf-8-sig')
            except (OSError, UnicodeDecodeError) as error:
                self.rejected.append(Rejected(str(path), f'cannot be read ({error})'))
                continue
            for number, line in enumerate(unicodedata.normalize('NFC', text).split('\n'), 1):
                utterance, _, words = line.strip().partition(' ')
                if words.strip() and (path.parent, utterance) not in self._waiting:
                    self._waiting[path.parent, utterance] = words.strip()
                elif utterance:
                    self._malformed.append(f'line {number} of {path.name}')

    def take(self, folder: Path, utterance: str) -> str:
        """The transcript of an utterance whose sound lies in `folder`; '' if none, or taken."""
        words = self._waiting.pop((folder, utterance), '')
        if odd := set(_PLAIN.sub('', words)):
            self._odd.update(odd)
            self._odd_transcripts += 1
        return words

    def notes(self) -> list[str]:
        """What there is to say, once all that has a sound is taken."""
        notes = []
        if left := sorted(utterance for _, utterance in self._waiting):
            notes.append(f'transcripts without a .flac: {len(left)}, the first {left[0]}')
        if wrong := self._malformed:
            wanted = 'wanted is "<utterance> <TRANSCRIPT>", each utterance once'
            notes.append(f'malformed lines: {len(wrong)}, the first {wrong[0]}; {wanted}')
        if self._odd:
            signs = ' '.join(sorted(sign for sign, _ in self._odd.most_common(10)))
            notes.append(
                f"transcripts with more than A-Z, ' and space: {self._odd_transcripts} ({signs})"
            )
        return notes
