import os

import pytest

from research.errors import UserError
from research.predicting import places

SUFFIXES = ('.wav', '.mp3')


def names(found):
    return [(place.name, place.error) for place in found.places]


def test_each_file_is_taken_once_through_loops_links_and_names_given_twice(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ('songs/b.wav', 'songs/sub/a.MP3', 'songs/.hidden.wav', 'songs/x.txt', 'odd.bin'):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b'x')
    os.symlink(tmp_path / 'songs', tmp_path / 'songs/sub/loop')
    os.symlink(tmp_path / 'songs/b.wav', tmp_path / 'songs/z.wav')
    found = places.find(['songs/b.wav', 'songs', 'songs/', './songs', 'odd.bin'], SUFFIXES)
    assert names(found) == [('songs/b.wav', ''), ('songs/sub/a.MP3', ''), ('odd.bin', '')]
    assert '1 .txt' in found.notes[0]


def test_names_of_any_script_are_kept(tmp_path):
    name = 'naïve Ünï 日本 "quoted", comma.wav'
    (tmp_path / name).write_bytes(b'x')
    [place] = places.find([str(tmp_path)], SUFFIXES).places
    assert place.name == str(tmp_path / name)


def test_a_folder_without_sounds_and_a_link_that_leads_nowhere_are_lines(tmp_path):
    (tmp_path / 'good').mkdir()
    (tmp_path / 'good' / 'a.wav').write_bytes(b'x')
    (tmp_path / 'folder.wav').mkdir()
    os.symlink(tmp_path / 'gone', tmp_path / 'good' / 'b.wav')
    found = places.find([str(tmp_path / 'good'), str(tmp_path / 'folder.wav')], SUFFIXES)
    assert [place.error for place in found.places] == [
        '',
        'a link that leads nowhere',
        'a folder without any .wav, .mp3',
    ]


def test_nothing_to_hear_is_a_mistake(tmp_path):
    (tmp_path / 'notes.txt').write_text('x')
    with pytest.raises(UserError, match=r'no file to hear .*1 \.txt.*wanted are \.wav'):
        places.find([str(tmp_path)], SUFFIXES)
    with pytest.raises(UserError, match='there is no such file or folder'):
        places.find([str(tmp_path / 'gone')], SUFFIXES)


def test_stems_are_distinct_paths_below_the_common_folder(tmp_path):
    paths = [tmp_path / name for name in ('a/x.wav', 'a/x.mp3', 'b/x.wav')]
    found = places.stems([places.Place(str(path), path) for path in paths])
    assert found == ['a/x.wav', 'a/x.mp3', 'b/x']
