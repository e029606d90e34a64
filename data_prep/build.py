"""From a source to a corpus on disk: found, decoded, written, counted, proved, moved into place."""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from data_prep import manifest, splits, staging
from data_prep.cards import VERSION, Corpus, Rejected, Wish
from data_prep.errors import PrepError


def build(corpus: Corpus, target: Path, wish: Wish) -> dict:
    """Prepares a corpus in `target`; returns its manifest.

    Raises:
        PrepError: too many bad files, nothing found, or `target` is there and no corpus.
        OSError: the place cannot be written to.
    """
    name = corpus.card.name
    if target.exists() and not (wish.force or (target / manifest.FILENAME).exists()):
        raise PrepError(f'{target} is there and no corpus: remove it or say --force')
    with staging.staged(target) as folder:
        found = corpus.find(wish)
        if not found.entries:
            raise PrepError(f'{name}: no file to take in {wish.source}')
        from data_prep.builder import builder_class, write

        builder = builder_class(corpus)(entries=found.entries, jobs=wish.jobs, data_dir=str(folder))
        write(builder, folder, wish.report)
        rejected = found.rejected + builder.rejected
        _judge(name, len(builder.rows), rejected, wish.max_bad)
        _write_csv(folder / manifest.ITEMS, (*manifest.FACTS, *corpus.columns), builder.rows)
        bad = [file._asdict() for file in rejected]
        _write_csv(folder / manifest.REJECTED, Rejected._fields, bad)
        facts = _facts(corpus, builder.rows, rejected, wish)
        written = manifest.write(folder, facts, skip={staging.OWNER})
        if not staging.publish(folder, target, wish.force):
            wish.report(f'{name}: another prep was done first, this one is dropped')
            return manifest.read(target)
    if builder.clipped:
        wish.report(f'{name}: {builder.clipped} samples were cut to the 16-bit range')
    return written


def summary(corpus: Corpus, directory: Path) -> list[str]:
    """What a person wants to know of a prepared corpus, in lines."""
    facts = manifest.read(directory)
    rows = manifest.items(directory)
    counts = Counter(row['label'] for row in rows)
    lines = [
        f'{corpus.card.name}: {facts["records"]} records, {facts["seconds"] / 3600:.2f} hours '
        f'at {", ".join(map(str, facts["rates_hz"]))} Hz',
        'per class: ' + ', '.join(f'{label} {counts[label]}' for label in facts['classes']),
    ]
    for protocol, line in _leaks(facts['protocols'], rows):
        lines.append(f'{protocol}: {line}')
    rejected = manifest.rejected(directory)
    lines.append(f'rejected: {len(rejected)}')
    lines += [f'  {file["path"]}: {file["reason"]}' for file in rejected]
    return [*lines, f'fingerprint: {facts["fingerprint"]}', f'where: {directory}']


def _judge(name: str, taken: int, rejected: list[Rejected], max_bad: float) -> None:
    share = len(rejected) / max(1, taken + len(rejected))
    if not taken or share > max_bad:
        first = '; '.join(f'{file.path}: {file.reason}' for file in rejected[:3])
        raise PrepError(
            f'{name}: {len(rejected)} of {taken + len(rejected)} files are bad, more than '
            f'max_bad={max_bad:g} allows: mend them or raise it. The first: {first}'
        )


def _facts(
    corpus: Corpus, rows: list[dict], rejected: list[Rejected], wish: Wish
) -> dict[str, object]:
    source = 'embedded' if wish.source is None else str(wish.source.resolve())
    return {
        'corpus': corpus.card.name,
        'version': VERSION,
        'fingerprint': manifest.fingerprint(rows),
        'label': corpus.label,
        'classes': list(corpus.classes),
        'columns': list(corpus.columns),
        'records': len(rows),
        'seconds': sum(row['samples'] / row['rate_hz'] for row in rows),
        'rates_hz': sorted({row['rate_hz'] for row in rows}),
        'rejected': len(rejected),
        'limit': wish.limit,
        'protocols': corpus.protocols,
        'default_protocol': corpus.default_protocol,
        'source': source,
    }


def _leaks(
    protocols: Mapping[str, Mapping], rows: list[dict[str, str]]
) -> Iterator[tuple[str, str]]:
    """Per protocol over items the sizes of fold 0 and how much of its test is known in train."""
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    for name, protocol in protocols.items():
        if protocol['unit'] != 'item':
            continue
        parts = splits.assign(protocol, columns, 0)
        sizes = '/'.join(str(int((parts == part).sum())) for part in splits.PARTS)
        groups = [group for group in ('artist', 'piece') if group in columns]
        shares = [
            f'{splits.leak(columns, group, parts):.1%} of test has its {group} in train'
            for group in groups
            if (parts == 'test').any()
        ]
        yield name, ', '.join([f'{sizes} train/valid/test', *shares])


def _write_csv(path: Path, names: Iterable[str], rows: Iterable[Mapping[str, object]]) -> None:
    with path.open('w', encoding='utf-8', newline='') as file:
        writer = csv.DictWriter(file, list(names), lineterminator='\n')
        writer.writeheader()
        writer.writerows(rows)
