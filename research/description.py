"""An experiment on its corpus, in the lines that a user is shown before it is trained."""

from research import corpora, material, reach, step
from research.choosing import Chosen
from research.examples import Examples
from research.tasks import Regression
from research.tokens import View


def described(chosen: Chosen) -> list[str]:
    """The experiment in a few lines: data, parts, and classes that a part of them lacks."""
    experiment, corpus = chosen.experiment, chosen.corpus
    data = experiment.data
    made = material.prepare(experiment, corpus)
    parts = made.parts
    notes = isinstance(experiment.frontend, View)
    pieces = 'windows' if notes else 'slices'
    sizes = ', '.join(
        f'{name} {len(set(part.item.tolist()))} ({len(part)} {pieces})'
        for name, part in parts.items()
    )
    # Classes that a regression's folders are say nothing of it: it learns a number of each record.
    numbers = isinstance(experiment.task, Regression)
    classes = f'{len(corpus.classes)} classes, ' if corpus.classes else ''
    count = f'{len(corpus.columns["item"])} records, ' if numbers else classes
    named = f'{corpus.name}{" (stand-in)" if chosen.stand_in else ""}'
    lines = [
        f'corpus    {named}, {count}fingerprint {corpus.fingerprint[:10]}',
        f'split     {data.protocol}, fold {data.fold}: {sizes}',
    ]
    _, rule = corpora.protocol(corpus, data)
    heard = ~corpora.aside(corpus, rule)
    for name, mask in corpora.left_out(corpus, data).items():
        lines.append(f'note      left out by {name}: {(mask & heard).sum()} of {heard.sum()}')
    if isinstance(experiment.frontend, View):
        lines += material.unjudged(experiment.frontend, corpus)
    if limit := corpus.facts.get('limit'):
        lines.append(f'note      the corpus was prepared with --limit={limit} a class')
    for part, lacking in ({} if numbers else unheard(corpus, parts)).items():
        lines.append(f'note      nothing of {", ".join(lacking)} in {part}')
    short = reach.told(step.bound(experiment, made.meaning), made)
    return lines + [f'note      {line}' for line in short]


def unheard(corpus: corpora.Corpus, parts: dict[str, Examples]) -> dict[str, list[str]]:
    """Classes that a part lacks: without training not learnt, without test not scored."""
    lacking = {}
    for name, part in parts.items():
        heard = set(corpus.targets[part.record].tolist())
        lacking[name] = [c for i, c in enumerate(corpus.classes) if i not in heard]
    return {name: missing for name, missing in lacking.items() if missing}
