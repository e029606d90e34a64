"""What the programs of benchmarks/ say; what they measure is not tested."""

import os
import subprocess
import sys

import pytest


def lowering(rows: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, '-m', 'benchmarks.lowering', '--repeats=1', f'--rows={rows}'],
        capture_output=True,
        text=True,
        env=os.environ | {'PYTHONPATH': os.getcwd(), 'JAX_PLATFORMS': 'cpu'},
    )


@pytest.mark.parametrize(
    ('rows', 'told'),
    [
        ('deptwise', 'no row has this in its name: convolution: genre_cnn2d, first; '),
        ('LSTM', 'no rows of LSTM layers: cuDNN wants an NVIDIA GPU, and this is cpu'),
    ],
)
def test_rows_that_cannot_be_timed_end_with_an_error_in_place_of_a_table(rows: str, told: str):
    done = lowering(rows)
    assert (done.returncode, done.stdout, done.stderr.count('\n')) == (1, '', 1)
    assert done.stderr.startswith(f"error: --rows='{rows}': {told}")


def test_of_lstm_layers_nothing_is_said_where_they_are_not_asked_for():
    done = lowering('depthwise: capuchin_small, second')
    assert done.returncode == 0, done.stderr
    assert 'LSTM' not in done.stdout
    assert done.stdout.splitlines()[-1].startswith('| depthwise: capuchin_small, second | ')
