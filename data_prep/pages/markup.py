"""HTML by construction: whatever is not markup already is escaped, so no name can become any."""

import html
from collections.abc import Iterable

from data_prep.pages.wording import plain

_VOID = ('link', 'meta')


class Markup(str):
    """Text that is HTML already; only `tag` and `joined` make it."""

    __slots__ = ()


def tag(name: str, *inside: object, **attributes: object) -> Markup:
    """An element; what is inside stands one after the other.

    Args:
        name: of the element.
        inside: markup as it is, everything else as escaped text on one line; None is nothing.
        attributes: `class_` is class, `aria_label` is aria-label; True stands alone, None and False
            are left out.
    """
    told = ''.join(
        f' {key}' if value is True else f' {key}="{_escaped(value)}"'
        for key, value in ((key.rstrip('_').replace('_', '-'), v) for key, v in attributes.items())
        if value is not None and value is not False
    )
    start = f'<{name}{told}>'
    return Markup(start if name in _VOID else f'{start}{joined(inside)}</{name}>')


def joined(pieces: Iterable[object]) -> Markup:
    """Pieces one after the other, as `tag` takes them."""
    return Markup(''.join(_escaped(piece) for piece in pieces if piece is not None))


def name(text: object, most: int = 80) -> Markup:
    """A name from outside, set apart from the direction of the writing around it."""
    return tag('bdi', plain(text, most))


def _escaped(piece: object) -> str:
    return piece if isinstance(piece, Markup) else html.escape(plain(piece))
