"""What a run was trained with: commit, versions, machine; light, for no device is asked."""

import importlib.metadata
import os
import platform
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

_LIBRARIES = ('jax', 'jaxlib', 'flax', 'optax', 'orbax-checkpoint', 'numpy')
_SECRET = r'(?:key|token|password|secret)'


def describe() -> dict[str, Any]:
    """What the code runs on; `device` and the corpus are for the caller to add.

    The commit is None outside git. No host name, and no value of an argument that looks secret.
    """
    commit, dirty = _commit()
    return {
        'commit': commit,
        'dirty': dirty,
        'python': platform.python_version(),
        **{name: _version(name) for name in _LIBRARIES},
        'platform': f'{platform.system()}-{platform.release()}-{platform.machine()}',
        'cpus': _cpus(),
        'argv': _without_secrets(sys.argv),
    }


def _cpus() -> int | None:
    """Processors that this process may use: sums are in another order on another number of them."""
    if hasattr(os, 'sched_getaffinity'):
        return len(os.sched_getaffinity(0))
    return os.cpu_count()


def _commit() -> tuple[str | None, bool | None]:
    command = ['git', '--no-optional-locks', 'status', '--porcelain=v2', '--branch']
    try:
        status = subprocess.run(
            command, cwd=Path(__file__).parent, capture_output=True, text=True, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return None, None  # no git, or not a checkout: both are ways to run the code
    found = re.search(r'^# branch\.oid ([0-9a-f]{40,})$', status, flags=re.MULTILINE)
    return found and found[1], bool(re.search(r'^[^#]', status, flags=re.MULTILINE))


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _without_secrets(argv: list[str]) -> list[str]:
    clean, secret_next = [], False
    for word in argv:
        hidden = re.sub(rf'({_SECRET}[^=]*=).*', r'\1***', word, flags=re.IGNORECASE | re.DOTALL)
        clean.append('***' if secret_next and not word.startswith('-') else hidden)
        secret_next = bool(re.fullmatch(rf'--?[^=]*{_SECRET}[^=]*', word, flags=re.IGNORECASE))
    return clean
