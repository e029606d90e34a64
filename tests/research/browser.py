"""Pages in a browser without a window, looked into by scripts of the tests."""

import html
import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

# Only the page's own script may run in the page: the driver looks in from around it.
AROUND = """<!doctype html><meta charset="utf-8"><body><pre id="found"></pre>
<iframe width="1000" height="900" srcdoc="{page}"></iframe>
<script>
const frame = document.querySelector('iframe');
const soon = () => new Promise((resolve) => setTimeout(resolve, 50));
async function drive(page, all) {{
{driver}
}}
frame.addEventListener('load', async () => {{
  const page = frame.contentDocument;
  const all = (chosen) => Array.from(page.querySelectorAll(chosen));
  document.getElementById('found').textContent = JSON.stringify(await drive(page, all));
}});
</script>"""
# What is seen of a part of the page: off, hidden and folded parts are not.
SEEN = """
const drawn = (each) => getComputedStyle(each).display !== 'none';
const seen = (chosen) => all(chosen).filter(
  (each) => each.checkVisibility() && drawn(each) && drawn(each.parentElement));
const titles = () => seen('h2[id^=c]').map((each) => each.firstChild.textContent);
const press = (element) => { element.click(); };
const box = (kind, text) => all(`input.${kind}`).find(
  (each) => each.closest('label').textContent.includes(text));
"""


def found() -> str | None:
    """The browser that is installed here."""
    return shutil.which('chromium') or shutil.which('google-chrome')


def drive(
    browser: str, folder: Path, page: str, driver: str
) -> tuple[Mapping[str, Any], list[str]]:
    """What a driver, the body of an async function, returns of a page, and the console's lines."""
    around = folder / 'around.html'
    around.write_text(AROUND.format(page=html.escape(page), driver=driver), encoding='utf-8')
    done = subprocess.run(
        [
            browser,
            *('--headless', '--no-sandbox', '--disable-gpu', '--mute-audio'),
            *('--enable-logging=stderr', '--autoplay-policy=no-user-gesture-required'),
            *(f'--user-data-dir={folder / "profile"}', '--virtual-time-budget=5000'),
            *('--window-size=1100,1000', '--dump-dom', around.as_uri()),
        ],
        capture_output=True,
        text=True,
        timeout=120,
    )
    [told] = re.findall(r'<pre id="found">(.*?)</pre>', done.stdout, re.DOTALL)
    console = [line for line in done.stderr.splitlines() if ':CONSOLE' in line]
    assert told, (console, done.stderr)
    return json.loads(html.unescape(told)), console
