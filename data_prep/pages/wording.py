"""How figures and protocols are said to people, and names from outside made fit to be shown."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

_JOINERS = '\u200c\u200d'  # unseen, but they shape letters and emoji


def plain(text: object, most: int | None = None) -> str:
    """Text from outside on one line: what does not print stands as its escape, such as `\\x1b`.

    That covers line ends, terminal codes, bytes of a name that are no text, and the marks that turn
    the direction of writing. Past `most` characters the middle is left out.
    """
    shown = ''.join(
        char if char.isprintable() or char in _JOINERS else repr(char)[1:-1] for char in str(text)
    )
    if most is None or len(shown) <= most:
        return shown
    tail = (most - 3) // 3
    return f'{shown[: most - 3 - tail]}...{shown[len(shown) - tail :]}'


def seconds(value: float) -> str:
    """A length with as many digits as it needs: '0.125', '2.50', '29.9', '86,400.0'."""
    if value >= 10:
        return f'{value:,.1f}'
    return f'{value:.2f}' if value >= 1 or value == 0 else f'{value:.3g}'


def share(value: float) -> str:
    """'45.5%'; '-' where there was nothing to take a share of."""
    return '-' if math.isnan(value) else f'{value:.1%}'


def size(count: int) -> str:
    """Bytes, such as '49.7 MB'; an MB is a million."""
    for unit, factor in (('GB', 1e9), ('MB', 1e6), ('kB', 1e3)):
        if count >= factor:
            return f'{count / factor:.{0 if count >= 100 * factor else 1}f} {unit}'
    return f'{count} bytes'


def plural(word: str) -> str:
    if word.endswith(('s', 'x', 'ch', 'sh')):
        return f'{word}es'
    if word.endswith('y') and word[-2:-1] not in 'aeou':
        return f'{word[:-1]}ies'
    return f'{word}s'


def many(count: int, word: str) -> str:
    """'1 piece', '1,318 pieces', '2 classes'."""
    return f'{count:,} {word if count == 1 else plural(word)}'


def listed(names: Sequence[str], most: int) -> str:
    """'a, b and 3 more'."""
    more = f' and {len(names) - most} more' if len(names) > most else ''
    return ', '.join(plain(name, 40) for name in names[:most]) + more


def split(rule: Mapping[str, Any]) -> str:
    """A protocol of `data_prep.splits` in words."""
    if 'shares' in rule:
        shares = ', '.join(
            f'{share:.0%} {part}'
            for share, part in zip(rule['shares'], ('train', 'valid', 'test'), strict=True)
        )
        return (
            f'slices at random ({shares}): both sides hear the same recordings, '
            'there to measure how much that flatters'
        )
    folds, group = int(rule['folds']), str(rule['group'])
    dealt = 'column' not in rule
    if dealt:
        what = 'items' if group == 'item' else f'whole groups (column {group})'
        said = f'{what} dealt into {folds} parts, class by class: fold k tests on part k and '
        said += 'validates on part k + 1'
    elif folds == 1:
        said = f'the parts as column {rule["column"]} gives them'
    else:
        said = f'{folds} folds as column {rule["column"]} gives them, about '
        said += f'{rule["valid_share"]:.0%} of the other folds validates'
    kept = [name for name in (group, *rule.get('together', ())) if name != 'item']
    copies = rule.get('copies', 'join') if dealt else ''
    kept += ['near copy'] if copies in ('join', 'leave_out') else []
    if kept:
        said += f'; no {" and no ".join(kept)} is on two sides'
    if rule.get('known_torn'):
        said += f', but {group} {", ".join(map(str, rule["known_torn"]))}'
    if copies == 'leave_out':
        said += '; of copies on several sides those of one stay, test before valid before train'
    if copies == 'reported':
        said += '; near copies may be on two sides, there to measure how much that flatters'
    for column, values in rule.get('aside', {}).items():
        said += f'; {column} {", ".join(values)} stands aside as a part of its own'
    return said
