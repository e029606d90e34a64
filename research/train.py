"""Runs from their directories to their results: made or resumed, trained, scored, written down."""

import contextlib
import dataclasses
from collections.abc import Sequence
from typing import Any

import jax

from research import (
    claims,
    codec,
    conclude,
    environment,
    evaluate,
    hosts,
    material,
    memory,
    parallel,
    programs,
    reach,
    shared,
    sources,
)
from research import step as steps
from research.checkpoint import Checkpoints
from research.corpora import Corpus
from research.course import Course, course
from research.experiment import Experiment
from research.interrupts import ENDING, Interrupted, Interrupts
from research.loggers import Loggers
from research.loop import Loop, Options
from research.member import Diverged, Member
from research.models.forest import Forest
from research.results import caveats
from research.runs import Run, write_json

# What stopping comes to amid the training, and amid the scoring of a stack.
SAVING = 'asked to stop: after the steps under way the checkpoint is written'
LEAVING = 'asked to stop: after the run that is being scored'

__all__ = ['Asked', 'Diverged', 'Options', 'count', 'run', 'together']


@dataclasses.dataclass(frozen=True)
class Asked:
    """A run that is to be trained.

    Attributes:
        experiment: its `data.corpus` is the corpus that is open.
        place: its directory; made, or resumed where it stands.
        loggers: where progress and metrics are shown.
    """

    experiment: Experiment
    place: Run
    loggers: Loggers


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
    [outcome] = together([Asked(experiment, place, loggers)], corpus, options)
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def together(
    asked: Sequence[Asked], corpus: Corpus, options: Options
) -> list[dict[str, Any] | Exception]:
    """Trains runs of one signature (see research.shared) as one program, or one run by itself.

    Each ends as `run` says, in its own directory.

    Returns:
        Of each what result.json holds, or why it has none: Claimed or Diverged.

    Raises:
        Interrupted: SIGTERM or SIGINT came; the states are saved.
        CheckpointError, OSError: the disk is full; what was saved before is whole.
    """
    alike = shared.signature(asked[0].experiment)
    common = shared.share(alike, corpus, False)
    made, parts = common.made, common.made.parts
    bounds = [steps.bound(each.experiment, made.meaning) for each in asked]
    first = bounds[0]
    way = course(first, len(parts['train']), options.steps_per_dispatch)
    if hosts.several():
        devices = hosts.layout(first.batch_size)
    else:
        devices = parallel.layout(options.parallel, first.batch_size)
    lengths = [part.samples for part in parts.values()]
    parallel.refuse_ragged(devices, first.model, lengths)
    short = reach.told(first, made)  # which the user has been shown
    streamed = sources.choose(options.stream, first, corpus, parts, asked[0].place)
    if streamed.streamed:
        common = shared.share(alike, corpus, True)
    outcomes: dict[int, dict[str, Any] | Exception] = {}
    with contextlib.ExitStack() as stack:
        held = {}
        for i, each in enumerate(asked):
            try:
                claim = claims.claim(each.place.directory, report=each.loggers.say)
                held[i] = stack.enter_context(claim)
            except claims.Claimed as error:
                outcomes[i] = error
        if not held:
            return [*outcomes.values()]
        saying = asked[next(iter(held))].loggers.say
        interrupts = stack.enter_context(Interrupts(saying, SAVING))
        if interrupts.number:  # it came to the grid while the data were read
            raise Interrupted(interrupts.number, 'before the first step; the same command goes on')
        doubts = caveats.of(first.task, made)
        members, states = {}, []
        for i, claim in held.items():
            place, loggers = asked[i].place, asked[i].loggers
            folder = Checkpoints(place.checkpoints, report=loggers.say)
            checkpoints = stack.enter_context(contextlib.closing(folder))
            state = steps.init(bounds[i])
            surroundings = _surroundings(corpus, way, state, options, streamed.streamed)
            place.create(codec.to_json(asked[i].experiment), surroundings)
            made.meaning.write(place.meaning)
            if not members:
                for line in [f'data      {streamed.line}'] * streamed.streamed + doubts:
                    loggers.say(line)
            members[i] = Member(bounds[i], place, way, claim, checkpoints, loggers)
            states.append(members[i].resume(state))
        valid = common.evaluator('valid')
        chosen = [bounds[i] for i in members]
        with contextlib.ExitStack() as reading:
            if len(chosen) > 1:
                even = parallel.divisible(first.model, lengths)
                devices = parallel.stack(len(chosen), first.batch_size, even)
                source = sources.Resident(first, parts['train'], common.data(devices))
                program = programs.Stack(chosen, way, source, valid, even)
            else:
                if streamed.streamed:
                    source = sources.Streamed(chosen[0], corpus, parts['train'], devices, way)
                else:
                    source = sources.Resident(chosen[0], parts['train'], common.data(devices))
                reading.enter_context(contextlib.closing(source))
                program = programs.Alone(chosen[0], way, devices, source, valid)
                if hosts.several():
                    program = hosts.Led(program)
            loop = Loop([*members.values()], program, way, interrupts, options.checkpoint_every_s)
            ends = loop.train(states)
        stop = interrupts.turn(ENDING if len(members) == 1 else LEAVING)
        if stop and ends:  # it came after the last step, whose state is saved
            raise Interrupted(stop, 'trained; the same command scores what is left')
        evaluators = {'valid': valid, 'test': common.evaluator('test')}
        for lane, i in enumerate(members):
            if lane in loop.failures:
                outcomes[i] = loop.failures[lane]
                continue
            if interrupts.number and len(members) > 1:
                where = 'trained; the same command scores what is left'
                raise Interrupted(interrupts.number, where)
            outcomes[i] = _concluded(members[i], made, ends[lane], evaluators, short + doubts)
    return [outcomes[i] for i in range(len(asked))]


def _concluded(
    member: Member,
    made: material.Material,
    state: steps.TrainState,
    evaluators: dict[str, evaluate.Evaluator],
    doubts: list[str],
) -> dict[str, Any]:
    """Scores the best checkpoint, draws, and writes the result."""
    place, loggers, checkpoints = member.place, member.loggers, member.checkpoints
    weights = steps.Weights(state.params, state.stats)
    best, weights = checkpoints.restore_best(weights, member.selection.step)
    trained, scores = conclude.score(
        place, member.experiment, made, weights, evaluators, loggers.say
    )
    checkpoints.wait()
    try:
        conclude.draw(trained, member.history.records(), best)
    except Exception as error:  # a run's result does not hang on its pictures
        loggers.say(f'the plots were not drawn: {type(error).__name__}: {error}')
    result = {
        'status': 'finished',
        'best_step': best,
        'steps': int(state.step),
        **scores,
        'seconds': round(member.seconds, 1),
        'parameters': count(state),
        'caveats': doubts,
    }
    member.hold()
    write_json(place.memory, memory.peak_bytes())
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
        **options.surroundings,
    }
