"""Weights & Biases, filled from metrics.jsonl; nothing that goes wrong here stops a run."""

import functools
import netrc
import os
import shlex
import urllib.parse
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from research import later
from research.dotted import flatten, keyed

Mode = Literal['auto', 'online', 'offline', 'off']
START_TIMEOUT_S = 10.0
FINISH_TIMEOUT_S = 60.0
TAG_LENGTH = 64  # W&B refuses a run with a longer one


def _guarded(method: Callable[..., None]) -> Callable[..., None]:
    """The one place where W&B may fail: told once in one line, then the logger is silent."""

    @functools.wraps(method)
    def guarded(self: 'WandbLogger', *args: Any, **kwargs: Any) -> None:
        if self.mode == 'off':
            return
        try:
            method(self, *args, **kwargs)
        except Exception as error:
            self.mode = 'off'
            reason = ' '.join(f'{type(error).__name__}: {error}'.split())[:160]
            self.say(
                f'W&B stopped at {method.__name__.strip("_")} ({reason}); the run goes on and '
                f'{self.directory / "metrics.jsonl"} has everything'
            )

    return guarded


class WandbLogger:
    """One run's W&B run.

    Every method may be called whatever the mode and whatever failed before; none raises because
    of W&B. Nothing is asked; offline and off connect to nothing.

    Args:
        run_directory: W&B's files go to `wandb/` in it.
        mode: 'auto' is online where a key is known (see `known_key`), else offline; the variable
            WANDB_MODE=offline or disabled turns it down.
        project: W&B project.
        group: what is compared as one: the grid or the experiment, and the corpus.
        tags: for later comparison: experiment, corpus, protocol, model class, 'stand-in'.
        name: shown name of the run.
        run_id: identifies the run to W&B: the same one continues it.
        config: experiment.json, of which W&B is told settings that came later too; it joins nested
            names with dots itself, and cannot group by names that have dots already.
        say: takes one line for the user.
    """

    def __init__(
        self,
        run_directory: Path,
        mode: Mode,
        project: str,
        group: str,
        tags: Sequence[str],
        name: str,
        run_id: str,
        config: Mapping[str, Any],
        say: Callable[[str], None] = print,
    ):
        self.directory = run_directory
        self.say = say
        self.mode: Mode = mode
        self.run: Any = None
        self.first_step = 0
        self._start(
            project=project,
            group=group,
            tags=sorted({tag[:TAG_LENGTH] for tag in tags if tag}),
            name=name,
            id=run_id,
            config=keyed(later.complete(config)),
        )

    @_guarded
    def _start(self, **identity: Any) -> None:
        self.mode = resolve(self.mode)
        if self.mode == 'off':
            return
        # Read when wandb is imported; its crash reports go over the network even when offline.
        os.environ['WANDB_ERROR_REPORTING'] = 'false'
        os.environ['WANDB_SILENT'] = 'true'
        import wandb

        self.run = wandb.init(
            **identity,
            job_type='train',
            dir=str(self.directory),
            mode=self.mode,
            resume='allow',
            reinit='create_new',
            settings=wandb.Settings(
                console='off',
                silent=True,
                save_code=False,
                disable_git=True,
                symlink=False,
                init_timeout=START_TIMEOUT_S,
                finish_timeout=FINISH_TIMEOUT_S,
                finish_timeout_raises=True,
                # The metadata holds the command line, and with it what a user should not have
                # put there.
                x_disable_meta=True,
                x_disable_machine_info=True,
                x_disable_stats=True,
                x_save_requirements=False,
            ),
        )
        # 0 for a new run and for every offline one: a continued offline run writes a new file.
        self.first_step = self.run.step

    @_guarded
    def catch_up(self, records: Iterable[Mapping[str, Any]]) -> None:
        """Logs what W&B lacks of metrics.jsonl: when a run starts or resumes.

        Offline that is all of it: the newest file is then whole, whatever a kill took from the
        ones before. Online it is the steps from the first that W&B has not got.
        """
        for record in records:
            self._log(record)

    @_guarded
    def log(self, record: Mapping[str, Any]) -> None:
        """Logs a record of metrics.jsonl as `{split}/{metric}` at its step.

        Steps that W&B already has (the run resumed from an older checkpoint) are left out.
        """
        self._log(record)

    def _log(self, record: Mapping[str, Any]) -> None:
        if record['step'] < self.first_step:
            return
        metrics = {
            f'{record["split"]}/{name}': value
            for name, value in record.items()
            if name not in ('step', 'split')
        }
        self.run.log(metrics, step=record['step'])

    @_guarded
    def finish(
        self,
        result: Mapping[str, Any],
        named: tuple[Sequence[int], Sequence[int], Sequence[str]] | None,
        plots: Sequence[Path],
    ) -> None:
        """Adds the summary (result.json, `test/item_accuracy` and so on) and the plots.

        Args:
            named: of a classifier, true and predicted class of each item of the test part, and the
                classes' names: their confusion matrix is added.
        """
        import wandb

        self.run.summary.update(flatten(result, '/'))
        shown: dict[str, Any] = {f'plots/{path.stem}': wandb.Image(str(path)) for path in plots}
        if named:
            truth, predicted, classes = named
            shown['test/confusion'] = wandb.plot.confusion_matrix(
                y_true=list(truth),
                preds=list(predicted),
                class_names=list(classes),
                title='test, per item',
            )
        self.run.log(shown)

    @_guarded
    def close(self, exit_code: int = 0) -> None:
        """Ends the W&B run, waiting a minute at most; offline, says how to upload it.

        Args:
            exit_code: 0 marks the run finished, anything else failed.
        """
        self.run.finish(exit_code=exit_code)
        if self.mode == 'offline':
            path = os.path.relpath(self.run.settings.sync_dir)
            self.say(f'W&B is offline; to upload this run: wandb sync {shlex.quote(path)}')
        self.mode = 'off'


def resolve(mode: Mode) -> Literal['online', 'offline', 'off']:
    """What 'auto' means here and now, without network or question; other modes as they are."""
    if mode != 'auto':
        return mode
    wanted = os.environ.get('WANDB_MODE')
    if wanted == 'disabled':
        return 'off'
    return 'online' if known_key() and wanted != 'offline' else 'offline'


def known_key() -> bool:
    """Whether WANDB_API_KEY is set or the netrc file has an entry for W&B's host.

    An unreadable netrc file holds no key, for W&B too.
    """
    if os.environ.get('WANDB_API_KEY'):
        return True
    url = os.environ.get('WANDB_BASE_URL', 'https://api.wandb.ai')
    try:
        entries = netrc.netrc(Path(os.environ.get('NETRC', '~/.netrc')).expanduser()).hosts
    except (OSError, netrc.NetrcParseError):
        return False
    return urllib.parse.urlsplit(url).netloc in entries
