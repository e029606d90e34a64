import dataclasses
import errno
import hashlib
import http.server
import io
import os
import re
import tarfile
import threading

import numpy as np
import pytest

import data_prep
from data_prep.cards import Archive
from data_prep.errors import PrepError
from data_prep.fetching import download
from data_prep.fetching.download import fetch, fetch_subsets

CONTENT = np.random.default_rng(0).bytes(3_000_000)


class Server(http.server.ThreadingHTTPServer):
    """Serves CONTENT; breaks off after `breaks` bytes of each of the first answers."""

    def __init__(self, breaks=(), ranges=True):
        self.breaks, self.ranges, self.asked = list(breaks), ranges, []
        super().__init__(('127.0.0.1', 0), Handler)


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_GET(self):
        wanted = self.headers.get('Range')
        self.server.asked.append(wanted)
        start = int(re.findall(r'\d+', wanted)[0]) if wanted and self.server.ranges else 0
        if start >= len(CONTENT):
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        self.send_header('Content-Length', str(len(CONTENT) - start))
        self.end_headers()
        length = self.server.breaks.pop(0) if self.server.breaks else None
        self.wfile.write(CONTENT[start:][:length])

    def log_message(self, *args):
        pass


@pytest.fixture
def serve():
    running = []

    def start(**kwargs):
        server = Server(**kwargs)
        thread = threading.Thread(target=server.serve_forever, kwargs={'poll_interval': 0.01})
        thread.start()
        running.append((server, thread))
        md5 = hashlib.md5(CONTENT).hexdigest()
        url = f'http://127.0.0.1:{server.server_port}/a.tar.gz'
        return server, Archive(url, 'a.tar.gz', len(CONTENT), md5)

    yield start
    for server, thread in running:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_download_that_breaks_off_goes_on_where_it_stopped(serve, tmp_path):
    server, archive = serve(breaks=[1_000_000, 700_000])
    lines = []
    path = fetch(archive, tmp_path, 'again', lines.append)
    assert path.read_bytes() == CONTENT
    assert server.asked == [None, 'bytes=1000000-', 'bytes=1700000-']
    assert [line.split()[-1] for line in lines] == ['1000000', '1700000']
    assert [file.name for file in tmp_path.iterdir()] == ['a.tar.gz']


def test_a_part_of_an_earlier_call_is_used(serve, tmp_path):
    server, archive = serve()
    (tmp_path / 'a.tar.gz.part').write_bytes(CONTENT[:123_456])
    assert fetch(archive, tmp_path, 'again', str).read_bytes() == CONTENT
    assert server.asked == ['bytes=123456-']


def test_a_part_that_is_whole_is_taken(serve, tmp_path):
    _, archive = serve()
    (tmp_path / 'a.tar.gz.part').write_bytes(CONTENT)
    assert fetch(archive, tmp_path, 'again', str).read_bytes() == CONTENT


def test_a_server_without_ranges_starts_over(serve, tmp_path):
    _, archive = serve(breaks=[1_000_000], ranges=False)
    assert fetch(archive, tmp_path, 'again', str).read_bytes() == CONTENT


def test_a_whole_file_is_not_fetched_again(serve, tmp_path):
    server, archive = serve()
    (tmp_path / 'a.tar.gz').write_bytes(CONTENT)
    fetch(archive, tmp_path, 'again', str)
    assert server.asked == []


def test_a_wrong_checksum_names_both(serve, tmp_path):
    _, archive = serve()
    archive = dataclasses.replace(archive, md5='0' * 32)
    with pytest.raises(PrepError, match=f'not the published {"0" * 32}: remove it'):
        fetch(archive, tmp_path, 'again', str)
    assert not (tmp_path / 'a.tar.gz').exists()


