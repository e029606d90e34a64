import hashlib
import itertools
import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import data_prep
from data_prep import manifest, splits, synthetic_calls
from data_prep.cards import Wish
from data_prep.synthesis import forest


@pytest.fixture(scope='module')
def entries():
    return synthetic_calls.find(Wish()).entries


def _events(entry):
    return json.loads(entry.columns['events'])


def _seconds(entry):
    return entry.content[0]


def test_classes_are_balanced_in_every_recording(entries):
    clips = [entry for entry in entries if entry.columns['kind'] == 'clip']
    counts = Counter((entry.columns['recording'], entry.label) for entry in clips)
    assert len(counts) == 80
    assert set(counts.values()) == {3}
    assert len({entry.item for entry in entries}) == len(entries) == 252
    assert {entry.label for entry in entries if entry.columns['kind'] == 'forest'} == {''}


def test_clips_hold_half_a_call_or_none_at_all(entries):
    for entry in entries:
        if entry.label == 'other':
            assert _events(entry) == []
        elif entry.label == 'call':
            seconds, drawn = entry.content
            assert len(drawn) in (1, 2)
            for event in drawn:
                heard = min(seconds, event.end_s) - max(0.0, event.start_s)
                assert heard >= 0.5 * min(seconds, event.end_s - event.start_s) - 0.001


def test_lengths_do_not_tell_the_class(entries):
    clips = {name: [_seconds(e) for e in entries if e.label == name] for name in ('call', 'other')}
    for lengths in clips.values():
        assert 2 <= min(lengths) <= 3.0 <= max(lengths) <= 5
        assert 0.55 < np.mean(np.array(lengths) == 3.0) < 0.85
    assert abs(np.mean(clips['call']) - np.mean(clips['other'])) < 0.2


def test_truth_is_in_order_inside_the_recording_and_whole_in_forests(entries):
    for entry in entries:
        events = _events(entry)
        assert events == sorted(events)
        for start_s, end_s in events:
            assert 0 <= start_s < end_s <= _seconds(entry)
            assert start_s == round(start_s, 3)
            assert end_s == round(end_s, 3)
        if entry.columns['kind'] == 'forest':
            assert all(0.799 < end_s - start_s < 4.001 for start_s, end_s in events)


def test_some_forests_hold_no_call_and_some_hold_overlapping_ones(entries):
    forests = [_events(entry) for entry in entries if entry.columns['kind'] == 'forest']
    assert [len(events) for events in forests] == list(synthetic_calls.CALLS)
    pairs = [itertools.pairwise(events) for events in forests]
    overlaps = [first[1] > then[0] for both in pairs for first, then in both]
    assert sum(overlaps) >= 5


def test_every_fold_keeps_recordings_whole_and_sets_forests_aside(entries):
    columns = {
        'item': [entry.item for entry in entries],
        'label': [entry.label for entry in entries],
        'recording': [entry.columns['recording'] for entry in entries],
        'kind': [entry.columns['kind'] for entry in entries],
    }
    protocol = synthetic_calls.PROTOCOLS['recording_folds']
    for fold in range(4):
        parts = splits.assign(protocol, columns, fold)
        assert Counter(parts.tolist()) == {'train': 120, 'valid': 60, 'test': 60, 'forest': 12}
        labels = np.array(columns['label'])[parts == 'test']
        assert Counter(labels.tolist()) == {'call': 30, 'other': 30}


def test_a_limit_takes_many_recordings(entries):
    few = synthetic_calls.find(Wish(limit=4)).entries
    assert Counter(entry.label for entry in few) == {'call': 4, 'other': 4, '': 4}
    assert len({entry.columns['recording'] for entry in few if entry.label == 'call'}) == 4
    assert {entry.item for entry in few} <= {entry.item for entry in entries}


def test_an_item_sounds_the_same_every_time_and_as_no_other(entries):
    one, other = (synthetic_calls.load(entry) for entry in entries[:2])
    np.testing.assert_array_equal(one.samples, synthetic_calls.load(entries[0]).samples)
    assert one.rate_hz == forest.RATE_HZ
    assert len(one.samples) == round(_seconds(entries[0]) * forest.RATE_HZ)
    assert one.samples[:1000].tolist() != other.samples[:1000].tolist()


@pytest.mark.slow  # four recordings of three minutes
def test_prepared_recordings_are_those_that_were_rendered(tmp_path, entries):
    folder = data_prep.prepare('synthetic_calls', tmp_path, jobs=1, limit=4, report=str)
    manifest.check(folder)
    rows = {row['item']: row for row in manifest.items(folder)}
    assert Counter(row['kind'] for row in rows.values()) == {'clip': 8, 'forest': 4}
    assert rows['forest03']['samples'] == str(180 * forest.RATE_HZ)
    for entry in entries:
        if entry.item in rows and entry.label:
            sound = synthetic_calls.load(entry)
            whole = b'%d Hz\n' % sound.rate_hz + sound.samples.tobytes()
            assert rows[entry.item]['sha256'] == hashlib.sha256(whole).hexdigest()
            assert rows[entry.item]['events'] == entry.columns['events']


def test_it_takes_no_source():
    with pytest.raises(data_prep.PrepError, match='takes no --source'):
        synthetic_calls.find(Wish(source=Path('x')))
