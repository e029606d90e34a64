"""The flags of launch.py: all that a run or a grid can be asked for; light, for --help."""

from typing import TYPE_CHECKING

from absl import flags

from research.errors import UserError

if TYPE_CHECKING:
    from research.loop import Options

FLAGS = flags.FLAGS
flags.DEFINE_string('experiment', None, 'Name of an experiment; --list shows them all.')
flags.DEFINE_string('grid', None, 'Name of a grid of experiments; --list shows them too.')
flags.DEFINE_multi_string(
    'sweep',
    [],
    'a.b=v1,v2 or seed=0:10: trains --experiment with each of the values; several multiply.',
)
flags.DEFINE_multi_string(
    'search',
    [],
    'a.b=low..high, a.b=low..high,log or a.b=one,another: looks for the best values on validation, '
    'by random search and successive halving.',
)
flags.DEFINE_integer('trials', 27, 'Points that a search begins with.', lower_bound=1)
flags.DEFINE_integer(
    'rungs',
    3,
    'Budgets of a search, each --keep times the one before; one is random search.',
    lower_bound=1,
)
flags.DEFINE_integer('keep', 3, 'One trial in so many goes on to the next budget.', lower_bound=2)
flags.DEFINE_integer(
    'waves',
    1,
    'Parts in which the trials are drawn; each is guided by those before it (TPE).',
    lower_bound=1,
)
flags.DEFINE_integer('search_seed', 0, 'Seed of what a search draws.', lower_bound=0)
flags.DEFINE_multi_string(
    'set',
    [],
    'a.b=value: changes a field of the experiment, as in model.dropout=0.3. May be repeated.',
)
flags.DEFINE_integer('seed', None, 'Short for --set=seed=N.', lower_bound=0)
flags.DEFINE_string(
    'corpus',
    None,
    'Corpus to train on. Without it the experiment takes its own where that is prepared and an '
    'embedded stand-in where it is not; with it, a corpus that is not prepared is an error.',
)
flags.DEFINE_string('data_dir', 'data', 'Folder of the prepared corpora.')
flags.DEFINE_string('runs_dir', 'runs', 'Folder of the runs.')
flags.DEFINE_enum(
    'wandb',
    'auto',
    ['auto', 'online', 'offline', 'off'],
    'Weights & Biases; auto is online where a key is known and offline elsewhere.',
)
flags.DEFINE_enum('parallel', 'jit', ['jit', 'pmap'], 'How a step is laid out over the devices.')
flags.DEFINE_enum(
    'stream',
    'auto',
    ['auto', 'on', 'off'],
    'Whether data are read from disk as they are needed, or lie on the device; auto reads what '
    'would take more than a third of the free memory.',
)
flags.DEFINE_enum(
    'stack',
    'auto',
    ['auto', 'on', 'off'],
    'Whether runs of a grid that differ in values alone are trained as one program; auto runs a '
    'few steps of both ways and takes programs of several where those are faster by a tenth.',
)
flags.DEFINE_enum(
    'executor',
    'local',
    ['local', 'ray', 'slurm'],
    'Who runs the workers of a grid: processes on this machine, a Ray cluster, or jobs of SLURM.',
)
flags.DEFINE_string(
    'ray_address',
    '',
    "HOST:PORT of a Ray cluster, or 'auto' on one of its nodes; without it one is started here.",
)
flags.DEFINE_string(
    'ray_runs_dir',
    None,
    'Folder of each Ray node for runs that are then fetched; without it nodes use --runs_dir where '
    'all of them see it, and a temporary folder where not.',
)
flags.DEFINE_integer(
    'workers',
    None,
    'Processes that share a grid; without it one a device, and one on a CPU.',
    lower_bound=1,
)
flags.DEFINE_multi_string(
    'sbatch',
    [],
    'NAME=VALUE: an option of sbatch for --executor=slurm, as in partition=gpu or gpus-per-node=1; '
    'time in minutes, 60 where it is not given. May be repeated.',
)
flags.DEFINE_string('worker', None, 'Which worker of how many this is, as in 2/4; set for it.')
flags.DEFINE_string(
    'coordinator',
    None,
    'host:port of process 0 where several processes, on as many hosts, train one run together; '
    "'auto' on a cluster that jax knows.",
)
flags.DEFINE_integer('processes', None, 'How many processes those are.', lower_bound=1)
flags.DEFINE_integer('process_id', None, 'Which of them this is, from 0.', lower_bound=0)
flags.DEFINE_list(
    'members', None, 'Which runs of a grid to train, as in 1,4,5, in the order of the grid.'
)
flags.DEFINE_integer('end_with', None, 'Ends, saved, with the process of this number; for workers.')
flags.DEFINE_bool('list', False, 'Shows the experiments and exits.')
flags.DEFINE_bool(
    'plan', False, 'Shows what would be trained, its shapes, memory and steps; starts nothing.'
)
flags.DEFINE_bool('force', False, 'Trains anew; an earlier run of the same is moved aside.')
flags.DEFINE_bool(
    'status', False, 'Shows how far a grid is: done, running, failed and why, waiting.'
)
flags.DEFINE_bool('retry_failed', False, 'Trains also what failed, from its last good checkpoint.')
flags.DEFINE_float(
    'checkpoint_every_s', 60.0, 'Seconds between checkpoints to resume from.', lower_bound=0.0
)
flags.DEFINE_integer(
    'steps_per_dispatch',
    None,
    'Steps in one program, at most; chosen where not given.',
    lower_bound=1,
)


def assignments() -> list[str]:
    """What --set and --seed say, in their order."""
    return list(FLAGS.set) + ([f'seed={FLAGS.seed}'] if FLAGS.seed is not None else [])


def options() -> 'Options':
    """How each run is carried out."""
    from research.loop import Options

    return Options(FLAGS.parallel, FLAGS.checkpoint_every_s, FLAGS.steps_per_dispatch, FLAGS.stream)


def worker() -> tuple[int, int]:
    """Which of how many workers this is, counted from 0; UserError where --worker does not say."""
    number, _, count = (FLAGS.worker or '1/1').partition('/')
    if not (number.isdigit() and count.isdigit() and 1 <= int(number) <= int(count)):
        raise UserError(f"--worker={FLAGS.worker}: '2/4' is wanted, the second of four")
    return int(number) - 1, int(count)


def positions(count: int) -> tuple[int, ...] | None:
    """The members of a grid of so many that --members asks for, counted from 0; None: all."""
    told: list[str] = FLAGS.members or []
    for each in told:
        if not (each.isdigit() and 1 <= int(each) <= count):
            raise UserError(f'--members={",".join(told)}: numbers of 1 to {count} are wanted')
    return tuple(int(each) - 1 for each in told) or None
