"""One run as flags ask for it: planned, trained here, or trained over several hosts."""

import functools
from pathlib import Path

from research import choosing, flags, runs, start
from research.experiment import Experiment
from research.flags import FLAGS
from research.renewal import renew


def train(experiment: Experiment) -> int:
    """Trains the experiment with the changes asked for, or shows the plan; an exit code.

    Raises:
        UserError, PrepError: of choosing.choose.
        RunError, OSError: of start.train; runs cannot be written, which is told before anything is
            prepared or compiled.
    """
    runs_dir = Path(FLAGS.runs_dir)
    joined = FLAGS.coordinator and not FLAGS.plan
    if joined:
        from research import hosts

        hosts.join(FLAGS.coordinator, FLAGS.processes, FLAGS.process_id)
    if not FLAGS.plan and not (joined and not hosts.leads()):
        runs.refuse_unwritable(runs_dir)
    choose = functools.partial(
        choosing.choose,
        experiment,
        FLAGS.corpus,
        flags.assignments(),
        Path(FLAGS.data_dir),
        prepare=not FLAGS.plan,
    )
    if FLAGS.plan:
        from research.plan import plan

        how = FLAGS.parallel, FLAGS.steps_per_dispatch, FLAGS.stream
        print('\n'.join(plan(choose(), runs_dir, *how)))
        return 0
    if joined:
        from research import hosted

        anew = FLAGS.force, FLAGS.retry_failed
        return hosted.train(choose, runs_dir, FLAGS.wandb, flags.options(), *anew)
    chosen = choose()
    renew([chosen.run(runs_dir)], FLAGS.force, FLAGS.retry_failed)
    return start.train(chosen, runs_dir, wandb=FLAGS.wandb, options=flags.options())
