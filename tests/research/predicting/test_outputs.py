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
