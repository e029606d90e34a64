"""A grid as a W&B workspace: the panels by which its runs are compared there."""

import warnings
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from research import driver, later, ledger, runs, scores
from research.dotted import flatten
from research.errors import UserError
from research.loggers.jsonl import MetricsFile

if TYPE_CHECKING:
    from wandb_workspaces.workspaces import Workspace

# Of a training report what is worth a curve.
TRAIN = ('loss', 'accuracy', 'blank', 'grad_norm', 'examples_per_s')
COLUMNS = 2
Metrics = dict[str, list[str]]


def build(grid: str, entries: Sequence[ledger.Entry], entity: str, project: str) -> 'Workspace':
    """The workspace of a grid's runs; nothing is sent.

    Curves are means over seeds with their standard deviation, grouped by what the members differ
    in; bars are the scores of the test part; then cost, and what each run has to show.

    Args:
        grid: name of the grid, by which its runs are grouped in W&B.
        entries: its members.
        entity: whose project it is.
        project: where the runs are.

    Raises:
        UserError: no run of the grid has begun, or the library is not installed.
    """
    try:
        with warnings.catch_warnings():
            # It declares its types in a way that is to go.
            warnings.simplefilter('ignore', DeprecationWarning)
            from wandb_workspaces import workspaces as ws
            from wandb_workspaces.reports import v2 as wr
    except ImportError:
        raise UserError(
            'a workspace wants wandb-workspaces, which is not installed: pip install -r '
            'requirements-dashboard.txt -c constraints.txt'
        ) from None
    begun = [entry.run for entry in entries if entry.run.experiment.is_file()]
    if not begun:
        raise UserError(f'{grid}: none of its {len(entries)} runs has begun: train them first')
    experiments = [runs.read_json(run.experiment) for run in begun]
    by, seen = differing(experiments), metrics(begun)
    across = wr.Config(by[0])
    curves = [
        wr.LinePlot(
            title=name,
            x='Step',
            y=[name],
            groupby=across,
            groupby_aggfunc='mean',
            groupby_rangefunc='stddev',
            max_runs_to_show=len(entries),
            log_y=name.endswith('grad_norm'),
        )
        for name in (*seen['valid'], *seen['train'])
    ]
    bars = [
        wr.BarPlot(
            title=f'{name}, {"lower" if scores.of(name.partition("/")[2]).lowest else "higher"} '
            'is better',
            metrics=[name],
            groupby=across,
            groupby_aggfunc='mean',
            groupby_rangefunc='stddev',
            max_runs_to_show=len(entries),
        )
        for name in seen['test']
    ]
    cost = [
        wr.ScatterPlot(title=f'what {size} buys', x=wr.SummaryMetric(size), y=wr.SummaryMetric(own))
        for own in seen['test'][:1]
        for size in ('seconds', 'parameters')
    ]
    shown = [wr.MediaBrowser(media_keys=['plots/curves']), wr.RunComparer(diff_only='split')]
    sections = {'Test': bars, 'Curves': curves, 'Cost': cost, 'Runs': shown}
    groups = sorted({driver.wandb_group(grid, each['data']['corpus']) for each in experiments})
    return ws.Workspace(
        entity=entity,
        project=project,
        name=grid,
        sections=[
            ws.Section(
                name=name,
                panels=panels,
                is_open=True,
                layout_settings=ws.SectionLayoutSettings(columns=COLUMNS),
            )
            for name, panels in sections.items()
            if panels
        ],
        runset_settings=ws.RunsetSettings(
            filters=[ws.Metric('Group').isin(groups)],
            groupby=[ws.Config(name) for name in by],
            order=[ws.Ordering(ws.Metric('Name'), ascending=True)],
        ),
    )


def differing(experiments: Iterable[Mapping[str, Any]]) -> list[str]:
    """Settings in which runs differ, besides the seed; the name where there are none."""
    flat = [flatten(later.complete(each)) for each in experiments]
    names = dict.fromkeys(name for each in flat for name in each)
    found = [
        name
        for name in names
        if name not in ('seed', 'name') and len({str(each.get(name)) for each in flat}) > 1
    ]
    several = len({each['name'] for each in flat}) > 1
    return ['name', *found] if several or not found else found


def metrics(begun: Sequence[runs.Run]) -> Metrics:
    """What the runs report, by part, as W&B has it: 'valid/item_accuracy'."""
    found: Metrics = {'train': [], 'valid': [], 'test': []}
    for run in begun:
        for record in MetricsFile(run.metrics).records():
            found[record['split']] += [*record]
        if run.status() == 'finished':
            found['test'] += [*runs.read_json(run.result)['test']]
    train = [f'train/{name}' for name in TRAIN if name in found['train']]
    known = {
        part: [f'{part}/{name}' for name in scores.SCORES if name in found[part]]
        for part in ('valid', 'test')
    }
    return {'train': train, **known}


def offline(entries: Sequence[ledger.Entry]) -> list[Path]:
    """Of each run that W&B heard of without a network, the newest file to send."""
    found = []
    for entry in entries:
        kept = sorted((entry.run.directory / 'wandb').glob('offline-run-*'))
        found += kept[-1:]
    return found
