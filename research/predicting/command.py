"""What `python -m research.predict` does once its flags are read."""

import contextlib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from data_prep.pages.wording import many
from research import start, trained
from research.errors import UserError
from research.predicting import identity, kinds, outputs, places, report, resuming
from research.predicting.answers import Answers, Options, Reported, Watch
from research.predicting.delivery import Delivery, facts
from research.predicting.hearing import fitting
from research.predicting.journal import Journal
from research.predicting.places import Place
from research.predicting.progress import Progress
from research.predicting.stopping import Signals
from research.trained import Loaded


def run(text: str, named: Sequence[str], flags: Any, signals: Signals) -> int:
    """Asks a run about files.

    Args:
        text: the run, as the user names it.
        named: files and folders.
        flags: those of `research.predict`.
        signals: heeded between blocks of sound and between files.

    Returns:
        1 where a file has no answer, else 0.

    Raises:
        UserError, RunError: a mistake of the user's, or a disk that refuses.
        Stopped: a signal came. As an error, it bears a note of what is kept.
    """
    options = Options(flags.slices, flags.review, flags.hop_s, flags.labels, flags.lm)
    out = None if flags.out is None else Path(flags.out)
    style = _format(out, flags.format)
    if out is None and (options.review is not None or options.labels is not None):
        raise UserError('--review and --labels write files beside --out=NAME.csv: give that too')
    loaded = trained.load(trained.find(text, Path(flags.runs_dir), _say).directory)
    programs = loaded.place.directory.absolute().parents[1]
    if (programs / '.programs').is_dir():
        start.remember_programs(programs)
    if flags.batch is not None and flags.batch < 1:
        raise UserError(f'--batch={flags.batch}: 1 or more is wanted')
    batch = flags.batch or fitting(loaded.experiment)
    answers = kinds.answers(loaded, options, batch)
    found = places.find(named, answers.suffixes)
    for note in found.notes:
        _say(note)
    if out is None:
        reported = _print(answers, found.places, loaded, style, signals)
    else:
        about = identity.about(loaded, options, batch)
        run = str(loaded.place.directory)
        journal = Journal(out, run, about, found.places, flags.force)
        delivery = Delivery(out, style, answers, loaded, options)
        outputs.refuse(delivery.targets, flags.force, journal.own)
        reported = _keep(answers, found.places, journal, delivery, signals)
    if answers.how is not None:
        _say(answers.how.line)
    failed = [each for each in reported if each.error]
    found_in_all = sum(len(each.events) for each in reported)
    events = f', {many(found_in_all, answers.event)}' if answers.event else ''
    answered = f'{len(reported) - len(failed)} of {many(len(reported), "file")} answered'
    _say(answered + events)
    for each in failed[:3]:
        _say(f'no answer: {each.place.name}: {each.error}')
    if len(failed) > 3:
        _say(f'no answer: {len(failed) - 3} more: see the column `error`')
    return 1 if failed else 0


def _print(
    answers: Answers, asked: list[Place], loaded: Loaded, style: str, signals: Signals
) -> list[Reported]:
    """All answers, to standard output; lines of a table as soon as they are there."""
    reported = []
    columns = report.columns(answers)
    if style == 'csv':
        report.write_csv(sys.stdout, columns, [])
    signals.wait()
    try:
        with _progress(asked, signals) as watch:
            for each in answers.ask(asked, watch):
                reported.append(each)
                if style == 'csv':
                    rows = report.rows(answers, [each])
                    report.write_csv(sys.stdout, columns, rows, header=False)
                signals.check()
    except KeyboardInterrupt as stop:
        stop.add_note('nothing is kept; with --out=FILE the same command would go on')
        raise
    if style == 'json':
        report.write_json(sys.stdout, facts(loaded, answers), answers, reported)
    return reported


def _keep(
    answers: Answers,
    asked: list[Place],
    journal: Journal,
    delivery: Delivery,
    signals: Signals,
) -> list[Reported]:
    """All answers, to files; those of a process before are taken from the journal."""
    outputs.sweep([*delivery.targets, journal.path])
    if journal.done or journal.changed:
        verb = 'is' if journal.changed == 1 else 'are'
        changed = f', {journal.changed} that changed since {verb} done again' * bool(
            journal.changed
        )
        _say(f'resumed: {journal.done} of {journal.total} files are done{changed}')
    done = [place for place in asked if journal.holds(place)]
    reported = []
    signals.wait()
    with journal:
        with _progress(asked, signals, done) as watch:
            for each in resuming.ask(answers, asked, watch, journal):
                reported.append(each)
                signals.check()
        with outputs.Drafts() as drafts:
            said = delivery.write(drafts, reported)
            journal.replacing(drafts.hashes())
            drafts.place()
        journal.remove()
    for line in said:
        _say(line)
    return reported


@contextlib.contextmanager
def _progress(asked: list[Place], signals: Signals, done: Sequence[Place] = ()) -> Iterator[Watch]:
    """Shows how far files have been read, and stops there where a signal wants it."""
    with contextlib.closing(Progress(asked, done=done)) as progress:

        def watch(place: Place, share: float, seconds: float) -> None:
            signals.check()
            progress.watch(place, share, seconds)

        yield watch


def _format(out: Path | None, style: str | None) -> str:
    """As asked, as the file's name ends, or CSV."""
    ending = '' if out is None else out.suffix.lower().lstrip('.')
    if style is None and out is not None and ending not in report.FORMATS:
        raise UserError(f'--out={out}: a name that ends in .csv or .json is wanted, or --format')
    return style or ending or 'csv'


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
