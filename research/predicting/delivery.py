"""The files that answers end up in, all of them written before the first takes its place."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from research.experiment import sound
from research.predicting import labels, outputs, report
from research.predicting.answers import Answers, Options, Reported
from research.tasks import Detection
from research.trained import Loaded


class Delivery:
    """--out and what stands beside it.

    Args:
        out: as the user has it.
        style: of `report.FORMATS`.
        answers: of the run.
        loaded: the run.
        options: the user's.

    Attributes:
        targets: all files and folders that will be written; --out is the last to take its place.
    """

    def __init__(self, out: Path, style: str, answers: Answers, loaded: Loaded, options: Options):
        self._out, self._style, self._answers = out, style, answers
        self._loaded, self._options = loaded, options
        self._files = self._review = self._labels = None
        if style == 'csv' and answers.event_columns:
            self._files = outputs.beside(out, 'files.csv')
        if options.review is not None:
            self._review = outputs.beside(out, 'review.csv')
        if options.labels is not None:
            self._labels = outputs.beside(out, 'labels')
        others = self._files, self._review, self._labels
        self.targets = [*(each for each in others if each is not None), out]

    def write(self, drafts: outputs.Drafts, reported: Sequence[Reported]) -> list[str]:
        """Drafts of all targets, and what there is to say of them.

        Raises:
            UserError: the disk refuses.
        """
        answers, said = self._answers, []
        columns, rows = ['file', *answers.columns, 'error'], report.file_rows(answers, reported)
        if self._files is not None:
            with drafts.file(self._files) as file:
                report.write_csv(file, columns, rows)
        if self._review is not None:
            assert self._options.review is not None
            unsure = report.unsure(rows, self._options.review)
            with drafts.file(self._review) as file:
                report.write_csv(file, columns, unsure)
            said.append(f'{len(unsure)} files to review: {self._review}')
        if self._labels is not None:
            assert self._options.labels is not None
            experiment = self._loaded.experiment
            assert isinstance(experiment.task, Detection)
            high_hz = sound(experiment).rate_hz / 2
            folder, kind = drafts.folder(self._labels), self._options.labels
            labels.write(folder, kind, reported, experiment.task.positive, high_hz)
        with drafts.file(self._out) as file:
            if self._style == 'json':
                report.write_json(file, facts(self._loaded, answers), answers, reported)
            else:
                own = report.columns(answers), report.rows(answers, reported)
                report.write_csv(file, *own)
        return said


def facts(loaded: Loaded, answers: Answers) -> dict[str, Any]:
    """What a report says of its run, and of `how` its outputs became answers, if it tells that."""
    experiment = loaded.experiment
    return {
        'run': str(loaded.place.directory),
        'experiment': experiment.name,
        'corpus': experiment.data.corpus,
        'task': type(experiment.task).__name__,
        **({} if answers.how is None else {'how': dict(answers.how.facts)}),
    }
