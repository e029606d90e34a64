"""A SLURM of one node, this one, for as long as a test lasts; wants root and Debian's slurm-wlm."""

import contextlib
import os
import secrets
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

PATIENCE_S = 60
CONF = """
ClusterName=one
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmdPort={node}
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
ReturnToService=2
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} State=UNKNOWN
PartitionName=all Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""


@contextlib.contextmanager
def slurm(folder: Path) -> Iterator[dict[str, str]]:
    """Starts the daemons with all their files in `folder`; yields the variables that lead there."""
    host = socket.gethostname().split('.')[0]
    ports = [_free(), _free()]
    for name in ('state', 'spool', 'munge'):
        (folder / name).mkdir(mode=0o700)
    key = folder / 'munge' / 'key'
    key.write_bytes(secrets.token_bytes(1024))
    key.chmod(0o400)
    conf = folder / 'slurm.conf'
    values = {'folder': folder, 'host': host, 'controller': ports[0], 'node': ports[1]}
    conf.write_text(CONF.format(**values, cpus=os.cpu_count()))
    environment = {'SLURM_CONF': str(conf)}
    munged = [
        'munged',
        '--foreground',
        '--force',
        f'--key-file={key}',
        f'--socket={folder}/munge.socket',
        f'--pid-file={folder}/munge/pid',
        f'--log-file={folder}/munge/log',
        f'--seed-file={folder}/munge/seed',
    ]
    commands = [munged, ['slurmctld', '-D', '-f', str(conf)], ['slurmd', '-D', '-f', str(conf)]]
    started: list[subprocess.Popen[bytes]] = []
    try:
        for command in commands:
            with (folder / f'{command[0]}.out').open('w') as said:
                started.append(
                    subprocess.Popen(
                        command,
                        env=os.environ | environment,
                        stdout=said,
                        stderr=subprocess.STDOUT,
                        start_new_session=True,
                    )
                )
            time.sleep(1)
        _await_idle(environment, folder)
        yield environment
    finally:
        for process in reversed(started):
            process.terminate()
            process.wait(PATIENCE_S)


def _await_idle(environment: dict[str, str], folder: Path) -> None:
    deadline = time.monotonic() + PATIENCE_S
    state = ''
    while 'idle' not in state:
        assert time.monotonic() < deadline, f'{state}: see {folder}'
        time.sleep(0.5)
        asked = subprocess.run(
            ['sinfo', '--noheader', '--format=%t'],
            env=os.environ | environment,
            capture_output=True,
            text=True,
        )
        state = asked.stdout + asked.stderr


def _free() -> int:
    with socket.socket() as taken:
        taken.bind(('127.0.0.1', 0))
        return taken.getsockname()[1]
