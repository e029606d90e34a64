"""A page as one HTML file that needs nothing else, and that may load and run nothing else."""

import base64
import hashlib
from collections.abc import Sequence

from data_prep.pages.markup import Markup, tag


def document(
    title: str,
    style: str,
    body: Sequence[object],
    script: str = '',
    allowed: Sequence[str] = (),
) -> str:
    """The whole file.

    Its content security policy (https://www.w3.org/TR/CSP3/) allows this style sheet and this
    script by their hashes, `allowed`, and nothing else.

    Args:
        title: of the tab.
        style: a style sheet.
        body: what is shown, as `tag` takes it.
        script: run once all of the body is there; '' is none.
        allowed: directives more, as 'img-src data:' for pictures that the page carries.
    """
    policy = [
        "default-src 'none'",
        f"style-src 'sha256-{_digest(style)}'",
        *([f"script-src 'sha256-{_digest(script)}'"] if script else []),
        *allowed,
        "base-uri 'none'",
        "form-action 'none'",
    ]
    head = tag(
        'head',
        tag('meta', charset='utf-8'),
        tag('meta', http_equiv='Content-Security-Policy', content='; '.join(policy)),
        tag('meta', name_='viewport', content='width=device-width, initial-scale=1'),
        tag('meta', name_='color-scheme', content='light dark'),
        tag('title', title),
        tag('style', Markup(style)),
    )
    run = tag('script', Markup(script)) if script else None
    return f'<!doctype html>\n{tag("html", head, tag("body", *body, run), lang="en")}\n'


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
