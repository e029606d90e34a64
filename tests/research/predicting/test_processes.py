"""The command as a process of its own: what it waits for, and the memory that it takes."""

import csv
import io
import os
import subprocess
import sys

import numpy as np
import pytest
import soundfile


@pytest.fixture
def run(drawn, untrained, on_disk, tmp_path):
    loaded = untrained(
        'genre_mlp',
        drawn([(8_000, 9.0)] * 6),
        {'temperature': 1.0},
        'data.slices=3',
        'model.widths=8',
    )
    return on_disk(loaded, tmp_path / 'runs')


def test_help_and_typos_wait_for_no_jax():
    code = (
        "import sys, runpy; sys.modules['jax'] = None; sys.argv[0] = 'predict';"
        "runpy.run_module('research.predict', run_name='__main__')"
    )
    for arguments, wanted in ((['--help'], 0), (['run', 'no such file'], 2), (['--otu=x'], 2)):
        done = subprocess.run(
            [sys.executable, '-c', code, *arguments],
            capture_output=True,
            text=True,
            env=os.environ | {'PYTHONPATH': os.getcwd()},
        )
        assert done.returncode == wanted, done.stderr
        assert 'python -m research.predict' in done.stdout or wanted


@pytest.mark.slow
def test_twenty_minutes_take_little_more_memory_than_one(run, tmp_path):
    peaks = []
    for name, minutes in (('short.wav', 1), ('long.wav', 20)):
        path = tmp_path / name
        noise = np.random.default_rng(0).integers(-9_000, 9_000, (44_100 * 60, 2)).astype(np.int16)
        with soundfile.SoundFile(path, 'w', 44_100, 2, 'PCM_16') as file:
            for _ in range(minutes):
                file.write(noise)
        code = (
            'import resource, sys; from research import predict;'
            "code = predict.main(['predict', *sys.argv[1:]]);"
            'print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr);'
            'sys.exit(code)'
        )
        done = subprocess.run(
            [sys.executable, '-c', code, str(run), str(path)],
            capture_output=True,
            text=True,
            env=os.environ | {'PYTHONPATH': os.getcwd(), 'JAX_PLATFORMS': 'cpu'},
        )
        assert done.returncode == 0, done.stderr
        [row] = csv.DictReader(io.StringIO(done.stdout))
        assert float(row['length_s']) == minutes * 60
        peaks.append(int(done.stderr.split()[-1]) / 1024)
    # The long one has 202 MiB, and 101 as mono; what allocators keep of blocks varies by some ten.
    assert peaks[1] - peaks[0] < 60
