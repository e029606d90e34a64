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
        Stopped: the pipeline failed; what it finished is kept.
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
