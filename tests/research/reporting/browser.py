"""A browser that is told over pipes what to do, so that keys are pressed as people press them."""

import json
import os
import select
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

# Of each key what the browser is told of it beside its name.
KEYS: dict[str, dict[str, Any]] = {
    'Tab': {'code': 'Tab', 'windowsVirtualKeyCode': 9},
    'Enter': {'code': 'Enter', 'windowsVirtualKeyCode': 13, 'text': '\r'},
    ' ': {'code': 'Space', 'windowsVirtualKeyCode': 32, 'text': ' '},
    'ArrowDown': {'code': 'ArrowDown', 'windowsVirtualKeyCode': 40},
}
WAIT_S = 60
# It reads what it is told from descriptor 3 and answers on descriptor 4.
PIPED = """
import fcntl, os, sys
told, said = (fcntl.fcntl(int(each), fcntl.F_DUPFD, 10) for each in sys.argv[1:3])
os.dup2(told, 3)
os.dup2(said, 4)
os.execv(sys.argv[3], sys.argv[3:])
"""


class Browser:
    """A page in headless Chromium, over its protocol for developers."""

    def __init__(self, profile: Path):
        program = shutil.which('chromium') or shutil.which('google-chrome')
        if program is None:
            pytest.skip('neither chromium nor google-chrome is installed here')
        told, self._out = os.pipe()
        self._in, said = os.pipe()
        flags = ['--headless', '--no-sandbox', '--disable-gpu', '--remote-debugging-pipe']
        flags += [f'--user-data-dir={profile}', '--window-size=1100,1000', 'about:blank']
        piped = [sys.executable, '-c', PIPED, str(told), str(said), program, *flags]
        self._process = subprocess.Popen(
            piped, pass_fds=(told, said), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        os.close(told)
        os.close(said)
        self._read, self._count = b'', 0
        self._session: dict[str, Any] = {}
        self._events: list[dict[str, Any]] = []
        target = next(
            each for each in self.call('Target.getTargets')['targetInfos'] if each['type'] == 'page'
        )
        attached = self.call('Target.attachToTarget', targetId=target['targetId'], flatten=True)
        self._session = {'sessionId': attached['sessionId']}
        self.call('Page.enable')

    def call(self, method: str, **given: Any) -> Mapping[str, Any]:
        """What the protocol's method gives."""
        self._count += 1
        asked = {'id': self._count, 'method': method, 'params': given, **self._session}
        os.write(self._out, json.dumps(asked).encode() + b'\0')
        while (answer := self._next()).get('id') != self._count:
            self._events.append(answer)
        assert 'error' not in answer, answer
        return answer['result']

    def open(self, page: Path) -> None:
        """Shows a page, and waits until it is there."""
        self._events.clear()
        self.call('Page.navigate', url=page.as_uri())
        while not any(each.get('method') == 'Page.loadEventFired' for each in self._events):
            self._events.append(self._next())

    def press(self, *keys: str) -> None:
        """Presses keys, one after the other: names, or letters."""
        for key in keys:
            more: dict[str, Any] = KEYS.get(key, {'text': key})
            kind = 'keyDown' if 'text' in more else 'rawKeyDown'
            self.call('Input.dispatchKeyEvent', type=kind, key=key, **more)
            self.call('Input.dispatchKeyEvent', type='keyUp', key=key, **more)

    def look(self, expression: str) -> Any:
        """What an expression comes to in the page."""
        found = self.call('Runtime.evaluate', expression=expression, returnByValue=True)
        assert 'exceptionDetails' not in found, found
        return found['result'].get('value')

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._out)
        os.close(self._in)

    def _next(self) -> dict[str, Any]:
        while b'\0' not in self._read:
            ready, _, _ = select.select([self._in], [], [], WAIT_S)
            assert ready, f'the browser said nothing for {WAIT_S} s'
            read = os.read(self._in, 1 << 20)
            assert read, 'the browser ended'
            self._read += read
        line, _, self._read = self._read.partition(b'\0')
        return json.loads(line)
