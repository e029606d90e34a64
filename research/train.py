"""One run from its directory to its result: made or resumed, trained, scored once, written down."""

import contextlib
from typing import Any

import jax

from research import (
    claims,
    codec,
    conclude,
    environment,
    evaluate,
    material,
    parallel,
    sources,
)
from research import step as steps
from research.checkpoint import Checkpoints
from research.corpora import Corpus
from research.course import Course, course
from research.experiment import Experiment
from research.interrupts import Interrupts
from research.loggers import Loggers
from research.loop import Diverged, Loop, Options
from research.models.forest import Forest
from research.results import caveats
from research.runs import Run

__all__ = ['Diverged', 'Options', 'count', 'run']


def run(
    experiment: Experiment, corpus: Corpus, place: Run, options: Options, loggers: Loggers
) -> dict[str, Any]:
    """Trains until the end, scores the best checkpoint once on the test part, writes result.json.

    Args:
        experiment: its `data.corpus` is the corpus that is open here.
        corpus: open.
        place: the run's directory; made, or resumed where it stands.
        options: how.
        loggers: where progress and metrics are shown.

    Returns:
        What result.json holds.

    Raises:
        claims.Claimed: another process holds the run.
        Interrupted: SIGTERM or SIGINT came; the state is saved. A forest starts again.
        Diverged: names the step, and that of the last good checkpoint.
        CheckpointError, OSError: the disk is full; what was saved before is whole.
    """
    if isinstance(experiment.model, Forest):
        from research import forests

        return forests.run(experiment, corpus, place, options, loggers)
    made = material.prepare(experiment, corpus)
    bound, parts = steps.bound(experiment, made.meaning), made.parts
    way = course(bound, len(parts['train']), options.steps_per_dispatch)
    devices = parallel.layout(options.parallel, bound.batch_size)
    parallel.refuse_ragged(devices, bound.model, [part.samples for part in parts.values()])
    streamed = sources.choose(options.stream, bound, corpus, parts, place)
    with (
        claims.claim(place.directory, report=loggers.say) as claim,
        Interrupts() as interrupts,
        contextlib.closing(Checkpoints(place.checkpoints, report=loggers.say)) as checkpoints,
    ):
        state = steps.init(bound)
        surroundings = _surroundings(corpus, way, state, options, streamed.streamed)
        place.create(codec.to_json(experiment), surroundings)
        made.meaning.write(place.meaning)
        if streamed.streamed:
            loggers.say(f'data      {streamed.line}')
        for line in (doubts := caveats.of(bound.task, made)):
            loggers.say(line)
        loop = Loop(bound, place, way, devices, claim, interrupts, checkpoints, options, loggers)
        state = loop.resume(state)
        part = parts['train']
        if streamed.streamed:
            source = sources.Streamed(bound, corpus, part, devices, way)
        else:
            source = sources.Resident(bound, corpus, part, devices)
        valid = evaluate.Evaluator(bound, made, parts['valid'], streamed.streamed)
        with contextlib.closing(source):
            state = loop.train(state, source, valid)
        loop.save(state)
        weights = steps.Weights(state.params, state.stats)
        best, weights = checkpoints.restore_best(weights, loop.selection.step)
        test = evaluate.Evaluator(bound, made, parts['test'], streamed.streamed)
        evaluators = {'valid': valid, 'test': test}
        trained, scores = conclude.score(place, bound, made, weights, evaluators)
        checkpoints.wait()
        try:
            conclude.draw(trained, loop.history.records(), best)
        except Exception as error:  # a run's result does not hang on its pictures
            loggers.say(f'the plots were not drawn: {type(error).__name__}: {error}')
        result = {
            'status': 'finished',
            'best_step': best,
            'steps': int(state.step),
            **scores,
            'seconds': round(loop.seconds, 1),
            'parameters': count(state),
            'caveats': doubts,
        }
        loop.hold()
        place.finish(result)
        loggers.finish(result, place)
    return result


def count(state: steps.TrainState) -> int:
    """Trained parameters."""
    return sum(leaf.size for leaf in jax.tree.leaves(state.params))


def _surroundings(
    corpus: Corpus, way: Course, state: steps.TrainState, options: Options, streamed: bool
) -> dict[str, Any]:
    """What environment.json holds beside the versions."""
    return environment.describe() | {
        'device': parallel.describe(),
        'corpus': corpus.name,
        'fingerprint': corpus.fingerprint,
        'parameters': count(state),
        'parallel': options.parallel,
        'steps_per_dispatch': way.dispatch,
        'stream': streamed,
    }
