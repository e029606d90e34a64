"""Sentences of a small grammar, spoken by eSpeak NG in 28 voices: an embedded corpus.

No voice and no sentence stands in two parts; every word of the test stands in train.
"""

import itertools
import typing

from data_prep.cards import Card, Corpus, Entry, Found, Wish
from data_prep.errors import PrepError

if typing.TYPE_CHECKING:
    import numpy as np

CARD = Card(
    name='spoken_phrases',
    title='Made-up sentences in 28 voices: 1,544 utterances, an hour and a half, synthesised',
    description=(
        '1,188 utterances by 18 voices to train on, 152 by 4 to validate, 204 by 6 to test, of '
        '1 to 7 s, at 22,050 Hz; half of the voices of each part are female, by what eSpeak NG '
        'states. Eight accents of English, all of them in train. The sentences come from 16 '
        'forms and about 300 words (data_prep/synthesis/phrases.py). Each is said once: no '
        'sentence and no voice stands in two parts, and every word of validation and test stands '
        'in train. '
        'Speed, pitch, its range and pauses are drawn for each voice and each utterance, echo, '
        'dullness, noise and level for each utterance. Synthetic voices differ far less than '
        'people do and never stumble; the words are few, and whoever has read the sentences of '
        'train knows the forms of those of test. Word error rates are far below those on '
        'LibriSpeech, a language model is worth more, and a ranking of systems found here need '
        'not hold on people.'
    ),
    citation='eSpeak NG 1.52, https://github.com/espeak-ng/espeak-ng, by way of espeakng-loader',
    licence=(
        'eSpeak NG is under GPL 3 or later, whose section 2 covers output only where its content '
        'is itself a covered work; nothing is stated on sound, into which eSpeak NG copies short '
        'recorded consonants: made for use on this machine, not for redistribution'
    ),
    source='data_prep.synthesis.phrases, spoken by the espeakng-loader package',
    size_bytes=120_000_000,
    faults=(
        'another build of eSpeak NG or another C library says some voices a little differently: '
        'its breath noise comes from rand()',
        'nobody listened to all of it',
        'voices are variants of one synthesiser: formants, pitch and breath differ, habits do not',
        'sexes and accents are those that eSpeak NG states',
    ),
    standin_for='librispeech',
)
COLUMNS = ('transcript', 'speaker', 'chapter', 'sex', 'subset', 'part', 'accent')
PROTOCOLS = {
    'disjoint': {
        'unit': 'item',
        'column': 'part',
        'group': 'speaker',
        'together': ['transcript'],
        'folds': 1,
    },
}
# Accent ('en' is British) and variant; the sex is the one that eSpeak NG's variant states. Variants
# that are much alike (f4 and aunty, belinda and linda) are in one part.
VOICES = {
    'train': {
        'F': 'en-us+f1 en+f2 en-gb-scotland+f4 en-029+aunty en-gb-x-rp+belinda en-us+linda '
        'en-gb-x-gbclan+Annie en-us-nyc+anika en-gb-x-gbcwmd+grandma',
        'M': 'en-us+m1 en+m3 en-gb-scotland+m5 en-029+m6 en-gb-x-rp+Denis en-us+Andy '
        'en-gb-x-gbclan+sandro en-us-nyc+victor en-gb-x-gbcwmd+Diogo',
    },
    'valid': {'F': 'en+f5 en-us-nyc+steph', 'M': 'en-us+m2 en-gb-scotland+m8'},
    'test': {
        'F': 'en-us+f3 en-gb-x-rp+Andrea en-gb-scotland+Alicia',
        'M': 'en-us+m7 en-gb-x-gbclan+m4 en-029+travis',
    },
}
SENTENCES = {'train': 66, 'valid': 38, 'test': 34}  # by each voice


def find(wish: Wish) -> Found:
    """Draws who says what: `limit` utterances of each part, all if None.

    Raises:
        PrepError: a source was given.
    """
    if wish.source is not None:
        raise PrepError('spoken_phrases is embedded: it takes no --source')
    from data_prep.synthesis import phrases
    from data_prep.synthesis.additive import stream

    sentences = phrases.draw(stream('sentences of spoken_phrases'))
    known: set[str] = set()
    entries = []
    for part, sexes in VOICES.items():
        voices = [(voice, sex) for sex, names in sexes.items() for voice in names.split()]
        said = []
        # Each voice once before any twice: a few utterances are of many voices.
        for number, (voice, sex) in itertools.product(range(SENTENCES[part]), voices):
            # What train does not say cannot be learnt: such a sentence is left out elsewhere.
            sentence = next(s for s in sentences if part == 'train' or known.issuperset(s.split()))
            if part == 'train':
                known.update(sentence.split())
            accent, variant = voice.split('+')
            columns = {
                'transcript': sentence,
                'speaker': variant,
                'chapter': '',
                'sex': sex,
                'subset': part,
                'part': part,
                'accent': {'en': 'en-gb'}.get(accent, accent),
            }
            item = f'{variant}-{number:02d}'
            said.append(Entry(item, '', item, columns, voice))
        entries += said[: wish.limit]
    return Found(entries, [])


def load(entry: Entry):
    """Speaks one sentence."""
    from data_prep.audio import to_int16
    from data_prep.synthesis import speech
    from data_prep.synthesis.additive import stream

    voice = stream(f'voice {entry.content}')
    rate, pitch, reach = voice.uniform(135, 185), voice.uniform(40, 60), voice.uniform(35, 70)
    rng = stream(f'utterance {entry.item}')
    manner = speech.Manner(
        voice=entry.content,
        words_per_minute=round(rate * rng.uniform(0.9, 1.1)),
        pitch=round(pitch + rng.uniform(-5, 5)),
        pitch_range=round(reach + rng.uniform(-8, 8)),
        gap=int(rng.integers(0, 4)),
    )
    text = entry.columns['transcript'].lower()
    if rng.uniform() < 0.5:  # a breath before the second half
        for word in (' and ', ' because ', ' that '):
            text = text.replace(word, f',{word}')
    spoken = speech.say(text, manner, int(rng.integers(1, 2**31)))
    return to_int16(_recorded(spoken.astype('float64'), rng), speech.RATE_HZ)


def _recorded(sound: 'np.ndarray', rng: 'np.random.Generator') -> 'np.ndarray':
    """As a microphone in some room takes it: echoes, dullness, noise, level, silence around it."""
    import numpy as np

    from data_prep.synthesis import acoustics
    from data_prep.synthesis.speech import RATE_HZ

    before, after = (round(seconds * RATE_HZ) for seconds in rng.uniform(0.1, 0.4, 2))
    heard = acoustics.far(
        acoustics.level(np.pad(sound, (before, after))),
        RATE_HZ,
        rng,
        lowpass_hz=float(np.exp(rng.uniform(np.log(2500), np.log(10000)))),
        decay_s=float(rng.uniform(0.1, 0.5)),
        echo=10 ** rng.uniform(-2.5, -0.8),
    )[: before + len(sound) + after]
    slope = rng.uniform(0, 1)
    noise = acoustics.noise(rng, len(heard), RATE_HZ, lambda hertz: np.maximum(hertz, 50) ** -slope)
    heard = acoustics.level(heard) + noise * 10 ** (-rng.uniform(15, 45) / 20)
    return acoustics.level(heard, 32767 * 10 ** (rng.uniform(-38, -25) / 20))


CORPUS = Corpus(
    card=CARD,
    label='',
    classes=(),
    columns=COLUMNS,
    protocols=PROTOCOLS,
    default_protocol='disjoint',
    find=find,
    load=load,
    content='flac',
)
