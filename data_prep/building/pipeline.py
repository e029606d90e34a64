"""The same shards, handed to Apache Beam: whatever runner it has, on however many hosts."""

import functools
from collections.abc import Callable, Sequence

from data_prep.building import shards
from data_prep.building.plans import Shard
from data_prep.errors import PrepError, Stopped


def run(
    recipe: shards.Recipe,
    todo: Sequence[Shard],
    options: Sequence[str],
    report: Callable[[str], object] = print,
) -> None:
    """Makes the shards in a pipeline; returns when all are there.

    Args:
        recipe: what they share; its folder, and what the entries name, must be seen by all workers
            under one path.
        todo: the shards.
        options: of the pipeline, as on a command line: ('--runner=FlinkRunner', ...).
        report: takes lines for the user.

    Raises:
        PrepError: Beam is not installed.
        Stopped: the pipeline failed, or its workers wrote elsewhere; what it finished is kept.
    """
    try:
        import apache_beam as beam
        from apache_beam.options.pipeline_options import PipelineOptions
    except ImportError:
        raise PrepError(
            '--beam needs Apache Beam: pip install -r requirements-beam.txt -c constraints.txt'
        ) from None
    report(f'{len(todo)} shards go to Apache Beam: {" ".join(options)}')
    try:
        with beam.Pipeline(options=PipelineOptions(list(options))) as pipeline:
            _ = (
                pipeline
                | 'shards' >> beam.Create(list(todo))
                | 'spread' >> beam.Reshuffle()
                | 'make' >> beam.Map(functools.partial(shards.write, recipe))
            )
    except Exception as error:  # whatever a runner raises; its last line is the reason
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise Stopped(
            f'the pipeline failed: {lines[-1]}; the same command goes on from what is finished'
        ) from error
    missing = [each.number for each in todo if shards.read(recipe.folder, each.number) is None]
    if missing:
        raise Stopped(
            f'the pipeline ended, but {len(missing)} of {len(todo)} shards are not in '
            f'{recipe.folder}, the first number {missing[0]}: its workers must see --data_dir and '
            '--source under the same paths as this process: put them where all can, then the '
            'same command goes on'
        )
