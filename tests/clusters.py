"""A grid that is given to clusters, some seconds a run, and what its runs come to."""

from pathlib import Path

SWEPT = (
    '--experiment=genre_mlp',
    '--corpus=corpus_styles',
    '--wandb=off',
    '--set=model.widths=16,8',
    '--set=steps=1500',
    '--set=eval_epochs=25',
    '--stack=off',
)


def found(runs_dir, outcome):
    return {path.parent.name: outcome(path.parent) for path in runs_dir.glob('*/*/result.json')}


def undisturbed(fork, outcome, runs_dir, swept):
    """What the runs come to where nothing happens to them, by the names of their folders."""
    assert fork(*swept, f'--runs_dir={runs_dir}').end().code == 0
    return found(runs_dir, outcome)


def parent(pid):
    """The parent of a process; None where it is gone."""
    try:
        state, own, *_ = Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()
    except OSError:
        return None
    return None if state in 'ZX' else int(own)
