"""What a user's mistake at launch.py comes to."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
# Asks for what its argument lists, one after another, each as if alone.
ASK = """
import contextlib, io, json, sys
from absl.testing import flagsaver
import launch as door

def ask(flags):
    out, err = io.StringIO(), io.StringIO()
    with flagsaver.flagsaver(), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = door.main(door.parse(['launch.py', *flags]))
    return code, out.getvalue(), err.getvalue()

json.dump([ask(flags) for flags in json.loads(sys.argv[1])], sys.stdout)
"""


def test_a_mistake_is_one_line_with_what_to_do_and_starts_nothing(launch, data_dir, tmp_path):
    ok, missing = '--experiment=genre_mlp', tmp_path / 'missing'
    (tmp_path / 'file').touch()
    processes = {
        ('--experiment=genre_cn1d',): (2, "did you mean 'genre_cnn1d'?"),
        ('--expermient=genre_mlp',): (2, "did you mean 'experiment'?"),
        (ok, '--parallel=pmapp'): (2, 'one of <jit|pmap>'),
        (ok, f'--runs_dir={tmp_path}/file/runs', f'--data_dir={missing}'): (
            1,
            f'cannot write {tmp_path}/file/runs: Not a directory',
        ),
    }
    together = {
        (ok, '--corpus=gtzn'): (2, "did you mean 'gtzan'?"),
        (ok, '--set=model.droput=0.3'): (2, "did you mean 'dropout'?"),
        (ok, '--set=model.dropout=much'): (2, 'a number in [0, 1) is wanted'),
        (ok, '--corpus=gtzan', f'--data_dir={missing}'): (
            2,
            f"corpus 'gtzan' is not prepared in {missing}/: "
            f'python -m data_prep gtzan --source=DIR --data_dir={missing}',
        ),
    }
    # A platform that there is none of: whoever asks jax for a device is told so, at length.
    runs, nowhere = f'--runs_dir={tmp_path / "runs"}', {'JAX_PLATFORMS': 'nowhere'}
    asked = {flags: launch(runs, *flags, **nowhere) for flags in processes}
    flags = json.dumps([[f'--data_dir={data_dir}', runs, *flags] for flags in together])
    command = [sys.executable, '-c', ASK, flags]
    one = subprocess.run(
        command, cwd=ROOT, env=os.environ | nowhere, capture_output=True, text=True
    )
    assert one.stderr == ''
    ended = {flags: process.end() for flags, process in asked.items()}
    ended |= zip(together, json.loads(one.stdout), strict=True)
    for flags, (code, said) in (processes | together).items():
        got, out, err = ended[flags]
        assert (got, out) == (code, ''), flags
        assert said in err
        assert re.fullmatch(r'error: .*\n', err), flags
    assert [path.name for path in tmp_path.iterdir()] == ['file']


def test_cudnns_lstm_is_refused_in_a_line_where_there_is_no_gpu(launch, tmp_path):
    asked = '--experiment=genre_lstm', '--corpus=corpus_styles', '--set=model.recurrence=cudnn'
    code, out, err = launch(*asked, '--wandb=off', f'--runs_dir={tmp_path / "runs"}').end()
    assert (code, out) == (2, '')
    assert re.fullmatch(
        r'error: model\.recurrence=cudnn wants an NVIDIA GPU, and jax computes on cpu here: .*\n',
        err,
    )
    assert not [*tmp_path.iterdir()]
