"""From flags to a run that several processes train: what each of them does."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import jax
import numpy as np
from jax.experimental import multihost_utils

from data_prep.errors import PrepError
from research import (
    codec,
    environment,
    hosts,
    parallel,
    programs,
    renewal,
    shared,
    sources,
    start,
    step,
)
from research.choosing import Chosen
from research.course import course
from research.errors import UserError
from research.loggers.wandb import Mode
from research.loop import Options
from research.models import cudnn
from research.models.forest import Forest

VERSIONS = ('commit', 'jax', 'jaxlib', 'flax', 'optax', 'numpy')


def train(
    choose: Callable[[], Chosen],
    runs_dir: Path,
    wandb: Mode,
    options: Options,
    force: bool,
    retry: bool,
) -> int:
    """Trains as start.train does in process 0, and follows it in the others; an exit code.

    Args:
        choose: the experiment and its corpus, which each process has on its own disk or shares.

    Raises:
        UserError, PrepError: of `choose`; or the processes have not the same in hand, or the
            experiment cannot be shared by them. In every process, so that none waits for another.
        RunError, OSError: as start.train, in process 0.
    """
    chosen, trouble = None, None
    try:
        chosen = choose()
        _refuse_unfit(chosen, options)
    except (UserError, PrepError) as error:
        trouble = error
    described = environment.describe()
    hosts.agree(
        **{
            'what went wrong': str(trouble or ''),
            'the experiment': chosen and codec.to_json(chosen.experiment),
            'the corpus': chosen and chosen.corpus.fingerprint,
            'versions': [described[name] for name in VERSIONS],
            'options': [options.steps_per_dispatch, options.stream],
        }
    )
    if trouble or not chosen:
        assert trouble
        raise trouble
    streamed = _streamed(chosen, runs_dir, options)
    options = dataclasses.replace(options, stream='on' if streamed else 'off')
    if not hosts.leads():
        return _follow(chosen, options)
    code = 1
    try:
        renewal.renew([chosen.run(runs_dir)], force, retry)
        code = start.train(chosen, runs_dir, wandb, options)
        return code
    finally:
        hosts.end(code)


def _refuse_unfit(chosen: Chosen, options: Options) -> None:
    name = chosen.experiment.name
    if isinstance(chosen.experiment.model, Forest):
        raise UserError(f'{name} is grown at once, on one machine: leave --coordinator out')
    if options.parallel != 'jit':
        raise UserError(
            f'--parallel={options.parallel} is for one process: --coordinator wants jit'
        )
    parallel.refuse_uneven(chosen.experiment.batch_size, jax.device_count())
    cudnn.refuse(chosen.experiment.model, options.parallel, hosted=True)


def _streamed(chosen: Chosen, runs_dir: Path, options: Options) -> bool:
    """Whether process 0 reads its data as they are needed: it knows how the run was begun."""
    streamed = False
    if hosts.leads():
        experiment, corpus = chosen.experiment, chosen.corpus
        common = shared.share(shared.signature(experiment), corpus, False)
        bound, parts = common.bound, common.made.parts
        streamed = sources.choose(
            options.stream, bound, corpus, parts, chosen.run(runs_dir)
        ).streamed
    return bool(multihost_utils.broadcast_one_to_all(np.array(streamed)))


def _follow(chosen: Chosen, options: Options) -> int:
    """The program that process 0 has, without its run."""
    experiment, corpus = chosen.experiment, chosen.corpus
    streamed = options.stream == 'on'
    common = shared.share(shared.signature(experiment), corpus, streamed)
    bound, train = step.bound(experiment, common.made.meaning), common.made.parts['train']
    way = course(bound, len(train), options.steps_per_dispatch)
    devices = hosts.layout(bound.batch_size)
    if streamed:
        source = sources.Streamed(bound, corpus, train, devices, way)
    else:
        source = sources.Resident(bound, train, common.data(devices))
    try:
        program = programs.Alone(bound, way, devices, source, common.evaluator('valid'))
        return hosts.follow(program, step.init(bound))
    finally:
        source.close()
