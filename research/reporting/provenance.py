"""Where the numbers come from: of each run commit, versions, fingerprint and command."""

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from data_prep.pages.markup import Markup, joined, tag
from research.finished import Finished
from research.formats.layout import Entry, number
from research.packed import SUFFIX
from research.reporting.comparisons import Comparison
from research.reporting.parts import Numbers, plain, said, section, table
from research.scores import of

# Folders of somebody's machine are nothing to others.
PLACES = ('--data_dir', '--runs_dir', '--wandb_dir')
VERSIONS = ('python', 'jax', 'jaxlib', 'flax', 'optax', 'numpy')
HASH = 12
ABOUT = (
    'A line a run, with its own score on the test part. Commands are told without the folders '
    'that they named; packed runs keep none. A commit with + had uncommitted changes.'
)


def drawn(comparison: Comparison, numbers: Numbers) -> Markup | None:
    """The table of a comparison's runs; what is the same for all of them stands above it."""
    runs = sorted(comparison.runs, key=lambda run: (run.texts(comparison.rows), str(run.place)))
    facts = [_facts(run) for run in runs]
    alike = {name for name in facts[0] if len({each[name] for each in facts}) == 1}
    header = ['model', 'run', 'command', 'seed', 'fold', comparison.metric, 'best step']
    header += [name for name in facts[0] if name not in alike]
    lines, owners = [], []
    for run, own in zip(runs, facts, strict=True):
        row = run.texts(comparison.rows)
        told = [plain(own[name]) for name in own if name not in alike]
        lines.append([plain(said(row)), *_line(run, comparison.metric), *told])
        owners.append(numbers[row])
    shared = [
        joined([tag('dt', name), tag('dd', facts[0][name])]) for name in facts[0] if name in alike
    ]
    return section(
        'Provenance',
        tag('dl', *shared, class_='shared') if shared else None,
        table('Titles sort.', header, lines, 3, owners),
        about=ABOUT,
    )


def _facts(run: Finished) -> dict[str, str]:
    environment = run.environment
    versions = [f'{name} {environment[name]}' for name in VERSIONS if environment.get(name)]
    return {
        'commit': _commit(environment),
        'fingerprint': str(run.settings['fingerprint'])[:HASH],
        'versions': ', '.join(versions) or '-',
        'device': str((environment.get('device') or {}).get('kind', '-')),
        'platform': str(environment.get('platform', '-')),
    }


def _line(run: Finished, metric: str) -> list[Entry]:
    score = run.tested.units(metric).value if metric in run.tested.known() else float('nan')
    best, steps = (run.result.get(name) for name in ('best_step', 'steps'))
    taken = f'{best:,} of {steps:,}' if isinstance(best, int) and isinstance(steps, int) else '-'
    return [
        plain(f'{run.place.parent.name}/{run.place.name.removesuffix(SUFFIX)}'),
        plain(command(run.environment) or '-'),
        _whole(run.settings['seed']),
        _whole(run.settings['data.fold']),
        Entry(number(score, of(metric).share), order=score),
        Entry(taken, order=float(best) if isinstance(best, int) else float('nan')),
    ]


def command(environment: Mapping[str, Any]) -> str:
    """What started a run, without the folders of the machine; '' where it is not known."""
    argv = environment.get('argv')
    if not isinstance(argv, Sequence) or not argv:
        return ''
    kept, skip = [], False
    for word in map(str, argv[1:]):
        name, equals, _ = word.partition('=')
        if skip or f'--{name.lstrip("-")}' in PLACES:
            skip = not skip and not equals
            continue
        kept.append(word)
    return shlex.join(['python', str(argv[0]).rpartition('/')[2], *kept])


def _commit(environment: Mapping[str, Any]) -> str:
    commit = environment.get('commit')
    return f'{str(commit)[:HASH]}{"+" * bool(environment.get("dirty"))}' if commit else '-'


def _whole(value: object) -> Entry:
    order = float(value) if isinstance(value, int) else float('nan')
    return Entry(str(value), order=order)
