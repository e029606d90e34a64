"""Workers on this machine: a process a device, pinned to it.

On accelerators each sees one of them; on a CPU each has its share of the cores.
"""

import io
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from research.errors import UserError
from research.interrupts import Interrupts

LAUNCH = Path(__file__).parents[2] / 'launch.py'
# A worker that was killed is started again, unless that happens to it time and again.
RESTARTS = 3
LOOK_S = 0.2
DEVICES = Path('/dev')
COUNT = 'import jax; d = jax.local_devices(); print(d[0].platform, len(d))'
VISIBLE = {'gpu': 'CUDA_VISIBLE_DEVICES', 'tpu': 'TPU_VISIBLE_CHIPS'}


class Worker:
    """One process and its lines, told with its number in front.

    Args:
        number: counted from 0.
        command: what it runs.
        environment: besides this process's own.
        cores: it may use; empty: all.
    """

    def __init__(
        self,
        number: int,
        command: Sequence[str],
        environment: Mapping[str, str],
        cores: Sequence[int],
    ):
        self.number, self.restarts = number, 0
        self._command, self._environment, self._cores = command, environment, cores
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            self._command,
            env={**os.environ, **self._environment, 'PYTHONUNBUFFERED': '1'},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,  # a Ctrl-C reaches it once, from here
        )
        if self._cores:
            os.sched_setaffinity(self.process.pid, self._cores)
        assert isinstance(self.process.stdout, io.TextIOBase)
        self._reader = threading.Thread(target=self._tell, args=(self.process.stdout,), daemon=True)
        self._reader.start()

    def say(self, line: str) -> None:
        print(f'worker {self.number + 1}  {line}', flush=True)

    def ended(self) -> int | None:
        """Its exit code once all it said was told; negative: by that signal."""
        code = self.process.poll()
        if code is not None:
            self._reader.join()
        return code

    def _tell(self, lines: io.TextIOBase) -> None:
        with lines:
            for line in lines:
                if line.strip():
                    self.say(line.rstrip())


def devices() -> tuple[str, int]:
    """Platform and number of the devices here, as another process sees them: this one takes none.

    Raises:
        UserError: JAX finds no device.
    """
    found = subprocess.run([sys.executable, '-c', COUNT], capture_output=True, text=True)
    if found.returncode:
        reason = (found.stderr.strip().splitlines() or ['it says nothing'])[-1]
        raise UserError(f'JAX finds no device ({reason}): JAX_PLATFORMS=cpu trains on the CPU')
    platform, count = found.stdout.split()[-2:]
    return platform, int(count)


def workers(asked: int | None) -> tuple[str, int]:
    """The platform, and how many workers: as asked, or one a device, and one on a CPU."""
    nodes = [path for kind in ('nvidia[0-9]*', 'accel*', 'kfd') for path in DEVICES.glob(kind)]
    if asked == 1 or not nodes:  # nothing to ask JAX for, which takes seconds
        return 'cpu', asked or 1
    platform, count = devices()
    return platform, asked or (1 if platform == 'cpu' else count)


def pinned(platform: str, number: int, count: int) -> tuple[dict[str, str], list[int]]:
    """Environment and cores of one worker among so many."""
    cores = sorted(os.sched_getaffinity(0))
    share = cores[number * len(cores) // count : (number + 1) * len(cores) // count]
    if platform in VISIBLE:
        name = VISIBLE[platform]
        seen = os.environ.get(name)
        ids = seen.split(',') if seen else [str(each) for each in range(count)]
        return {name: ids[number % len(ids)]}, share
    return {}, share or [cores[number % len(cores)]]


def run(arguments: Sequence[str], platform: str, count: int) -> int:
    """Runs `launch.py` with these arguments as so many workers; the worst of their exit codes.

    A worker that is killed is started again. SIGTERM and SIGINT are handed on, and waited for.
    """
    started = []
    codes: dict[int, int] = {}
    told = False
    with Interrupts() as interrupts:
        for number in range(count):
            command = [sys.executable, str(LAUNCH), *arguments, f'--worker={number + 1}/{count}']
            command.append(f'--end_with={os.getpid()}')
            started.append(Worker(number, command, *pinned(platform, number, count)))
        while len(codes) < count:
            if interrupts.number and not told:
                told = True
                for each in started:
                    each.process.send_signal(signal.SIGTERM)
            for each in started:
                code = each.ended()
                if each.number in codes or code is None:
                    continue
                if code < 0 and not told and each.restarts < RESTARTS:
                    each.restarts += 1
                    each.say(f'was ended by {signal.Signals(-code).name}; it is started again')
                    each.start()
                else:
                    codes[each.number] = 128 - code if code < 0 else code
            time.sleep(LOOK_S)
    if interrupts.number:
        return 128 + interrupts.number
    return max(codes.values())
