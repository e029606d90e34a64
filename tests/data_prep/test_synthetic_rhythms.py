import dataclasses
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import data_prep
from data_prep import splits, synthetic_rhythms
from data_prep.cards import Wish
from data_prep.synthesis import rhythms


@pytest.fixture(scope='module')
def entries():
    return synthetic_rhythms.find(Wish()).entries


def test_tempi_are_spread_evenly_in_logarithm_whatever_the_band(entries):
    assert len({entry.item for entry in entries}) == len(entries) == 480
    octaves = np.log2([float(entry.columns['target']) for entry in entries])
    span = np.log2([60, 180])
    assert span[0] <= octaves.min() < octaves.max() <= span[1]
    counts, _ = np.histogram(octaves, bins=6, range=(span[0], span[1]))
    assert counts.min() > 50
    by_band = [octaves[[e.columns['band'] == f'band{k:02d}' for e in entries]] for k in range(80)]
    assert np.std([own.mean() for own in by_band]) < octaves.std()


def test_every_fold_keeps_bands_whole(entries):
    columns = {'item': [], 'label': [], 'band': []}
    for entry in entries:
        columns['item'].append(entry.item)
        columns['label'].append(entry.label)
        columns['band'].append(entry.columns['band'])
    protocol = synthetic_rhythms.PROTOCOLS['band_folds']
    for fold in range(4):
        parts = splits.assign(protocol, columns, fold)
        assert Counter(parts.tolist()) == {'train': 240, 'valid': 120, 'test': 120}
        sides = set(zip(columns['band'], parts.tolist(), strict=True))
        assert len(sides) == 80


def test_a_limit_takes_pieces_of_many_bands(entries):
    few = synthetic_rhythms.find(Wish(limit=12)).entries
    assert len(few) == len({entry.columns['band'] for entry in few}) == 12
    assert {entry.item for entry in few} <= {entry.item for entry in entries}


def test_an_item_sounds_the_same_every_time_and_as_no_other(entries):
    one, other = (synthetic_rhythms.load(entry) for entry in entries[:2])
    np.testing.assert_array_equal(one.samples, synthetic_rhythms.load(entries[0]).samples)
    assert one.rate_hz == rhythms.RATE_HZ
    assert len(one.samples) == round(rhythms.SECONDS * rhythms.RATE_HZ)
    assert one.samples[:1000].tolist() != other.samples[:1000].tolist()


@pytest.mark.parametrize('tempo_bpm', [63.0, 100.0, 177.0])
def test_a_piece_repeats_itself_after_as_many_beats_as_its_meter_has(tempo_bpm):
    by = dataclasses.replace(rhythms.band('band07'), jitter_s=0.0)
    sound = rhythms.render(by, tempo_bpm, 'a piece')
    bar = by.meter * 60 / tempo_bpm * rhythms.RATE_HZ

    def likeness(lag: float) -> float:
        first, second = sound[: -round(lag)] ** 2, sound[round(lag) :] ** 2
        # Levels are drawn anew in each bar, and phases of the noise are the same.
        smooth = np.ones(200) / 200
        loud = [np.sqrt(np.convolve(each, smooth, 'same')) for each in (first, second)]
        return float(np.corrcoef(loud[0], loud[1])[0, 1])

    assert likeness(bar) > 0.85
    assert likeness(0.93 * bar) < likeness(bar) - 0.2


def test_no_piece_is_silent(entries):
    quiet = dataclasses.replace(
        rhythms.band('band00'),
        instruments=tuple(
            dataclasses.replace(each, busy=0.0) for each in rhythms.band('band00').instruments
        ),
    )
    assert np.isfinite(rhythms.render(quiet, 90.0, 'x')).all()


def test_it_takes_no_source():
    with pytest.raises(data_prep.PrepError, match='takes no --source'):
        synthetic_rhythms.find(Wish(source=Path('x')))
