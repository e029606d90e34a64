"""Runs on sounds of the user's own, and on a corpus that broke after it was prepared."""

import json
import re
import shutil

import numpy as np
import pytest
import soundfile

import data_prep

SMALL = ('--experiment=genre_mlp', '--set=model.widths=16,8', '--set=steps=12', '--wandb=off')


@pytest.mark.slow
def test_a_folder_of_sounds_is_trained_with_the_classes_found_in_it(launch, run_in, tmp_path):
    """Two classes, three rates, from half a second to forty."""
    rng = np.random.default_rng(0)
    for pitch_hz in (200, 2000):
        for number, seconds in enumerate((0.5, 40.0, 2.0, 5.0)):
            rate_hz = (8000, 22050, 44100)[number % 3]
            phase = 2 * np.pi * pitch_hz * np.arange(round(rate_hz * seconds)) / rate_hz
            path = tmp_path / 'sounds' / f'{pitch_hz} Hz' / f'{number}.wav'
            path.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(path, 0.3 * np.sin(phase) + rng.normal(0, 0.1, len(phase)), rate_hz)
    data = tmp_path / 'data'
    sounds = tmp_path / 'sounds'
    data_prep.prepare('audio_folder:mine', data, source=sounds, report=lambda line: None, jobs=1)
    flags = ('--corpus=audio_folder:mine', f'--data_dir={data}', f'--runs_dir={tmp_path / "runs"}')
    code, out, err = launch(*SMALL, *flags, '--set=batch_size=4', '--stream=on').end()
    assert (code, err) == (0, '')
    assert 'corpus    audio_folder:mine, 2 classes' in out
    run = run_in(tmp_path / 'runs')
    assert run.name.startswith('audio_folder.mine-s0-')
    assert json.loads((run / 'environment.json').read_text())['stream'] is True
    with np.load(run / 'predictions' / 'test.npz') as test:
        assert test['classes'].tolist() == ['200 Hz', '2000 Hz']
        assert test['probabilities'].shape[1] == 2


@pytest.mark.parametrize('stream', ['on', 'off'])
def test_a_broken_record_ends_a_run_in_one_line_that_names_it(data_dir, launch, stream, tmp_path):
    shutil.copytree(data_dir, tmp_path / 'data')
    for shard in tmp_path.glob('data/corpus_styles/*/*array_record*'):
        content = bytearray(shard.read_bytes())
        content[len(content) // 2] ^= 1
        shard.write_bytes(content)
    flags = (f'--data_dir={tmp_path / "data"}', f'--runs_dir={tmp_path / "runs"}')
    code, _, err = launch(*SMALL, *flags, f'--stream={stream}').end()
    assert code == 2
    assert re.fullmatch(r"error: .*: record \d+, '[\w.]+', cannot be read .*--force\n", err)
