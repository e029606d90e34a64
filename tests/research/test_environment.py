import json
import os
import subprocess
import sys

import pytest

from research import environment


def test_environment_has_versions_and_no_secret(monkeypatch):
    argv = ['launch.py', '--seed=1', '--wandb_API_key=s3cret', '--token', 's3cret', '--list']
    argv += ['--set=store.password=s3cret=s3cret', '-db_secret=s3cret', '--api-key', '--x']
    monkeypatch.setattr(sys, 'argv', argv)
    found = environment.describe()
    assert 's3cret' not in json.dumps(found)
    assert found['argv'][:2] == ['launch.py', '--seed=1']
    assert found['argv'][2:5] == ['--wandb_API_key=***', '--token', '***']
    assert found['argv'][-2:] == ['--api-key', '--x']
    import jax
    import numpy as np

    assert (found['jax'], found['numpy']) == (jax.__version__, np.__version__)
    assert os.uname().nodename not in json.dumps({k: v for k, v in found.items() if k != 'argv'})


@pytest.mark.skipif(not hasattr(os, 'sched_setaffinity'), reason='processes are not bound here')
def test_processors_are_those_that_the_process_may_use():
    allowed = os.sched_getaffinity(0)
    assert environment.describe()['cpus'] == len(allowed)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        assert environment.describe()['cpus'] == 1
    finally:
        os.sched_setaffinity(0, allowed)


def test_commit_and_dirty_flag_are_those_of_the_code(tmp_path, monkeypatch):
    code = tmp_path / 'code' / 'environment.py'
    code.parent.mkdir()
    code.write_text('')
    monkeypatch.setattr(environment, '__file__', str(code))
    monkeypatch.setenv('GIT_CEILING_DIRECTORIES', str(tmp_path.parent))
    found = environment.describe()
    assert (found['commit'], found['dirty']) == (None, None)

    def git(*words: str) -> str:
        command = ['git', '-c', 'user.name=a', '-c', 'user.email=a@b.c', *words]
        done = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    git('init', '-q')
    git('add', '.')
    git('commit', '-q', '-m', 'x')
    found = environment.describe()
    assert (found['commit'], found['dirty']) == (git('rev-parse', 'HEAD'), False)
    code.write_text('changed')
    assert environment.describe()['dirty'] is True
