"""research.predict in a process that sends itself a signal after the n-th call of a method."""

import resource
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[3]
SCRIPT = """
import functools, importlib, os, resource, signal, sys

from research import predict

module, owner, name, number, sent, most = sys.argv[1:7]
signal.signal(signal.SIGINT, signal.default_int_handler)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(most), int(most)))
holder = getattr(importlib.import_module(module), owner)
own, calls = getattr(holder, name), 0


@functools.wraps(own)
def counted(*args, **kwargs):
    global calls
    found = own(*args, **kwargs)
    calls += 1
    if calls == int(number):
        os.kill(os.getpid(), int(sent))
    return found


setattr(holder, name, counted)
sys.exit(predict.main(['predict', *sys.argv[7:]]))
"""
# Module, class and method whose calls are counted.
ANSWER = ('research.predicting.journal', 'Journal', 'add')
BLOCK = ('research.predicting.progress', 'Progress', 'watch')
RENAME = ('pathlib', 'Path', 'replace')  # that of the journal is the first


def predict(
    asked: Sequence[str],
    method: tuple[str, str, str],
    number: int,
    sent: int,
    most: int = resource.RLIM_INFINITY,
) -> tuple[int, str]:
    """The exit code and standard error; no file may have more than `most` bytes."""
    done = subprocess.run(
        [sys.executable, '-c', SCRIPT, *method, *map(str, (number, int(sent), most)), *asked],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=300,
    )
    return done.returncode, done.stderr
