"""The door to data prep: `python -m data_prep NAME --source=DIR`."""

import difflib
import shlex
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

from absl import flags

import data_prep
from data_prep import manifest

USAGE = """Prepares corpora.

    python -m data_prep --list
    python -m data_prep gtzan --source=DIR      a folder that holds genres_original/ or genres/
    python -m data_prep gtzan --download
    python -m data_prep librispeech --download --subsets=dev-clean,test-clean
    python -m data_prep audio_folder:mine --source=DIR    DIR/<class>/**/*.wav, .mp3, .flac, ...
    python -m data_prep corpus_styles           embedded: needs neither files nor network
    python -m data_prep gtzan --describe        what is in it, as text and as a page
    python -m data_prep gtzan --verify          every byte against its hash

A prep that was stopped goes on when the same command is given again.

flags:
"""

# Flags of its own, so that a program with a --data_dir of its own can import this module.
FLAGS = flags.FlagValues()


def _define() -> None:
    def text(name: str, default: str | None, said: str) -> None:
        flags.DEFINE_string(name, default, said, flag_values=FLAGS)

    def switch(name: str, said: str) -> None:
        flags.DEFINE_boolean(name, False, said, flag_values=FLAGS)

    text('source', None, 'folder that holds the corpus as the public gets it')
    text('table', None, 'CSV of what is known of the files, for corpora that take one')
    text('data_dir', 'data', 'where prepared corpora live')
    switch('download', 'fetch the public archive, or go on fetching it')
    flags.DEFINE_list('subsets', [], 'which archives, where there are several', flag_values=FLAGS)
    switch('list', 'show every corpus and whether it is prepared')
    switch('describe', 'show what a prepared corpus holds, and write its page')
    switch('cards', 'print the cards of all corpora as Markdown')
    switch('verify', 'check every byte of a prepared corpus')
    switch('force', 'prepare again what is prepared')
    flags.DEFINE_integer(
        'jobs', None, 'processes; all cores unless said', lower_bound=1, flag_values=FLAGS
    )
    flags.DEFINE_float(
        'max_bad', 0.02, 'share of unreadable files that is an error', 0.0, 1.0, flag_values=FLAGS
    )
    flags.DEFINE_integer(
        'limit', None, 'so many items a class only', lower_bound=1, flag_values=FLAGS
    )
    text(
        'beam',
        None,
        'do the work on Apache Beam, with this runner: DirectRunner, FlinkRunner; all its workers '
        'must see --data_dir and --source under one path',
    )
    flags.DEFINE_multi_string(
        'beam_options',
        [],
        "further options of the pipeline: --beam_options='--project=P --region=R'",
        flag_values=FLAGS,
    )
    switch('help', 'show this')


def main(argv: list[str]) -> int:
    """Does what the command line says; returns the exit code: 2 for a mistake of the user's."""
    if not FLAGS:
        _define()
    try:
        _do(FLAGS(argv)[1:])
    except flags.UnrecognizedFlagError as error:
        near = difflib.get_close_matches(error.flagname, FLAGS, n=1)
        hint = f'did you mean --{near[0]}? ' if near else ''
        print(f'unknown flag --{error.flagname}: {hint}see --help', file=sys.stderr)
        return 2
    except (data_prep.PrepError, flags.Error, OSError) as error:
        print(' '.join(str(error).split()), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(
            'stopped; the same command goes on from the shards that are finished', file=sys.stderr
        )
        return 130
    return 0


def _do(names: list[str]) -> None:
    if FLAGS.help:
        print(USAGE + FLAGS.get_help(include_special_flags=False))
    elif FLAGS.list:
        print(_table())
    elif FLAGS.cards:
        from data_prep.catalogue import cards

        print(cards())
    elif not names:
        raise data_prep.PrepError('name a corpus: ' + ', '.join(data_prep.CORPORA))
    else:
        do = _verify if FLAGS.verify else _describe if FLAGS.describe else _prepare
        for name in names:
            do(name)


def _prepare(name: str) -> None:
    beam = [f'--runner={FLAGS.beam}'] if FLAGS.beam else []
    if FLAGS.beam_options and not beam:
        raise data_prep.PrepError('--beam_options are for --beam=RUNNER: say which runner')
    if FLAGS.subsets and not FLAGS.download:
        raise data_prep.PrepError('--subsets are what --download fetches: say --download too')
    data_prep.prepare(
        name,
        FLAGS.data_dir,
        source=FLAGS.source,
        table=FLAGS.table,
        download=FLAGS.subsets or FLAGS.download,
        jobs=FLAGS.jobs,
        force=FLAGS.force,
        limit=FLAGS.limit,
        max_bad=FLAGS.max_bad,
        beam=[*beam, *(word for text in FLAGS.beam_options for word in shlex.split(text))],
    )


def _describe(name: str) -> None:
    from data_prep.describe import describe

    describe(name, FLAGS.data_dir)


def _verify(name: str) -> None:
    data_prep.card(name)
    directory = data_prep.prepared(name, FLAGS.data_dir)
    if directory is None:
        raise data_prep.PrepError(f'{name} is not prepared in {FLAGS.data_dir}: nothing to verify')
    facts = manifest.verify(directory)
    print(f'{name}: {facts["records"]} records, {len(facts["files"])} files, every hash is right')


def _table() -> str:
    rows = [('corpus', 'prepared', 'records', 'on disk', 'where', 'licence')]
    rows += [row for name in data_prep.CORPORA for row in _rows(name)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    padded = (map(str.ljust, row, widths) for row in rows)
    return '\n'.join('  '.join(row).rstrip() for row in padded)


def _rows(base: str) -> Iterator[tuple[str, ...]]:
    """A line for each prepared corpus of that name, whatever its label; one where there is none."""
    card = data_prep.card(base)
    licence = textwrap.shorten(card.licence, 50, placeholder=' ...')
    home = Path(FLAGS.data_dir, base)
    labels = sorted(path.name for path in home.iterdir()) if home.is_dir() else []
    names = [base, *(f'{base}:{label}' for label in labels)]
    found = [(name, data_prep.prepared(name, FLAGS.data_dir)) for name in names]
    there = [(name, directory) for name, directory in found if directory]
    for name, directory in there:
        try:
            facts = manifest.read(directory)
        except data_prep.DamagedCorpus:
            yield name, 'damaged', '-', '-', str(directory), licence
            continue
        size = sum(file['bytes'] for file in facts['files'].values())
        share = f'{facts["records"]}' + (' (limited)' if facts['limit'] else '')
        yield name, 'yes', share, f'{size / 1e6:,.0f} MB', str(directory), licence
    if not there:
        size = f'~{card.size_bytes / 1e6:,.0f} MB' if card.size_bytes > 1e6 else 'unknown'
        yield base, 'no', '-', size, '-', licence


if __name__ == '__main__':
    sys.exit(main(sys.argv))
