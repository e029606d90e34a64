import os
import unicodedata
from pathlib import Path

import pytest

from data_prep import PrepError
from data_prep.cards import Entry
from data_prep.sources import files


def touch(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b'x')
    return path


def names(root, *suffixes):
    return [files.name(root, path) for path in files.walk(root, suffixes or ('.wav',)).paths]


def test_files_come_sorted_whatever_order_the_file_system_gives(tmp_path, monkeypatch):
    wanted = ['a b/é.wav', 'a/1.WAV', 'a/2.wav', 'b.wav', 'b/deep/er/3.wav']
    for name in wanted:
        touch(tmp_path / name)
    listed = names(tmp_path)
    assert listed == sorted(wanted)
    scandir = os.scandir

    class Reversed:
        def __init__(self, path):
            self.entries = sorted(scandir(path), key=lambda entry: entry.name, reverse=True)

        def __enter__(self):
            return iter(self.entries)

        def __exit__(self, *_):
            pass

    monkeypatch.setattr(os, 'scandir', Reversed)
    assert names(tmp_path) == listed


def test_hidden_files_and_folders_are_passed_over(tmp_path):
    for name in ('.DS_Store', 'a/._x.wav', '__MACOSX/x.wav', '.git/x.wav', 'a/x.wav'):
        touch(tmp_path / name)
    walk = files.walk(tmp_path, ('.wav',))
    assert walk == ([tmp_path / 'a/x.wav'], {}, [], [])


def test_what_is_not_wanted_is_counted_by_suffix(tmp_path):
    for name in ('1.txt', '2.TXT', 'x.m4a', 'README', 'x.wav'):
        touch(tmp_path / name)
    os.mkfifo(tmp_path / 'pipe.wav')
    walk = files.walk(tmp_path, ('.wav',))
    assert walk.paths == [tmp_path / 'x.wav']
    said = 'left out: 2 .txt, 1 .m4a, 1 special files, 1 without suffix'
    assert walk.left_out() == said
    assert walk.notes() == (said,)
    assert walk.left_out(but=('.txt', '.m4a', 'special files')) == 'left out: 1 without suffix'
    assert walk.left_out(but=walk.ignored) == ''
    assert walk.notes(but=walk.ignored) == ()


def test_a_suffix_may_have_two_dots(tmp_path):
    for name in ('1-2.trans.txt', 'notes.txt'):
        touch(tmp_path / name)
    assert names(tmp_path, '.trans.txt') == ['1-2.trans.txt']


def test_loops_of_links_end_and_each_file_comes_once(tmp_path):
    touch(tmp_path / 'b/x.wav')
    (tmp_path / 'b/up').symlink_to(tmp_path)
    (tmp_path / 'b/self').symlink_to('self')
    (tmp_path / 'b/lost.WAV').symlink_to('gone.wav')
    (tmp_path / 'b/lost.txt').symlink_to('gone.txt')
    (tmp_path / 'a').symlink_to(tmp_path / 'b')
    (tmp_path / 'also.wav').symlink_to(tmp_path / 'b/x.wav')
    walk = files.walk(tmp_path, ('.wav',))
    # The way without a link is the one that counts, though 'a' and 'also.wav' come before 'b'.
    assert walk.paths == [tmp_path / 'b/x.wav']
    assert walk.ignored == {files.REPEATED: 3, files.NOWHERE: 2}
    assert walk.rejected == [(str(tmp_path / 'b/lost.WAV'), 'a link that leads nowhere')]


def test_links_to_elsewhere_are_followed_once(tmp_path):
    touch(tmp_path / 'store/blob7')
    touch(tmp_path / 'store/deep/y.wav')
    root = tmp_path / 'root'
    root.mkdir()
    (root / 'one.wav').symlink_to(tmp_path / 'store/blob7')
    (root / 'two.wav').symlink_to(tmp_path / 'store/blob7')
    (root / 'far').symlink_to(tmp_path / 'store/deep')
    (root / 'further').symlink_to(tmp_path / 'store/deep')
    walk = files.walk(root, ('.wav',))
    assert [files.name(root, path) for path in walk.paths] == ['far/y.wav', 'one.wav']
    assert walk.ignored == {files.REPEATED: 2}
    assert walk.followed == [f'far -> {(tmp_path / "store/deep").resolve()}']


