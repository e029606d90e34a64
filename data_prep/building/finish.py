"""From whole shards to a corpus: rows joined, copies found, checks run, names given, all proved."""

import csv
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from data_prep import contents, copies, manifest
from data_prep.building import checks, features, shards, staging
from data_prep.building.plans import Plan
from data_prep.cards import VERSION, Found, Rejected, Wish
from data_prep.errors import PrepError, Stopped
from data_prep.manifest import COPIES, ITEMS, REJECTED


def finish(plan: Plan, found: Found, folder: Path, target: Path, wish: Wish) -> dict:
    """Makes the corpus out of the shards in `folder`; returns its manifest, written there.

    Raises:
        Stopped: too many bad files.
        PrepError: all are bad, or a protocol cannot be kept.
        OSError: the disk is full or cannot be written to.
    """
    done = [shards.read(folder, shard.number) for shard in plan.shards]
    whole = [each for each in done if each]
    assert len(whole) == len(done), 'a shard without a marker'
    rows = [row for each in whole for row in each.rows]
    rejected = found.rejected + [bad for each in whole for bad in each.rejected]
    judge(plan.name, len(rows), rejected, wish.max_bad, target)
    sketches = [sketch for each in whole for sketch in shards.sketches(folder, each)]
    names, hashes = ([row[key] for row in rows] for key in ('item', 'sha256'))
    alike = copies.clusters(names, hashes, sketches, plan.corpus.content)
    rows = list(_with_copies(plan, rows, alike.names))
    write_csv(folder / ITEMS, rows[0], rows)
    write_csv(folder / REJECTED, Rejected._fields, (bad._asdict() for bad in rejected))
    write_csv(folder / COPIES, copies.Pair._fields, (pair._asdict() for pair in alike.pairs))
    facts = _facts(plan, rows, rejected, wish)
    uncompared = copies.uncompared(sketches, plan.corpus.content)
    checked = checks.run(plan.corpus, rows, alike.pairs, uncompared)
    facts['checks'] = checked | {'notes': list(found.notes)}
    full = [each for each in whole if each.rows]
    lengths = [len(each.rows) for each in full]
    _, _, label = plan.name.partition(':')
    features.describe(plan.corpus, label, folder, lengths, sum(each.coded_bytes for each in full))
    return _named(plan, folder, full, facts)


def summary(directory: Path) -> list[str]:
    """What a person wants to know of a prepared corpus, in lines."""
    facts = manifest.read(directory)
    rows = manifest.items(directory)
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    counts = Counter(columns['label'])
    rates = f' at {", ".join(map(str, facts["rates_hz"]))} Hz' if facts['rates_hz'] else ''
    head = f'{facts["corpus"]}: {facts["records"]} records, {facts["seconds"] / 3600:.2f} hours'
    lines = [head + rates]
    if facts['classes']:
        named = {name: counts[name] for name in facts['classes']}
        named |= {'none': counts['']} if counts[''] else {}
        lines.append('per class: ' + ', '.join(f'{name} {n}' for name, n in named.items()))
    lines += checks.lines(facts['checks'], facts['label'])
    lines += checks.untrained(facts['protocols'], columns, facts['label'])
    own = facts['default_protocol']
    if others := [name for name in facts['protocols'] if name != own]:
        lines.append(f'{own} is taken unless --set=data.protocol=NAME says {" or ".join(others)}')
    lines += [f'note: {note}' for note in facts['checks']['notes']]
    rejected = manifest.rejected(directory)
    lines.append(f'rejected: {len(rejected)}')
    lines += [f'  {file["path"]}: {file["reason"]}' for file in rejected]
    return [*lines, f'fingerprint: {facts["fingerprint"]}', f'where: {directory}']


def judge(
    name: str, taken: int, rejected: Sequence[Rejected], max_bad: float, target: Path
) -> None:
    """Writes all that was rejected beside `target` where it is too much.

    Raises:
        PrepError: nothing is left.
        Stopped: more than a share of `max_bad` is bad; the user may raise it and go on.
    """
    total = taken + len(rejected)
    if not rejected or (taken and len(rejected) / total <= max_bad):
        return
    write_csv(listed(target), Rejected._fields, (bad._asdict() for bad in rejected))
    first = '; '.join(f'{file.path}: {file.reason}' for file in rejected[:3])
    said = f'{name}: {len(rejected)} of {total} files are bad'
    where = f'The first: {first}; all of them: {listed(target)}'
    if not taken:
        raise PrepError(f'{said}, and none is left to take: mend them. {where}')
    raise Stopped(
        f'{said}, more than max_bad={max_bad:g} allows: mend them, or raise it and the same '
        f'command goes on from the shards that are there. {where}'
    )


def listed(target: Path) -> Path:
    """Where the files are listed for which a prep of `target` was refused."""
    return target.with_name(f'{target.name}.{REJECTED}')


def write_csv(path: Path, names: Iterable[str], rows: Iterable[Mapping[str, object]]) -> None:
    with path.open('w', encoding='utf-8', newline='') as file:
        writer = csv.DictWriter(file, list(names), lineterminator='\n')
        writer.writeheader()
        writer.writerows(rows)


def _with_copies(plan: Plan, rows: list[dict[str, Any]], names: Sequence[str]):
    """`copies` stands before the corpus's own columns."""
    for row, name in zip(rows, names, strict=True):
        own = {column: row.pop(column) for column in plan.corpus.columns}
        yield row | {'copies': name} | own


def _facts(plan: Plan, rows: list[dict], rejected: list[Rejected], wish: Wish) -> dict[str, Any]:
    corpus = plan.corpus
    kind = contents.KINDS[corpus.content]
    return {
        'corpus': plan.name,
        'version': VERSION,
        'fingerprint': manifest.fingerprint(rows),
        'content': corpus.content,
        'label': corpus.label,
        'classes': list(corpus.classes),
        'columns': list(corpus.columns),
        'records': len(rows),
        'seconds': sum(kind.seconds(row) for row in rows),
        'rates_hz': sorted({row['rate_hz'] for row in rows if 'rate_hz' in row}),
        'rejected': len(rejected),
        'limit': wish.limit,
        'protocols': corpus.protocols,
        'default_protocol': corpus.default_protocol,
        'source': 'embedded' if wish.source is None else str(wish.source.resolve()),
        'subsets': [each for each in corpus.card.archives if each and _holds(wish.source, each)],
        'table': None if wish.table is None else _table(wish.table),
    }


def _holds(source: Path | None, subset: str) -> bool:
    return source is not None and (source / subset).is_dir()


def _table(path: Path) -> dict[str, object]:
    return {'path': str(path.resolve()), **manifest.fact(path)}


def _named(plan: Plan, folder: Path, full: list[shards.Done], facts: dict[str, Any]) -> dict:
    """Writes the manifest, then gives the shards the names that TFDS reads them by."""
    temporary = {name for shard in plan.shards for name in shards.names(shard.number)}
    renames, known = {}, {}
    for number, done in enumerate(full):
        [records, *_] = shards.names(done.number)
        renames[records] = features.filename(plan.corpus, number, len(full))
        known[renames[records]] = done.files[records]
    for path in folder.iterdir():
        if path.name not in temporary and path.name != staging.PLAN:
            known[path.name] = manifest.fact(path)
    written = manifest.write(folder, facts, known)
    for old, new in renames.items():
        (folder / old).rename(folder / new)
    for name in {*temporary, staging.PLAN} - renames.keys():
        (folder / name).unlink()
    return written
