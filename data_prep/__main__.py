"""The door to data prep: `python -m data_prep NAME --source=DIR`."""

import difflib
import sys

from absl import flags

import data_prep
from data_prep import manifest

USAGE = """Prepares corpora.

    python -m data_prep --list
    python -m data_prep gtzan --source=DIR      a folder that holds genres_original/ or genres/
    python -m data_prep gtzan --download
    python -m data_prep corpus_styles           embedded: needs neither files nor network
    python -m data_prep gtzan --verify          every byte against its hash

flags:
"""

# Flags of its own, so that a program with a --data_dir of its own can import this module.
FLAGS = flags.FlagValues()


def _define() -> None:
    flags.DEFINE_string(
        'source', None, 'folder that holds the corpus as the public gets it', flag_values=FLAGS
    )
    flags.DEFINE_string('data_dir', 'data', 'where prepared corpora live', flag_values=FLAGS)
    flags.DEFINE_boolean(
        'download', False, 'fetch the public archive, or go on fetching it', flag_values=FLAGS
    )
    flags.DEFINE_boolean(
        'list', False, 'show every corpus and whether it is prepared', flag_values=FLAGS
    )
    flags.DEFINE_boolean(
        'verify', False, 'check every byte of a prepared corpus', flag_values=FLAGS
    )
    flags.DEFINE_boolean('force', False, 'prepare again what is prepared', flag_values=FLAGS)
    flags.DEFINE_integer(
        'jobs', None, 'processes; all cores unless said', lower_bound=1, flag_values=FLAGS
    )
    flags.DEFINE_float(
        'max_bad', 0.02, 'share of unreadable files that is an error', 0.0, 1.0, flag_values=FLAGS
    )
    flags.DEFINE_integer(
        'limit', None, 'so many items a class only', lower_bound=1, flag_values=FLAGS
    )
    flags.DEFINE_boolean('help', False, 'show this', flag_values=FLAGS)


def main(argv: list[str]) -> int:
    """Does what the command line says; returns the exit code: 2 for a mistake of the user's."""
    if not FLAGS:
        _define()
    try:
        names = FLAGS(argv)[1:]
        if FLAGS.help:
            print(USAGE + FLAGS.get_help(include_special_flags=False))
            return 0
        if FLAGS.list:
            print(_table())
            return 0
        if not names:
            raise data_prep.PrepError('name a corpus: ' + ', '.join(data_prep.CORPORA))
        do = _verify if FLAGS.verify else _prepare
        for name in names:
            do(name)
    except flags.UnrecognizedFlagError as error:
        near = difflib.get_close_matches(error.flagname, FLAGS, n=1)
        hint = f'did you mean --{near[0]}? ' if near else ''
        print(f'unknown flag --{error.flagname}: {hint}see --help', file=sys.stderr)
        return 2
    except (data_prep.PrepError, flags.Error, OSError) as error:
        print(' '.join(str(error).split()), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print('stopped; nothing half-made was left behind', file=sys.stderr)
        return 130
    return 0


def _prepare(name: str) -> None:
    data_prep.prepare(
        name,
        FLAGS.data_dir,
        source=FLAGS.source,
        download=FLAGS.download,
        jobs=FLAGS.jobs,
        force=FLAGS.force,
        limit=FLAGS.limit,
        max_bad=FLAGS.max_bad,
    )


def _verify(name: str) -> None:
    directory = data_prep.prepared(data_prep.card(name).name, FLAGS.data_dir)
    if directory is None:
        raise data_prep.PrepError(f'{name} is not prepared in {FLAGS.data_dir}: nothing to verify')
    facts = manifest.verify(directory)
    print(f'{name}: {facts["records"]} records, {len(facts["files"])} files, every hash is right')


def _table() -> str:
    rows = [('corpus', 'prepared', 'records', 'on disk', 'licence', 'where')]
    for name in data_prep.CORPORA:
        card = data_prep.card(name)
        directory = data_prep.prepared(name, FLAGS.data_dir)
        if directory is None:
            rows.append((name, 'no', '-', f'~{card.size_bytes / 1e6:,.0f} MB', card.licence, '-'))
            continue
        try:
            facts = manifest.read(directory)
        except data_prep.DamagedCorpus:
            rows.append((name, 'damaged', '-', '-', card.licence, str(directory)))
            continue
        size = sum(file['bytes'] for file in facts['files'].values())
        share = f'{facts["records"]}' + (' (limited)' if facts['limit'] else '')
        rows.append((name, 'yes', share, f'{size / 1e6:,.0f} MB', card.licence, str(directory)))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    padded = (map(str.ljust, row, widths) for row in rows)
    return '\n'.join('  '.join(row).rstrip() for row in padded)


if __name__ == '__main__':
    sys.exit(main(sys.argv))