def test_no_network_says_what_to_fetch_where_to_put_it_and_what_to_type(tmp_path):
    with http.server.HTTPServer(('127.0.0.1', 0), Handler) as server:
        port = server.server_port  # free again once this is closed
    archive = Archive(f'http://127.0.0.1:{port}/a.tar.gz', 'a.tar.gz', 1_230_000_000, '0' * 32)
    with pytest.raises(PrepError) as error:
        fetch(archive, tmp_path, 'the command', str)
    text = str(error.value)
    assert archive.url in text
    assert '1.23 GB' in text
    assert f'put it at {tmp_path / "a.tar.gz"}, then run: the command' in text
    assert '\n' not in text


def test_a_full_disk_is_no_failure_of_the_network(serve, tmp_path, monkeypatch):
    _, archive = serve(breaks=[1_000_000])
    monkeypatch.setattr(download, '_TRIES', 1)
    with pytest.raises(PrepError, match='cannot fetch'):
        fetch(archive, tmp_path, 'go')
    part = tmp_path / 'a.tar.gz.part'
    have = part.stat().st_size

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(download, 'progress', lambda *_, **__: map(full, [0]))
    with pytest.raises(
        PrepError, match=r'cannot write .*\.part \(No space left.*make room'
    ) as error:
        fetch(archive, tmp_path, 'go')
    assert '\n' not in str(error.value)
    assert part.stat().st_size == have


def subsets(archive, tmp_path, *names):
    """A card whose archives are served, each a tar of one file."""
    card = data_prep.card('gtzan')
    return dataclasses.replace(
        card, name='books', archives=dict.fromkeys(names, archive) if names else {'': archive}
    )


@pytest.fixture
def served(serve, tmp_path, monkeypatch):
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode='w:gz') as archive:
        info = tarfile.TarInfo('books/a.txt')
        info.size = 4
        archive.addfile(info, io.BytesIO(b'text'))
    monkeypatch.setitem(globals(), 'CONTENT', tar.getvalue())
    return serve()


@pytest.mark.parametrize('names', [(), ('one', 'two')])
def test_subsets_are_fetched_and_unpacked_each_in_its_folder_once(served, tmp_path, names):
    server, archive = served
    card = subsets(archive, tmp_path, *names)
    home = tmp_path / 'books'
    for _ in range(2):
        assert fetch_subsets('books', card, names or True, tmp_path, str) == home
    for name in names or ('',):
        assert (home / name / 'books' / 'a.txt').read_text() == 'text'
    assert len(server.asked) == 1  # both archives have one file name


def test_what_was_fetched_before_is_said_to_be_taken_too(served, tmp_path):
    _, archive = served
    card = subsets(archive, tmp_path, 'one', 'two')
    fetch_subsets('books', card, ['one'], tmp_path, str)
    lines = []
    fetch_subsets('books', card, ['two'], tmp_path, lines.append)
    assert lines[-1] == 'books: also taken, as it was fetched before: one'


@pytest.mark.parametrize(
    ('names', 'wanted', 'words'),
    [
        (('one', 'two'), ['three'], r"no subset 'three': .* one \(1.23 GB\), two \(1.23 GB\)"),
        (('one', 'two'), True, r'by subset: say --download --subsets=NAME,...: one \(1.23 GB\)'),
        ((), ['one'], r"no subset 'one': say --download alone"),
    ],
)
def test_a_wrong_subset_lists_what_there_is(tmp_path, names, wanted, words):
    archive = Archive('http://127.0.0.1:9/a.tar.gz', 'a.tar.gz', 1_230_000_000, '0' * 32)
    with pytest.raises(PrepError, match=words):
        fetch_subsets('books', subsets(archive, tmp_path, *names), wanted, tmp_path, str)


def test_what_cannot_be_fetched_is_one_line(tmp_path):
    card = dataclasses.replace(data_prep.card('gtzan'), archives={})
    with pytest.raises(PrepError, match='no archive to download'):
        fetch_subsets('gtzan', card, True, tmp_path, str)
