"""Eight devices, by either layout and with runs stacked, train what one device trains."""

import json
import re

import numpy as np
import pytest

# Batch norm, dropout and augmentation: what differs where devices do not act as one.
CNN = (
    '--experiment=genre_cnn2d',
    '--corpus=corpus_styles',
    '--set=model.channels=4,4',
    '--set=model.kernels=3,2',
    '--set=model.dense=8',
    '--set=augment=SpecAugment,Mixup',
    '--set=batch_size=16',
    '--set=steps=12',
    '--set=eval_epochs=0.5',
    '--wandb=off',
)
# Sums in another order; 7e-7 was seen over twelve steps.
RTOL = 1e-5
# What is not optimized is compiled sooner, and comes to the same.
PLAIN = '--xla_backend_optimization_level=0'
EIGHT = {'XLA_FLAGS': f'{PLAIN} --xla_force_host_platform_device_count=8'}


@pytest.mark.slow
def test_eight_devices_train_what_one_trains_under_jit_under_pmap_and_stacked(fork, tmp_path):
    ways = {
        'one': ((), {'XLA_FLAGS': PLAIN}),
        'jit': (('--parallel=jit',), EIGHT),
        'pmap': (('--parallel=pmap',), EIGHT),
        # Four members, each on two devices that share its batches.
        'stack': (('--stack=on', '--sweep=seed=0:4'), EIGHT),
    }
    started = {
        name: fork(*CNN, *flags, f'--runs_dir={tmp_path / name}', **environment)
        for name, (flags, environment) in ways.items()
    }
    metrics = {}
    for name, process in started.items():
        code, out, err = process.end()
        assert (code, err) == (0, ''), out
        [run] = (tmp_path / name).glob('genre_cnn2d/corpus_styles-s0-*')
        lines = (run / 'metrics.jsonl').read_text().splitlines()
        metrics[name] = list(map(json.loads, lines))
        devices = json.loads((run / 'environment.json').read_text())['device']
        assert devices['count'] == (1 if name == 'one' else 8)
    for name in ('jit', 'pmap', 'stack'):
        for theirs, ones in zip(metrics[name], metrics['one'], strict=True):
            assert (theirs['step'], theirs['split']) == (ones['step'], ones['split'])
            for score in ones.keys() & {'loss', 'grad_norm'}:
                np.testing.assert_allclose(theirs[score], ones[score], RTOL, err_msg=name)
            for score in (each for each in ones if each.endswith('accuracy')):
                assert theirs[score] == ones[score], name


def test_a_batch_that_eight_devices_cannot_share_is_refused_with_one_that_they_can(fork, tmp_path):
    flags = (*CNN, '--set=batch_size=12', f'--runs_dir={tmp_path / "runs"}')
    code, _, err = fork(*flags, **EIGHT).end()
    assert code == 2
    assert re.fullmatch(r'error: batch_size=12 .* 8 devices: --set=batch_size=16\n', err)
    assert not list(tmp_path.glob('runs/*'))
