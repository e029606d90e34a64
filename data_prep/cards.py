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
    from data_prep.notes import Notes

VERSION = '1.1.0'
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
        archives: what `--download` can fetch, by subset, such as 'dev-clean'; '' where the corpus
            is one archive; empty where it is embedded or cannot be fetched.
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
    archives: Mapping[str, Archive] = dataclasses.field(default_factory=dict)
    standin_for: str = ''

    @property
    def embedded(self) -> bool:
        """Made from what is installed: nothing has to be fetched or pointed to."""
        return bool(self.standin_for)


@dataclasses.dataclass(frozen=True)
class Entry:
    """One record to be: where its content is, and all that is known without decoding it.

    Attributes:
        item: unique id, such as `blues.00000`.
        label: the class; '' where it has none.
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
    """What a source holds.

    Attributes:
        entries: in the order in which they are written.
        rejected: files that were not taken, and why.
        classes, protocols, default_protocol, content: take the place of the corpus's own where
            they follow from what was found.
        notes: lines for the user: what was left out on purpose, what looks odd.
    """

    entries: list[Entry]
    rejected: list[Rejected]
    classes: tuple[str, ...] | None = None
    protocols: Mapping[str, Mapping[str, object]] | None = None
    default_protocol: str | None = None
    content: str | None = None
    notes: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Wish:
    """How a corpus is to be prepared.

    Attributes:
        source: folder that holds it; None for an embedded one.
        table: a CSV of what is known of the files, for corpora that take one.
        jobs: processes.
        force: replace what is there.
        limit: items a class; None is all.
        max_bad: share of files, in [0, 1], that may be rejected.
        beam: options of an Apache Beam pipeline, such as ('--runner=DirectRunner',); empty: none.
        report: takes a line for the user.
    """

    source: Path | None = None
    table: Path | None = None
    jobs: int = 1
    force: bool = False
    limit: int | None = None
    max_bad: float = 0.02
    beam: tuple[str, ...] = ()
    report: Callable[[str], object] = print


@dataclasses.dataclass(frozen=True)
class Corpus:
    """How a corpus becomes records.

    Attributes:
        card: the facts.
        label: what the classes are of, such as 'genre'; '' where there are none.
        classes: names in the order of their ids.
        columns: what each record carries beside its content, item and label.
        protocols: name to the split as data, see `data_prep.splits`.
        default_protocol: the one that is taken unless another is named.
        find: lists what there is; raises PrepError where the source is not as it should be.
        load: an entry to its content; picklable, raises Unreadable.
        content: what a record holds and how it is coded, a name of `data_prep.contents.KINDS`.
        records_per_shard: the unit of work, of restart and of files on disk.
    """

    card: Card
    label: str
    classes: tuple[str, ...]
    columns: tuple[str, ...]
    protocols: Mapping[str, Mapping[str, object]]
    default_protocol: str
    find: Callable[[Wish], Found]
    load: 'Callable[[Entry], Recording | Notes]'
    content: str = 'audio'
    records_per_shard: int = 32
