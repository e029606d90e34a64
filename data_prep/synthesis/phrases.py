"""A small grammar of English sentences, all of whose words stand in this file.

Transcripts are spelt as LibriSpeech's: A to Z and the apostrophe, words parted by one space.
"""

import re
from collections.abc import Iterator

import numpy as np

_NAMES = """ANNA BEN CLARA DAVID EMMA FRANK GRACE HENRY IRIS JACK KATE LIAM MARY NORA OSCAR PAUL
QUINN ROSE SAM TESS VICTOR WALTER XAVIER ZOE"""
_NUMBERS = """TWO THREE FOUR FIVE SIX SEVEN EIGHT NINE TEN ELEVEN TWELVE FIFTEEN TWENTY THIRTY
FORTY FIFTY"""
_DIGITS = 'ZERO ONE TWO THREE FOUR FIVE SIX SEVEN EIGHT NINE'
_KINDS = """BIG BLACK BLUE BRIGHT BROKEN CHEAP CLEAN COLD DARK DEEP EMPTY GREEN HEAVY HUGE LITTLE
LONG NEW OLD QUIET RED ROUND SMALL STRANGE STRONG SWEET TALL THIN WARM WHITE YELLOW"""
_THINGS = """APPLE BASKET BOAT BOOK BOTTLE BRIDGE CANDLE CHAIR CLOCK COAT DOCTOR DOOR ENGINE FIELD
FLOWER GARDEN HORSE HOUSE JACKET LAMP LETTER MIRROR ORANGE PICTURE QUEEN RIVER ROAD SAILOR SHIP
SOLDIER STONE STREET TABLE TEACHER TRAIN TREE VILLAGE WAGON WINDOW ZEBRA"""
_DID = """BOUGHT BROUGHT CARRIED CLEANED COUNTED DREW FOLLOWED FORGOT FOUND HID JUDGED KEPT LOST
MOVED PAINTED PASSED REACHED SAW SHOWED SOLD STOLE TOOK WANTED WASHED WATCHED"""
_DO = """BRING BUY CARRY CLEAN COUNT FIND FOLLOW FORGET HIDE KEEP MOVE PAINT REACH SELL SHOW TAKE
WASH WATCH"""
_WENT = """CAME CAMPED FELL JUMPED LAUGHED RESTED SANG SLEPT STOOD STOPPED SWAM WAITED WALKED"""
_PLACES = """AT THE MARKET|AT THE STATION|BEHIND THE CHURCH|BY THE SEA|IN THE FOREST|IN THE KITCHEN
|IN THE SNOW|INSIDE THE MUSEUM|NEAR THE HARBOUR|ON THE HILL|ON THE ISLAND|OUTSIDE THE SCHOOL
|OVER THE WATER|UNDER THE MOON"""
_TIMES = """YESTERDAY|LAST NIGHT|THIS MORNING|IN THE EVENING|ON SUNDAY|ON MONDAY|ON FRIDAY
|AFTER LUNCH|BEFORE SUNRISE|A YEAR AGO|IN JANUARY|IN AUGUST|TODAY"""
_CANS = "I'LL|YOU CAN'T|WE DON'T|THEY WON'T|SHE DIDN'T|HE COULDN'T|WHO WILL|WHY DID YOU"

WORDS = {
    'name': _NAMES.split(),
    'number': _NUMBERS.split(),
    'digit': _DIGITS.split(),
    'kind': _KINDS.split(),
    'thing': _THINGS.split(),
    'did': _DID.split(),
    'do': _DO.split(),
    'went': _WENT.split(),
    'place': [' '.join(each.split()) for each in _PLACES.split('|')],
    'when': [' '.join(each.split()) for each in _TIMES.split('|')],
    'can': _CANS.split('|'),
}
# Lower case is drawn anew at each place. No word is spelt like another that sounds different.
SENTENCES = (
    'name did THE kind thing',
    'name did number things place',
    'number kind things went place when',
    'can do THE kind thing place',
    "name's thing WAS kind when",
    'THE kind thing IS place',
    "THE thing ISN'T kind AND THE thing ISN'T kind",
    'when name did number things AND name did THE kind thing',
    'DID name do THE thing when',
    'PLEASE do number kind things place',
    "IT'S number O'CLOCK AND name IS place",
    'THE NUMBER IS digit digit digit digit digit',
    'THERE WERE number things place AND number things place',
    'name TOLD name THAT THE thing place WAS kind',
    'name went place BECAUSE THE thing WAS kind',
    'WHERE ARE THE number kind things OF name',
)
_DRAWN = re.compile(r'\b(' + '|'.join(sorted(WORDS, key=len, reverse=True)) + r')(s?)\b')


def draw(rng: np.random.Generator) -> Iterator[str]:
    """Sentences without end, each only once."""
    known = set()
    while True:
        form = SENTENCES[rng.integers(len(SENTENCES))]
        sentence = _DRAWN.sub(lambda found: _word(found, rng), form).replace("'s ", "'S ")
        if sentence not in known:
            known.add(sentence)
            yield sentence


def _word(found: re.Match, rng: np.random.Generator) -> str:
    choices = WORDS[found[1]]
    return choices[rng.integers(len(choices))] + found[2].upper()
