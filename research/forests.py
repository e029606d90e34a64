"""A run whose model is a random forest: grown at once, not step by step.

Its directory is that of any run. A step of it is a forest grown: one for each depth and number of
trees that the search tries, then the one that is kept.
"""

import time
from importlib import metadata
from typing import Any

import jax
import jax.numpy as jnp

from research import (
    batches,
    claims,
    codec,
    conclude,
    environment,
    evaluate,
    growing,
    material,
    memory,
    nodes,
    parallel,
    reach,
    results,
    sources,
)
from research import step as steps
from research.corpora import Corpus
from research.errors import UserError
from research.experiment import Experiment
from research.interrupts import ENDING, Interrupted, Interrupts
from research.loggers import Loggers
from research.loggers.jsonl import MetricsFile
from research.loop import Options
from research.results import caveats
from research.results import search as picture
from research.runs import Run, write_json

LEAVING = 'asked to stop: after what is under way; the same command starts again'


def run(
    experiment: Experiment, corpus: Corpus, place: Run, options: Options, loggers: Loggers
) -> dict[str, Any]:
    """What `train.run` does for a forest. A run that was interrupted starts again.

    Raises:
        UserError: no forest can be grown so.
        claims.Claimed: another process holds the run.
        Interrupted: SIGTERM or SIGINT came before the last forest was kept; after that a run ends.
    """
    made = material.prepare(experiment, corpus)
    bound = steps.bound(experiment, made.meaning)
    total = count(bound)
    short = reach.told(bound, made)  # which the user has been shown
    choice = sources.choose(options.stream, bound, corpus, made.parts, place)
    with (
        claims.claim(place.directory, report=loggers.say) as claim,
        Interrupts(loggers.say, LEAVING) as interrupts,
    ):
        place.create(codec.to_json(experiment), _surroundings(corpus, choice.streamed))
        made.meaning.write(place.meaning)
        history = MetricsFile(place.metrics)
        history.truncate_after(-1)
        for line in (doubts := caveats.of(bound.task, made)):
            loggers.say(line)
        loggers.start(total, [], bound.task.selects_by)
        began_s = time.monotonic()

        def hold() -> None:
            if claim.lost():
                raise claims.Claimed(f'{place.directory} was taken over by another process')

        def between() -> None:
            hold()
            leave(interrupts.number)

        def leave(number: int | None) -> None:
            if number:
                done = f'{len(history.records())} of {total} forests'
                raise Interrupted(number, f'stopped after {done}; the same command starts again')

        def log(record: dict[str, Any]) -> None:
            hold()
            record |= {'time_s': round(time.monotonic() - began_s, 3)}
            history.append(record)
            loggers.log(record)

        part = made.parts['train']
        heard = growing.statistics(bound, corpus, part, between)
        if total > 1:
            for record in growing.search(bound, made, heard, between):
                log(record)
        trees, depth = growing.chosen(bound, history.records())
        [grown] = growing.grow(bound, heard, growing.answers(part), depth, [trees])
        hold()
        leave(interrupts.turn(ENDING))
        nodes.save(place, grown)
        weights = nodes.load(place, bound)
        evaluators = {
            name: evaluate.Evaluator(bound, made, made.parts[name], choice.streamed)
            for name in ('valid', 'test')
        }
        valid = evaluators['valid'].score(weights.params, weights.stats)
        log({'step': total, 'split': 'valid', 'trees': trees, 'depth': depth} | valid)
        seconds = time.monotonic() - began_s
        trained, scores = conclude.score(place, bound, made, weights, evaluators, loggers.say)
        try:
            place.plots.mkdir(exist_ok=True)
            picture.draw(history.records(), bound.task.selects_by, place.plots / 'search.png')
            results.draw(trained)
        except Exception as error:  # a run's result does not hang on its pictures
            loggers.say(f'the plots were not drawn: {type(error).__name__}: {error}')
        result = {
            'status': 'finished',
            'best_step': total,
            'steps': total,
            **scores,
            'chosen': {'trees': trees, 'depth': depth},
            'seconds': round(seconds, 1),
            'parameters': nodes.size(weights),
            'caveats': short + doubts,
        }
        hold()
        write_json(place.memory, memory.peak_bytes())
        place.finish(result)
        loggers.finish(result, place)
    return result


def plan(bound: Experiment, examples: int) -> list[str]:
    """Lines on what would be grown; raises what `count` does."""
    model, total = growing.forest(bound), count(bound)
    one = batches.example(bound)
    x = jax.ShapeDtypeStruct((1, *one.shape), one.dtype)
    lengths = jax.ShapeDtypeStruct((1,), jnp.int32)
    heard = jax.eval_shape(model.statistics, x, lengths).shape[1]
    grid = f'depth {", ".join(map(str, model.depth))}; trees {", ".join(map(str, model.trees))}'
    tried = f'{total - 1} forests of {grid}; {model.folds} folds of whole groups, then one of all'
    return [
        f'heard     {heard:,} statistics of {one.shape[0]} frames x {one.shape[1]} features, '
        f'{examples} slices',
        f'search    {tried if total > 1 else f"none: {grid}"}',
    ]


def count(bound: Experiment) -> int:
    """Forests that a run grows.

    Raises:
        UserError: the experiment has augmentation, which no forest hears.
    """
    if bound.augment:
        raise UserError('augment: a forest hears each example once, as it is: --set=augment=none')
    tried = len(growing.candidates(growing.forest(bound)))
    return 1 if tried == 1 else tried + 1


def _surroundings(corpus: Corpus, streamed: bool) -> dict[str, Any]:
    """What environment.json holds beside the versions."""
    return environment.describe() | {
        **{name: metadata.version(name) for name in ('scikit-learn', 'skops')},
        'device': parallel.describe(),
        'corpus': corpus.name,
        'fingerprint': corpus.fingerprint,
        'stream': streamed,
    }