def test_a_link_to_a_folder_above_the_source_is_not_followed(tmp_path):
    root = tmp_path / 'holds' / 'root'
    touch(root / 'a/x.wav')
    touch(tmp_path / 'holds/other/y.wav')
    for name, target in {'disk': '/', 'up': '..', 'beside': '../other'}.items():
        (root / name).symlink_to(target)
    walk = files.walk(root, ('.wav',))
    assert [files.name(root, path) for path in walk.paths] == ['a/x.wav', 'beside/y.wav']
    assert walk.notes() == (
        f'left out: 2 {files.ABOVE}',
        f'links followed out of the source: beside -> {(tmp_path / "holds/other").resolve()}',
    )


def test_a_folder_that_cannot_be_read_is_reported_and_the_others_taken(tmp_path, monkeypatch):
    touch(tmp_path / 'closed/x.wav')
    touch(tmp_path / 'open/x.wav')
    scandir = os.scandir

    def refuse(path):
        if os.fspath(path).endswith('closed'):
            raise PermissionError(13, 'Permission denied')
        return scandir(path)

    monkeypatch.setattr(os, 'scandir', refuse)
    walk = files.walk(tmp_path, ('.wav',))
    assert walk.paths == [tmp_path / 'open/x.wav']
    assert walk.rejected == [(str(tmp_path / 'closed'), 'cannot be read (Permission denied)')]


def test_a_name_that_is_not_unicode_is_rejected_in_words_that_can_be_written(tmp_path):
    Path(os.fsdecode(os.fsencode(tmp_path) + b'/\xe9.wav')).write_bytes(b'x')
    walk = files.walk(tmp_path, ('.wav',))
    assert walk.paths == []
    [bad] = walk.rejected
    assert bad.path == f'{tmp_path}/\N{REPLACEMENT CHARACTER}.wav'
    assert 'not UTF-8' in bad.reason


def test_names_are_composed_and_the_path_still_opens(tmp_path):
    spelt = unicodedata.normalize('NFD', 'ä ö.wav')
    touch(tmp_path / spelt)
    walk = files.walk(tmp_path, ('.wav',))
    assert files.ids(tmp_path, walk.paths) == [unicodedata.normalize('NFC', 'ä ö')]
    assert walk.paths[0].read_bytes() == b'x'


def test_ids_are_told_apart(tmp_path):
    spellings = {unicodedata.normalize(form, 'ä.wav') for form in ('NFC', 'NFD')}
    for name in (*spellings, 'x.wav', 'x.flac', 'a/x.wav', 'y.z.wav'):
        touch(tmp_path / name)
    paths = files.walk(tmp_path, ('.wav', '.flac')).paths
    ids = files.ids(tmp_path, paths)
    assert ids == ['a/x', 'x.flac', 'x.wav', 'y.z', 'ä.wav', 'ä.wav (2)']


def test_names_below_the_working_folder(tmp_path, monkeypatch):
    touch(tmp_path / 'a/x.wav')
    monkeypatch.chdir(tmp_path)
    assert names(Path('.')) == names(Path('a/..')) == ['a/x.wav']


def test_few_takes_from_as_many_groups_as_there_are():
    groups = 'aaabbc'
    entries = [Entry(str(i), 'k', '', {'g': group}) for i, group in enumerate(groups)]
    entries.append(Entry('6', 'other', '', {'g': 'a'}))

    def kept(limit):
        return [each.item for each in files.few(entries, limit, lambda entry: entry.label, 'g')]

    assert kept(None) == list('0123456')
    assert kept(1) == ['0', '6']
    assert kept(3) == ['0', '3', '5', '6']
    assert kept(4) == ['0', '1', '3', '5', '6']
    assert kept(9) == list('0123456')


def test_a_source_that_is_no_folder_says_what_is_wanted(tmp_path):
    with pytest.raises(PrepError, match=r'thing needs --source=DIR, a folder that holds x/\*.wav'):
        files.folder(None, 'thing', 'x/*.wav')
    with pytest.raises(PrepError, match='is not a folder; wanted: one that holds'):
        files.folder(touch(tmp_path / 'file'), 'thing', 'x/*.wav')
    assert files.holds(tmp_path) == 'file'
    for name in 'abcdefgh':
        touch(tmp_path / name)
    assert files.holds(tmp_path) == 'a, b, c, d, e, f, ...'
