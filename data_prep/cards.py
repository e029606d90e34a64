"""What is known of a corpus before a byte of it is read, and how it becomes records.

The corpus files (`gtzan`, `corpus_styles`, ...) each hold one `Corpus`. Nothing heavy is imported
here or there at import time, so that listing the corpora costs nothing.
"""

import dataclasses
import typing
from collections.abc import Callable, Mapping
from pathlib import Path

if typing.TYPE_CHECKING:
    from data_prep.audio import Recording

VERSION = '1.0.0'
SPLIT = 'items'  # the one TFDS split, read as 'all': what trains and what tests is said elsewhere


@dataclasses.dataclass(frozen=True)
class Archive:
    """A file that holds the corpus at its source.

    Attributes:
        url: where it is fetched from.
        filename: what it is called on disk.
        size_bytes: roughly, for people; a download is held against what the server declares.
        md5: its published MD5, in hexadecimal.
    """

    url: str
    filename: str
    size_bytes: int
    md5: str


@dataclasses.dataclass(frozen=True)
class Card:
    """The facts of a corpus, for people.

    Attributes:
        name: as on the command line.
        title: one line.
        description: what it is and what it is not.
        citation: whom to cite.
        licence: one line; whoever wants to publish must read the source's own words.
        source: where it comes from.
        size_bytes: of the prepared corpus, roughly.
        faults: what is known to be wrong with it.
        archive: how `--download` gets it; None where it is embedded or cannot be fetched.
        standin_for: the problem for which it is taken where nothing else is prepared.
    """

    name: str
    title: str
    description: str
    citation: str
    licence: str
    source: str
    size_bytes: int
    faults: tuple[str, ...] = ()
    archive: Archive | None = None
    standin_for: str = ''

    @property
    def embedded(self) -> bool:
        """Made from what is installed: nothing has to be fetched or pointed to."""
        return bool(self.standin_for)


@dataclasses.dataclass(frozen=True)
class Entry:
    """One record to be: where its sound is, and everything that is known without hearing it.

    Attributes:
        item: unique id, such as `blues.00000`.
        label: the class.
        path: the file it comes from, as reports name it.
        columns: the corpus's own columns, by name; '' is unknown.
        content: whatever `Corpus.load` needs beyond the path.
    """

    item: str
    label: str
    path: str
    columns: Mapping[str, str]
    content: typing.Any = None


class Rejected(typing.NamedTuple):
    """A file that was not taken."""

    path: str
    reason: str


@dataclasses.dataclass(frozen=True)
class Found:
    """What a source holds."""

    entries: list[Entry]
    rejected: list[Rejected]


@dataclasses.dataclass(frozen=True)
class Wish:
    """How a corpus is to be prepared.

    Attributes:
        source: folder that holds it; None for an embedded one.
        jobs: processes.
        force: replace what is there.
        limit: items a class; None is all.
        max_bad: share of files, in [0, 1], that may be rejected.
        report: takes a line for the user.
    """

    source: Path | None = None
    jobs: int = 1
    force: bool = False
    limit: int | None = None
    max_bad: float = 0.02
    report: Callable[[str], object] = print


@dataclasses.dataclass(frozen=True)
class Corpus:
    """How a corpus becomes records.

    Attributes:
        card: the facts.
        label: what the classes are of, such as 'genre'.
        classes: names in the order of their ids.
        columns: what each record carries beside its sound, item and label.
        protocols: name to the split as data, see `data_prep.splits`.
        default_protocol: the one that is taken unless another is named.
        find: lists what there is; raises PrepError where the source is not as it should be.
        load: an entry to its sound; picklable, raises UnreadableAudio.
        records_per_shard: so that a shard is 100 to 250 MB.
    """

    card: Card
    label: str
    classes: tuple[str, ...]
    columns: tuple[str, ...]
    protocols: Mapping[str, Mapping[str, object]]
    default_protocol: str
    find: Callable[[Wish], Found]
    load: 'Callable[[Entry], Recording]'
    records_per_shard: int = 128
