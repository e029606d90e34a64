import os

import pytest

from research.errors import UserError
from research.predicting import outputs


def write(path, error):
    with outputs.whole(path) as temporary:
        temporary.write_text('half')
        raise error


def test_what_is_there_is_refused_and_kept_without_force(tmp_path):
    path = tmp_path / 'out.csv'
    path.write_text('mine')
    with pytest.raises(UserError, match='is there already: --force replaces it'):
        outputs.refuse([path], force=False)
    outputs.refuse([path], force=True)
    assert path.read_text() == 'mine'


def test_a_folder_that_is_not_there_or_may_not_be_written_is_refused(tmp_path, monkeypatch):
    with pytest.raises(UserError, match='is no folder'):
        outputs.refuse([tmp_path / 'gone' / 'out.csv'], force=False)
    with pytest.raises(UserError, match='is a folder'):
        outputs.refuse([tmp_path], force=True)

    def full(*args, **kwargs):
        raise OSError(30, os.strerror(30))

    monkeypatch.setattr(outputs.tempfile, 'TemporaryFile', full)
    with pytest.raises(UserError, match='Read-only file system'):
        outputs.refuse([tmp_path / 'out.csv'], force=False)


def test_what_fails_half_way_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / 'out.csv'
    path.write_text('old')
    with pytest.raises(RuntimeError):
        write(path, RuntimeError())
    assert [each.name for each in tmp_path.iterdir()] == ['out.csv']
    assert path.read_text() == 'old'
    with outputs.whole(path) as temporary:
        temporary.write_text('new')
    assert [each.name for each in tmp_path.iterdir()] == ['out.csv']
    assert path.read_text() == 'new'


def test_a_disk_that_is_full_is_told_in_one_line(tmp_path):
    with pytest.raises(UserError, match=r'cannot be written \(No space left'):
        write(tmp_path / 'out.csv', OSError(28, os.strerror(28)))
    assert list(tmp_path.iterdir()) == []


def test_drafts_take_their_places_together_and_nothing_does_before(tmp_path):
    out, labels = tmp_path / 'out.csv', tmp_path / 'out.labels'
    out.write_text('old')
    with outputs.Drafts() as drafts:
        with drafts.file(out) as file:
            file.write('new')
        folder = drafts.folder(labels)
        (folder / 'sub').mkdir(parents=True)
        (folder / 'sub' / 'a.txt').write_text('a')
        assert (out.read_text(), labels.exists()) == ('old', False)
        hashes = drafts.hashes()
        drafts.place()
    assert sorted(path.name for path in tmp_path.iterdir()) == ['out.csv', 'out.labels']
    assert out.read_text() == 'new'
    assert hashes == {path.name: outputs.digest(path) for path in (out, labels)}
    with outputs.Drafts() as drafts:
        folder = drafts.folder(labels)
        folder.mkdir()
        (folder / 'b.txt').write_text('b')
        drafts.place()
    assert [path.name for path in sorted(labels.rglob('*.txt'))] == ['b.txt', 'a.txt']


def test_drafts_that_are_not_placed_leave_nothing(tmp_path):
    refused = pytest.raises(UserError, match=r'out.csv cannot be written \(No space left')
    with refused, outputs.Drafts() as drafts:
        (drafts.folder(tmp_path / 'out.labels') / 'sub').mkdir(parents=True)
        with drafts.file(tmp_path / 'out.csv') as file:
            file.write('half')
            raise OSError(28, os.strerror(28))
    assert list(tmp_path.iterdir()) == []


def test_what_is_one_s_own_by_name_and_bytes_is_not_refused(tmp_path):
    path = tmp_path / 'out.csv'
    path.write_text('ours')
    own = {('out.csv', outputs.digest(path))}
    outputs.refuse([path], False, own)
    path.write_text('mine')
    with pytest.raises(UserError, match='is there already'):
        outputs.refuse([path], False, own)


def test_only_drafts_of_the_same_outputs_are_swept(tmp_path):
    stale = ['.out[1].csv.0123abcd.tmp', '.out[1].labels.0123abcd.tmp']
    kept = ['.out1.csv.0123abcd.tmp', 'out[1].csv', '.out[1].csv.tmp']
    for name in kept + stale[:1]:
        (tmp_path / name).write_text('x')
    (tmp_path / stale[1] / 'sub').mkdir(parents=True)
    outputs.sweep([tmp_path / 'out[1].csv', tmp_path / 'out[1].labels'])
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(kept)
