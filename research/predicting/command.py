"""What `python -m research.predict` does once its flags are read."""

import contextlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from research import start, trained
from research.errors import UserError
from research.experiment import sound
from research.predicting import kinds, labels, outputs, places, report
from research.predicting.answers import Answers, Options, Reported
from research.predicting.hearing import fitting
from research.predicting.places import Place
from research.predicting.progress import Progress
from research.tasks import Detection
from research.trained import Loaded


def run(text: str, named: Sequence[str], flags: Any) -> int:
    """Asks a run about files.

    Args:
        text: the run, as the user names it.
        named: files and folders.
        flags: those of `research.predict`.

    Returns:
        1 where a file has no answer, else 0.

    Raises:
        UserError, RunError: a mistake of the user's; nothing has been written.
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
    answers = kinds.answers(loaded, options, flags.batch or fitting(loaded.experiment))
    found = places.find(named, answers.suffixes)
    for note in found.notes:
        _say(note)
    targets = _targets(answers, options, out, style)
    outputs.refuse(targets, flags.force)
    reported = _ask(answers, found.places, out is None and style == 'csv')
    if out is None:
        if style == 'json':
            report.write_json(sys.stdout, _facts(loaded), answers, reported)
    else:
        _write(answers, loaded, options, reported, out, style)
    failed = [each for each in reported if each.error]
    events = f', {sum(len(e.events) for e in reported)} {answers.event}' * bool(answers.event)
    _say(f'{len(reported) - len(failed)} of {len(reported)} files answered{events}')
    for each in failed[:3]:
        _say(f'no answer: {each.place.name}: {each.error}')
    if len(failed) > 3:
        _say(f'no answer: {len(failed) - 3} more: see the column `error`')
    return 1 if failed else 0


def _ask(answers: Answers, named: list[Place], stream: bool) -> list[Reported]:
    """All answers; where they are streamed, each is printed as soon as it is there."""
    reported = []
    columns = report.columns(answers)
    if stream:
        report.write_csv(sys.stdout, columns, [])
    with contextlib.closing(Progress(named)) as progress:
        for each in answers.ask(named, progress.watch):
            reported.append(each)
            if stream:
                rows = report.rows(answers, [each])
                report.write_csv(sys.stdout, columns, rows, header=False)
    return reported


def _targets(answers: Answers, options: Options, out: Path | None, style: str) -> list[Path]:
    """All that will be written."""
    if out is None:
        return []
    found = [out]
    if style == 'csv' and answers.event_columns:
        found.append(outputs.beside(out, 'files.csv'))
    if options.review is not None:
        found.append(outputs.beside(out, 'review.csv'))
    if options.labels is not None:
        found.append(outputs.beside(out, 'labels'))
    return found


def _write(
    answers: Answers,
    loaded: Loaded,
    options: Options,
    reported: list[Reported],
    out: Path,
    style: str,
) -> None:
    with outputs.whole(out) as path, path.open('w', encoding='utf-8', newline='') as file:
        if style == 'json':
            report.write_json(file, _facts(loaded), answers, reported)
        else:
            report.write_csv(file, report.columns(answers), report.rows(answers, reported))
    columns, rows = ['file', *answers.columns, 'error'], report.file_rows(answers, reported)
    if style == 'csv' and answers.event_columns:
        _write_csv(outputs.beside(out, 'files.csv'), columns, rows)
    if options.review is not None:
        unsure = report.unsure(rows, options.review)
        _write_csv(outputs.beside(out, 'review.csv'), columns, unsure)
        _say(f'{len(unsure)} files to review: {outputs.beside(out, "review.csv")}')
    if options.labels is not None:
        folder = outputs.beside(out, 'labels')
        task, high_hz = loaded.experiment.task, sound(loaded.experiment).rate_hz / 2
        assert isinstance(task, Detection)
        labels.write(folder, options.labels, reported, task.positive, high_hz)


def _write_csv(target: Path, columns: list[str], rows: list[dict[str, Any]]) -> None:
    with outputs.whole(target) as path, path.open('w', encoding='utf-8', newline='') as file:
        report.write_csv(file, columns, rows)


def _facts(loaded: Loaded) -> dict[str, Any]:
    experiment = loaded.experiment
    return {
        'run': str(loaded.place.directory),
        'experiment': experiment.name,
        'corpus': experiment.data.corpus,
        'task': type(experiment.task).__name__,
    }


def _format(out: Path | None, style: str | None) -> str:
    """As asked, as the file's name ends, or CSV."""
    ending = '' if out is None else out.suffix.lower().lstrip('.')
    if style is None and out is not None and ending not in report.FORMATS:
        raise UserError(f'--out={out}: a name that ends in .csv or .json is wanted, or --format')
    return style or ending or 'csv'


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
