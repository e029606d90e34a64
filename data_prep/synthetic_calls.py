"""Calls of a made-up bird in made-up forests: an embedded corpus.

Clips with and without a call, and recordings of three minutes whose calls are known to the
millisecond (`data_prep.synthesis.forest`). All is drawn from streams that names seed.
"""

import json
import typing

from data_prep.capuchin import CLASSES, COLUMNS, PROTOCOLS
from data_prep.cards import Card, Corpus, Entry, Found, Wish
from data_prep.errors import PrepError

if typing.TYPE_CHECKING:
    from data_prep.synthesis.forest import Event

CARD = Card(
    name='synthetic_calls',
    title='A made-up forest bird: 240 clips and 12 recordings of three minutes, synthesised',
    description=(
        '120 clips with a call and 120 without, most of 3 s, some of 2 to 5, from 40 made-up '
        'recordings, and 12 recordings of 180 s with 0 to 25 calls, all at 22,050 Hz. The call, of '
        '0.8 to 4 s, follows the capuchinbird: a rising growl, a step into a moo of close '
        'harmonics below 2 kHz, a fall. Each recording has its own wind, water, insects, rain, '
        'echo, level, one to three callers, and three to five of eight other callers (dove, '
        'engine, frog, howler, moan, tinamou, trogon, warbler), who call at one rate in both '
        'classes. A clip with a call holds at least half of the call, or of the clip where that '
        'is shorter; one without holds no part of any. Three clips in ten with a call hold two. '
        'Events are those of the direct sound, to the millisecond and half-open, cut at the ends '
        'of a clip; calls that overlap are events of their own. '
        'By `python -m benchmarks.calls` (2026-11-21, four folds by recording) a random forest on '
        'statistics of log-mel bands tells 79% of the clips (area under the ROC 0.85), logistic '
        'regression on the level from 200 to 2,000 Hz 74% (0.75), on the RMS 60% (0.62). '
        'Says nothing about real birds: whether the call is like enough, which other sounds there '
        'are and how often, and what microphones and codecs do, is invented, and all of it by one '
        'hand, so that train and test differ less than two forests do. A ranking of systems found '
        'here need not hold on recordings.'
    ),
    citation='none: made by this project; the call follows D. Snow. The Cotingas. 1982',
    licence='none needed: computed, nothing recorded is in it',
    source='data_prep.synthesis.forest and data_prep.synthesis.calls',
    size_bytes=127_000_000,
    faults=(
        'the quietest calls lie under the noise: no system can find all of them',
        'clips of a recording share its spectrum and its animals and not one stretch of time: '
        'rain and gusts do not go on from one to the next',
        'calls of the forest recordings begin at random: these birds do not wait for each other',
        'forest recordings have rates of calls that were chosen, not seen',
    ),
    standin_for='capuchin',
)
RECORDINGS = 40  # that clips are cut from
CLIPS = 3  # of each class from each recording
FORESTS = 12
FOREST_S = 180.0
CALLS = (0, 0, 0, 1, 3, 5, 8, 10, 12, 15, 20, 25)  # in each forest recording
SECOND = 0.3  # of the clips with a call, so many have another
HEARD = 0.5  # of the call, or of the clip where that is shorter


def find(wish: Wish) -> Found:
    """Draws what is to be heard: `limit` clips a class and forest recordings, all if None.

    Raises:
        PrepError: a source was given.
    """
    if wish.source is not None:
        raise PrepError('synthetic_calls is embedded: it takes no --source')
    recordings = [f'recording{number:02d}' for number in range(RECORDINGS)]
    entries = []
    for label in CLASSES:
        # One of each recording before the second of any: a few items are of many recordings.
        names = [(name, f'{name}-{label}{k}') for k in range(CLIPS) for name in recordings]
        entries += [_clip(name, item, label) for name, item in names[: wish.limit]]
    entries += [_forest(f'forest{number:02d}', number) for number in range(FORESTS)][: wish.limit]
    return Found(entries, [])


def load(entry: Entry):
    """Renders one clip or recording."""
    from data_prep.audio import to_int16
    from data_prep.synthesis import forest
    from data_prep.synthesis.additive import stream

    seconds, events = entry.content
    where = forest.place(entry.columns['recording'])
    sound = forest.record(where, seconds, events, stream(f'sound of {entry.item}'))
    return to_int16(sound, forest.RATE_HZ)


def _clip(recording: str, item: str, label: str) -> Entry:
    from data_prep.synthesis import forest
    from data_prep.synthesis.additive import stream

    rng = stream(f'clip {item}')
    seconds = 3.0 if rng.uniform() < 0.7 else round(float(rng.uniform(2, 5)), 1)
    events = []
    if label == 'call':
        where = forest.place(recording)
        for _ in range(1 + int(rng.uniform() < SECOND)):
            event = forest.event(where, rng)
            heard_s = HEARD * min(event.end_s, seconds)
            start_s = rng.uniform(heard_s - event.end_s, seconds - heard_s)
            events.append(event.at(start_s))
    return _entry(item, label, recording, 'clip', seconds, events)


def _forest(item: str, number: int) -> Entry:
    from data_prep.synthesis import forest
    from data_prep.synthesis.additive import stream

    rng = stream(f'forest {item}')
    where = forest.place(item)
    events = [forest.event(where, rng) for _ in range(CALLS[number])]
    events = [event.at(rng.uniform(0, FOREST_S - event.end_s)) for event in events]
    return _entry(item, '', item, 'forest', FOREST_S, sorted(events))


def _entry(
    item: str, label: str, recording: str, kind: str, seconds: float, events: 'list[Event]'
) -> Entry:
    heard = sorted([max(0.0, each.start_s), min(seconds, each.end_s)] for each in events)
    columns = {'recording': recording, 'kind': kind, 'events': json.dumps(heard)}
    return Entry(item, label, item, columns, (seconds, tuple(events)))


CORPUS = Corpus(
    card=CARD,
    label='call',
    classes=CLASSES,
    columns=COLUMNS,
    protocols=PROTOCOLS,
    default_protocol='recording_folds',
    find=find,
    load=load,
    records_per_shard=6,
)
