"""The manifest of a prepared corpus: what it holds, and the proof that it still does.

A manifest is written last, so a folder without one was never whole. An ArrayRecord file that was
cut short reads as empty and says nothing unless it is asked, so `check` asks.
"""

import csv
import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from data_prep.errors import DamagedCorpus

FILENAME = 'manifest.json'
ITEMS = 'items.csv'
REJECTED = 'rejected.csv'
COPIES = 'copies.csv'
FORMAT = 2


def fingerprint(rows: Iterable[Mapping[str, object]]) -> str:
    """SHA-256 over what is in a corpus, whatever its shards, its order, the day and the machine.

    Args:
        rows: those of items.csv: names, sizes, the hash of each record's content, copies, and the
            corpus's columns.
    """
    lines = sorted(json.dumps([str(value) for value in row.values()]) for row in rows)
    return hashlib.sha256('\n'.join(lines).encode()).hexdigest()


def write(
    directory: Path, facts: Mapping[str, object], known: Mapping[str, Mapping[str, object]]
) -> dict:
    """Writes `facts` with size and hash of every file that belongs to the corpus.

    Args:
        directory: where the manifest goes, and where files lie.
        facts: of the corpus.
        known: name to size and hash, as `fact` has them.
    """
    manifest = {'format': FORMAT, **facts, 'files': dict(sorted(known.items()))}
    text = json.dumps(manifest, indent=1, ensure_ascii=False)
    (directory / FILENAME).write_text(text + '\n', encoding='utf-8')
    return manifest


def fact(path: Path) -> dict[str, object]:
    """Size and SHA-256 of a file."""
    return {'bytes': path.stat().st_size, 'sha256': _sha256(path)}


def read(directory: str | Path) -> dict:
    """The manifest of the corpus in `directory`.

    Raises:
        DamagedCorpus: there is none, it is not whole, or another version of this code wrote it.
    """
    path = Path(directory) / FILENAME
    try:
        manifest = json.loads(path.read_text(encoding='utf-8'))
    except FileNotFoundError:
        raise DamagedCorpus(f'{path} is not there: the corpus was never prepared') from None
    except (OSError, ValueError) as error:
        raise DamagedCorpus(f'{path} cannot be read ({error}); {_again(directory)}') from None
    if not isinstance(manifest, dict) or manifest.get('format') != FORMAT:
        raise DamagedCorpus(f'{path} is not of format {FORMAT}; {_again(directory)}')
    return manifest


def check(directory: str | Path) -> dict:
    """Quick check, for every opening: sizes of all files, and the count of records.

    Returns:
        The manifest.

    Raises:
        DamagedCorpus: naming the file and what to do.
    """
    # A compiled module that type checkers cannot see into.
    from array_record.python import array_record_module  # pyright: ignore

    directory = Path(directory)
    manifest = read(directory)
    records = 0
    for name, facts in manifest['files'].items():
        path = directory / name
        try:
            size = path.stat().st_size
        except OSError:
            raise DamagedCorpus(f'{path} is missing; {_again(directory)}') from None
        if size != facts['bytes']:
            wanted = facts['bytes']
            raise DamagedCorpus(f'{path} has {size} bytes, not {wanted}; {_again(directory)}')
        if '.array_record-' in name:
            reader = array_record_module.ArrayRecordReader(str(path))
            if not reader.ok():
                raise DamagedCorpus(f'{path} is not a whole ArrayRecord file; {_again(directory)}')
            records += reader.num_records()
            reader.close()
    if records != manifest['records']:
        wanted = manifest['records']
        raise DamagedCorpus(f'{directory} has {records} records, not {wanted}; {_again(directory)}')
    return manifest


def verify(directory: str | Path) -> dict:
    """Slow check: every byte of every file against its hash, then `check`; returns the manifest.

    Raises:
        DamagedCorpus: naming the file and what to do.
    """
    directory = Path(directory)
    for name, facts in read(directory)['files'].items():
        path = directory / name
        if path.exists() and _sha256(path) != facts['sha256']:
            raise DamagedCorpus(f'{path} is not what was written; {_again(directory)}')
    return check(directory)


def items(directory: str | Path) -> list[dict[str, str]]:
    """The rows of items.csv, in the order of the records."""
    return _read_csv(Path(directory) / ITEMS)


def copies(directory: str | Path) -> list[dict[str, str]]:
    """The rows of copies.csv: every pair of items found to be alike."""
    return _read_csv(Path(directory) / COPIES)


def rejected(directory: str | Path) -> list[dict[str, str]]:
    """The rows of rejected.csv: path and reason of every file that was not taken."""
    return _read_csv(Path(directory) / REJECTED)


def _read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding='utf-8', newline='') as file:
        return list(csv.DictReader(file))


def _sha256(path: Path) -> str:
    with path.open('rb') as file:
        return hashlib.file_digest(file, 'sha256').hexdigest()


def _again(directory: str | Path) -> str:
    from data_prep import CORPORA  # that package imports this module

    parent = Path(directory).parent
    name, data_dir = parent.name, parent.parent
    if name not in CORPORA and data_dir.name in CORPORA:
        name, data_dir = f'{data_dir.name}:{name}', data_dir.parent
    return (
        f'prepare it again: python -m data_prep {name} --data_dir={data_dir} --force, with the '
        '--source that it had'
    )
