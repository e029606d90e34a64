import contextlib
import errno
import io
import os

import pytest

from research.errors import UserError
from research.predicting.answers import Reported
from research.predicting.journal import Journal
from research.predicting.places import Place

ABOUT = {'weights': 'abc', 'hop_s': None, 'batch': 4}


@pytest.fixture
def places(tmp_path):
    found = []
    for name in ('a.wav', 'ünï 日本.wav', os.fsdecode(b'\xff.wav')):
        path = tmp_path / 'in' / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(name.encode('utf-8', 'surrogateescape'))
        found.append(Place(name, path))
    return found


def reported(place, number):
    row = {
        'class': 'a "b"\n日本',
        'p': 0.1 + number,
        'tiny': 2.2250738585072014e-308,
        'slices': number,
        'none': None,
    }
    return Reported(place, row, [{'start_s': 1 / 3}] * number, '', number)


def journal(tmp_path, places, about=ABOUT, force=False):
    return Journal(tmp_path / 'out.csv', 'runs/a', about, places, force)


def fill(tmp_path, places, numbers=(0, 1, 2)):
    """As a process that is killed leaves it."""
    with contextlib.suppress(KeyboardInterrupt), journal(tmp_path, places) as opened:
        for number in numbers:
            opened.add(reported(places[number], number))
        raise KeyboardInterrupt
    return tmp_path / 'out.csv.journal'


def test_answers_come_back_as_they_were_to_the_last_bit(tmp_path, places):
    fill(tmp_path, places)
    found = journal(tmp_path, places)
    assert (found.done, found.total, found.changed) == (3, 3, 0)
    assert [found.take(place) for place in places] == [
        reported(place, number) for number, place in enumerate(places)
    ]
    assert not any(map(found.holds, places))


def test_what_a_killed_writer_left_of_a_line_costs_that_answer_alone(tmp_path, places):
    path = fill(tmp_path, places)
    whole = path.read_bytes()
    end = whole.rindex(b'\n', 0, -1) + 1
    for cut in range(end, len(whole) - 1):
        path.write_bytes(whole[:cut])
        torn = journal(tmp_path, places)
        assert [torn.holds(place) for place in places] == [True, True, False]
        with contextlib.suppress(KeyboardInterrupt), torn:
            torn.add(reported(places[2], 2))
            raise KeyboardInterrupt
        assert journal(tmp_path, places).done == 3
    path.write_bytes(whole[:-1])
    assert journal(tmp_path, places).done == 3


def test_a_damaged_line_costs_that_answer_alone(tmp_path, places):
    path = fill(tmp_path, places)
    whole = path.read_bytes()
    lines = whole.splitlines(keepends=True)
    start = len(lines[0]) + len(lines[1])
    for place in range(start, start + len(lines[2]) - 1):
        broken = bytearray(whole)
        broken[place] ^= 1
        path.write_bytes(broken)
        found = journal(tmp_path, places)
        assert (found.holds(places[0]), found.holds(places[2])) == (True, True)
        # The last digit of some numbers may turn and they stay the same numbers.
        assert not found.holds(places[1]) or found.take(places[1]) == reported(places[1], 1)
    path.write_bytes(whole[:start] + bytes(len(lines[2])) + b'\n' + lines[3])
    assert [journal(tmp_path, places).holds(each) for each in places] == [True, False, True]


def test_a_file_that_has_changed_is_not_held_and_its_new_answer_is(tmp_path, places):
    fill(tmp_path, places)
    about = places[0].path.stat()
    os.utime(places[0].path, ns=(about.st_atime_ns, about.st_mtime_ns + 1))
    about = places[1].path.stat()
    places[1].path.write_bytes(b'longer than it was')
    os.utime(places[1].path, ns=(about.st_atime_ns, about.st_mtime_ns))
    found = journal(tmp_path, places)
    assert [found.holds(place) for place in places] == [False, False, True]
    assert (found.done, found.changed) == (1, 2)
    with contextlib.suppress(KeyboardInterrupt), found:
        found.add(reported(places[0], 7))
        raise KeyboardInterrupt
    again = journal(tmp_path, places)
    assert (again.done, again.changed) == (2, 1)
    assert again.take(places[0]) == reported(places[0], 7)


def test_a_file_that_changes_after_it_was_heard_and_one_without_an_answer_are_not_held(
    tmp_path, places
):
    with contextlib.suppress(KeyboardInterrupt), journal(tmp_path, places) as opened:
        places[0].path.write_bytes(b'another sound')
        opened.add(reported(places[0], 0))
        opened.add(Reported(places[1], {}, [], 'cannot be read (Stale file handle)'))
        opened.add(reported(places[2], 2))
        raise KeyboardInterrupt
    assert [journal(tmp_path, places).holds(each) for each in places] == [False, False, True]


def test_answers_of_other_settings_are_refused_in_one_line_and_go_by_force_alone(tmp_path, places):
    path = fill(tmp_path, places)
    before = path.read_bytes()
    other = {**ABOUT, 'weights': 'def', 'batch': 5}
    with pytest.raises(UserError) as told:
        journal(tmp_path, places, other)
    said = str(told.value)
    assert 'keeps answers of runs/a' in said
    assert 'weights abc there, def here; batch 4 there, 5 here' in said
    assert '--force' in said
    assert 'hop_s' not in said
    assert '\n' not in said
    assert path.read_bytes() == before
    assert journal(tmp_path, places, force=True).done == 3
    forced = journal(tmp_path, places, other, force=True)
    assert forced.done == 0
    assert path.read_bytes() == before
    with contextlib.suppress(KeyboardInterrupt), forced:
        forced.add(reported(places[0], 0))
        raise KeyboardInterrupt
    assert journal(tmp_path, places, other).done == 1


def test_a_journal_without_an_answer_stands_in_nobody_s_way(tmp_path, places):
    with journal(tmp_path, places):
        assert (tmp_path / 'out.csv.journal').exists()
        assert journal(tmp_path, places, {'weights': 'def'}).done == 0


@pytest.mark.parametrize('content', [b'', b'mine', b'{"crc": 1}\n', b'\xff\n' * 3])
def test_a_file_of_the_user_s_is_no_journal_and_stays(content, tmp_path, places):
    path = tmp_path / 'out.csv.journal'
    path.write_bytes(content)
    with pytest.raises(UserError, match='is no journal of this version: move it away'):
        journal(tmp_path, places)
    assert path.read_bytes() == content


def test_stopped_before_the_first_answer_it_leaves_nothing(tmp_path, places):
    with pytest.raises(KeyboardInterrupt) as stop, journal(tmp_path, places):
        raise KeyboardInterrupt
    assert stop.value.__notes__ == ['no file has an answer yet; the same command begins anew']
    assert [path.name for path in tmp_path.iterdir()] == ['in']


def test_a_full_disk_is_told_with_what_is_kept(tmp_path, places):
    class Full(io.BytesIO):
        def write(self, line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def fill_up():
        with journal(tmp_path, places) as own:
            own.add(reported(places[0], 0))
            assert own._file is not None
            own._file.close()
            own._file = Full()
            own.add(reported(places[1], 1))

    with pytest.raises(UserError, match='No space left') as told:
        fill_up()
    [note] = told.value.__notes__
    assert note.startswith('1 of 3 files are kept in ')
    assert note.endswith('out.csv.journal; the same command goes on from there')
    assert journal(tmp_path, places).done == 1
