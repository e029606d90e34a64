import os
from pathlib import Path

import pytest

import data_prep
from data_prep import manifest
from data_prep.describe import describe


@pytest.fixture
def prepared(gtzan_source, tmp_path) -> Path:
    data_prep.prepare('gtzan', tmp_path, gtzan_source, jobs=1, report=str)
    return tmp_path


def test_text_is_printed_and_a_page_is_written(prepared):
    lines = []
    page = describe('gtzan', prepared, lines.append)
    assert page == data_prep.place('gtzan', prepared) / 'describe.html'
    assert lines[0].startswith('gtzan: ')
    assert lines[-1] == f'page          {page}'
    assert page.read_text(encoding='utf-8').startswith('<!doctype html>')


def test_a_described_corpus_is_still_whole(prepared):
    page = describe('gtzan', prepared, str)
    assert manifest.verify(page.parent)['records'] == 10
    assert describe('gtzan', prepared, str) == page
    assert not list(page.parent.glob('*.unfinished'))


def test_the_page_goes_where_it_is_wanted(prepared, tmp_path):
    page = describe('gtzan', prepared, str, tmp_path / 'mine.html')
    assert page == tmp_path / 'mine.html'
    assert page.is_file()


def test_what_is_not_prepared_is_one_line_with_the_command(tmp_path):
    with pytest.raises(data_prep.PrepError) as error:
        describe('gtzan', tmp_path)
    assert f'python -m data_prep gtzan --source=DIR --data_dir={tmp_path}' in str(error.value)
    with pytest.raises(data_prep.PrepError) as error:
        describe('corpus_styles', tmp_path)
    assert f'python -m data_prep corpus_styles --data_dir={tmp_path}' in str(error.value)
    with pytest.raises(data_prep.PrepError, match='did you mean'):
        describe('gtzn', tmp_path)


def test_a_place_that_cannot_be_written_to_is_one_line(prepared, tmp_path):
    (tmp_path / 'file').write_text('')
    with pytest.raises(data_prep.PrepError, match=r'cannot be written \(Not a directory\)'):
        describe('gtzan', prepared, str, tmp_path / 'file' / 'page.html')
    with pytest.raises(data_prep.PrepError, match=r'cannot be written \(No such file'):
        describe('gtzan', prepared, str, tmp_path / 'nowhere' / 'page.html')


@pytest.mark.skipif(os.geteuid() == 0, reason='root may write anywhere')
def test_a_read_only_corpus_is_told_and_then_one_line(prepared):
    lines = []
    data_prep.place('gtzan', prepared).chmod(0o555)
    with pytest.raises(data_prep.PrepError, match='Permission denied'):
        describe('gtzan', prepared, lines.append)
    assert lines
