"""A finished run on notes writes music: `python -m research.generate RUN --out=piece.mid`."""

import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from absl import flags

from research.errors import UserError, refused
from research.predicting import outputs
from research.runs import RunError

USAGE = """Draws music from a finished run on notes, and writes it as MIDI and as sound.

    python -m research.generate notes_gru --notes=500 --out=piece.mid --wav=piece.wav
    python -m research.generate notes_transformer --pieces=4 --temperature=0.9 --top_p=0.95
    python -m research.generate notes_gru --prompt=begin.mid --seed=7

RUN is a run's directory, or a name under --runs_dir, of which the run that finished last is taken.
Each note of a chord is one: every piece has --notes of them. The same run, flags and seed give the
same piece. A prompt is the beginning of the piece that is written, and its notes are not counted.
A run that only learnt to go on from so many tokens, as of notes_lstm, is given those of a training
piece, drawn by the seed and not written, unless there is a prompt.

flags:
"""
_MOST = 100_000


def main(argv: Sequence[str]) -> int:
    """Writes the pieces, and says what it wrote.

    Returns:
        The exit code: 2 for a mistake of the user's.
    """
    asked = _flags()
    try:
        named = asked(argv)[1:]
        if asked.help:
            print(
                USAGE + asked.get_help(include_special_flags=False).partition(':\n')[2], flush=True
            )
            return 0
        if len(named) != 1:
            raise UserError('one run is wanted; --help shows how')
        if not (math.isfinite(asked.temperature) and math.isfinite(asked.top_p)):
            raise UserError('--temperature and --top_p: finite numbers are wanted')
        if asked.prompt and not Path(asked.prompt).is_file():
            raise UserError(f'--prompt={asked.prompt}: there is no such file')
        midis, wavs = _places(asked, 'out', '.mid'), _places(asked, 'wav', '.wav')
        _write(named[0], asked, midis, wavs)
        sys.stdout.flush()
    except (flags.Error, UserError, RunError) as error:
        print(f'error: {" ".join(str(error).splitlines())}', file=sys.stderr)
        return 2
    except OSError as error:
        print(f'error: {refused(error)}', file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print('stopped', file=sys.stderr)
        return 130
    return 0


def _write(named: str, asked: Any, midis: list[Path], wavs: list[Path]) -> None:
    # Imported where it is used: a mistake is told before jax is there.
    from data_prep.errors import DamagedCorpus, PrepError, Unreadable
    from data_prep.sources import midi as reading
    from research import composition, midi, rendering, start, trained
    from research.generation import Choice

    loaded = trained.load(trained.find(named, Path(asked.runs_dir)).directory)
    programs = loaded.place.directory.absolute().parents[1]
    if (programs / '.programs').is_dir():
        start.remember_programs(programs)
    choice = Choice(asked.temperature, asked.top_k, asked.top_p)
    wish = composition.Wish(asked.notes, asked.pieces, asked.seed, choice)
    try:
        if asked.prompt:
            before = composition.continued(loaded, reading.read(asked.prompt), wish.pieces)
        else:
            before = composition.opening(loaded, wish, Path(asked.data_dir))
    except Unreadable as error:
        raise UserError(f'--prompt={asked.prompt}: {error}') from error
    except OSError as error:
        what = f'--prompt={asked.prompt}' if asked.prompt else asked.data_dir
        raise UserError(f'{what} cannot be read ({error.strerror or error})') from error
    except (DamagedCorpus, PrepError) as error:
        raise UserError(str(error)) from error
    print(f'run       {loaded.place.directory}', flush=True)
    if told := before.shape[1]:
        whose = f'of {asked.prompt}' if asked.prompt else 'of a training piece, not written'
        print(f'goes on   from {told} token{"s" * (told > 1)} {whose}', flush=True)
    pieces = composition.compose(loaded, wish, before, kept=bool(asked.prompt))
    for path, piece in zip(midis, pieces, strict=True):
        midi.write(path, piece)
        print(f'wrote     {path}: {len(piece.events)} notes, {piece.seconds():.1f} s', flush=True)
    for path, piece in zip(wavs, pieces, strict=bool(wavs)):
        print(f'wrote     {path}: {rendering.write(path, piece):.1f} s of sound', flush=True)


def _places(asked: Any, flag: str, suffix: str) -> list[Path]:
    """A file for each piece; refused before anything is drawn, where it cannot be written."""
    text = asked[flag].value
    if text is None:
        return []
    path = Path(text)
    if path.suffix.lower() not in {suffix, suffix.replace('mid', 'midi')}:
        raise UserError(f'--{flag}={text}: a name that ends in {suffix} is wanted')
    places = [path]
    if asked.pieces > 1:
        names = (f'{path.stem}-{number}{path.suffix}' for number in range(1, asked.pieces + 1))
        places = [path.with_name(name) for name in names]
    outputs.refuse(places, asked.force)
    return places


def _flags() -> Any:
    """Flags of its own and of one call, so that a program with others can import this module."""
    asked = flags.FlagValues()

    def number(define, name, default, about, lower=None, upper=None):
        define(name, default, about, lower_bound=lower, upper_bound=upper, flag_values=asked)

    whole, real = flags.DEFINE_integer, flags.DEFINE_float
    number(whole, 'notes', 500, 'notes of each piece', lower=1, upper=_MOST)
    number(whole, 'pieces', 1, 'pieces: NAME-1.mid, NAME-2.mid, ...', lower=1, upper=1000)
    number(
        real,
        'temperature',
        1.0,
        'below 1 keeps to the probable; 0: always the most probable',
        lower=0.0,
    )
    number(whole, 'top_k', 0, 'draw from the k most probable; 0: from all', lower=0)
    number(
        real,
        'top_p',
        1.0,
        'draw from the most probable that have this mass together',
        lower=1e-6,
        upper=1.0,
    )
    number(whole, 'seed', 0, 'of all that is drawn', lower=0, upper=2**32 - 1)
    for name, default, about in (
        ('out', 'piece.mid', 'MIDI file to write'),
        ('wav', None, 'sound file to write as well'),
        ('prompt', None, 'MIDI file to go on from'),
        ('runs_dir', 'runs', 'folder of the runs'),
        ('data_dir', 'data', 'folder of the prepared corpora'),
    ):
        flags.DEFINE_string(name, default, about, flag_values=asked)
    flags.DEFINE_boolean('force', False, 'replace files that are there', flag_values=asked)
    flags.DEFINE_boolean('help', False, 'show this', flag_values=asked)
    return asked


if __name__ == '__main__':
    sys.exit(main(sys.argv))
