"""Examples a second, from where they lie to samples on the device: resident, and read ahead.

    python -m benchmarks.read --pieces=8 --seconds=5

Makes a corpus of synthesised pieces of 30 s in a temporary folder, twice: as int16 samples and as
FLAC. An example is 29 s of a piece, at the corpus's rate or resampled on the way. Figures of one
call stand side by side; those of two calls on a busy machine do not.
"""

import dataclasses
import datetime
import os
import tempfile
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import jax
from absl import app, flags, logging

import experiments
from data_prep import corpus_styles
from data_prep.building.build import build
from data_prep.cards import Wish
from research import batches, corpora, material, overrides, parallel, sources
from research.corpora import Corpus
from research.course import course
from research.experiment import Experiment

PIECES = flags.DEFINE_integer('pieces', 8, 'Pieces of each of six styles.', lower_bound=4)
SECONDS = flags.DEFINE_float('seconds', 5.0, 'Time to measure each for.', lower_bound=0.1)
BATCH = flags.DEFINE_integer('batch', 8, 'Examples a step.', lower_bound=1)
THREADS = flags.DEFINE_multi_integer('threads', [1, 2, 4], 'Threads that read.', lower_bound=1)

SLICE_S = 29.0


def made(content: str, folder: Path) -> Corpus:
    """The pieces as a corpus whose records hold 'audio' or 'flac'."""
    corpus = dataclasses.replace(corpus_styles.CORPUS, content=content)
    wish = Wish(jobs=os.cpu_count() or 1, limit=PIECES.value, report=lambda line: None)
    build('corpus_styles', corpus, folder / content, wish)
    return corpora.open_corpus(folder / content)


def experiment(rate_hz: int) -> Experiment:
    """Hears samples, so that clips are what is resident, and changes none of them."""
    changes = [
        'data.corpus=corpus_styles',
        f'data.slice_s={SLICE_S}',
        'data.slices=1',
        'frontend=Waveform',
        f'frontend.rate_hz={rate_hz}',
        'augment=RandomCrop',
        'augment.0.shift_s=0',
        f'batch_size={BATCH.value}',
        'steps=1000000000',
    ]
    return overrides.apply(experiments.build('genre_mlp'), changes)


def ways(chosen: Experiment, corpus: Corpus) -> Iterator[tuple[str, sources.Source]]:
    """Each way to get at the training part, by name."""
    part = material.prepare(chosen, corpus).parts['train']
    devices = parallel.layout('jit', BATCH.value)
    yield (
        'resident',
        sources.Resident(chosen, part, devices.put(sources.on_device(chosen, corpus, part))),
    )
    way = course(chosen, len(part), 1)
    for threads in THREADS.value:
        name = f'streamed, {threads} thread{"s" if threads > 1 else ""}'
        yield name, sources.Streamed(chosen, corpus, part, devices, way, threads)


def examples_per_s(chosen: Experiment, source: sources.Source) -> float:
    """Of steps that do nothing but take their examples out of what they are given."""
    take = jax.jit(lambda data, rows: batches.fetch(chosen, data, rows, None)[0])
    steps, start = 0, 0.0
    while steps < 2 or time.perf_counter() - start < SECONDS.value:
        if steps == 1:  # the first compiles, and finds nothing read ahead
            start = time.perf_counter()
        data, [rows] = source(steps, 1)
        jax.block_until_ready(take(data, rows))
        steps += 1
    elapsed = time.perf_counter() - start
    source.close()
    return (steps - 1) * BATCH.value / elapsed


def main(argv: list[str]) -> None:
    if argv[1:]:
        raise app.UsageError(f'{argv[1]}: no arguments are taken')
    logging.set_verbosity(logging.WARNING)
    print(
        f'{datetime.date.today()}, {jax.devices()[0].device_kind}, {os.cpu_count()} cores, '
        f'jax {jax.__version__}, grain {version("grain")}, {6 * PIECES.value} pieces of 30 s'
    )
    print(f'{"":10}{"rate":>16}  {"":24}{"examples/s":>12}{"x real time":>13}')
    with tempfile.TemporaryDirectory() as folder:
        for content in ('audio', 'flac'):
            corpus = made(content, Path(folder))
            for rate_hz in (int(corpus.rates_hz[0]), 16_000):
                rates = f'{corpus.rates_hz[0]} > {rate_hz}'
                for name, source in ways(experiment(rate_hz), corpus):
                    rate = examples_per_s(experiment(rate_hz), source)
                    line = f'{content:10}{rates:>16}  {name:24}{rate:12,.1f}{rate * SLICE_S:13,.0f}'
                    print(line, flush=True)


if __name__ == '__main__':
    app.run(main)
