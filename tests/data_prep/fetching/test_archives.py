import io
import tarfile
import zipfile

import pytest

from data_prep.errors import PrepError
from data_prep.fetching.archives import extract


def tar_with(path, *members):
    with tarfile.open(path, 'w:gz') as tar:
        for name, kind in members:
            info = tarfile.TarInfo(name)
            info.type = kind
            info.linkname = '/etc/passwd'
            data = b'data' if kind == tarfile.REGTYPE else b''
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


def test_a_good_tar_is_unpacked(tmp_path):
    archive = tar_with(tmp_path / 'a.tar.gz', ('genres/blues/a.wav', tarfile.REGTYPE))
    extract(archive, tmp_path / 'out')
    assert [str(p.relative_to(tmp_path / 'out')) for p in (tmp_path / 'out').rglob('*.wav')] == [
        'genres/blues/a.wav'
    ]
    assert (tmp_path / 'out/genres/blues/a.wav').read_bytes() == b'data'


@pytest.mark.parametrize(
    ('name', 'kind'),
    [
        ('../out.wav', tarfile.REGTYPE),
        ('/tmp/out.wav', tarfile.REGTYPE),
        ('a/../../out.wav', tarfile.REGTYPE),
        ('link', tarfile.SYMTYPE),
        ('link', tarfile.LNKTYPE),
        ('pipe', tarfile.FIFOTYPE),
    ],
)
def test_a_bad_member_is_refused_before_anything_is_written(tmp_path, name, kind):
    archive = tar_with(tmp_path / 'a.tar.gz', ('good.wav', tarfile.REGTYPE), (name, kind))
    with pytest.raises(PrepError, match='nothing was unpacked'):
        extract(archive, tmp_path / 'out')
    assert [path.name for path in tmp_path.iterdir()] == ['a.tar.gz']


@pytest.mark.parametrize('name', ['../out.wav', '/tmp/out.wav', '..\\out.wav'])
def test_a_bad_member_of_a_zip_is_refused(tmp_path, name):
    with zipfile.ZipFile(tmp_path / 'a.zip', 'w') as zipped:
        zipped.writestr('good.wav', b'data')
        zipped.writestr(name, b'data')
    with pytest.raises(PrepError, match='nothing was unpacked'):
        extract(tmp_path / 'a.zip', tmp_path / 'out')
    assert [path.name for path in tmp_path.iterdir()] == ['a.zip']


def test_a_link_in_a_zip_is_refused(tmp_path):
    info = zipfile.ZipInfo('link')
    info.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / 'a.zip', 'w') as zipped:
        zipped.writestr(info, '/etc/passwd')
    with pytest.raises(PrepError, match='a link or device'):
        extract(tmp_path / 'a.zip', tmp_path / 'out')


def test_a_good_zip_is_unpacked(tmp_path):
    with zipfile.ZipFile(tmp_path / 'a.zip', 'w') as zipped:
        zipped.writestr('genres/a.wav', b'data')
    extract(tmp_path / 'a.zip', tmp_path / 'out')
    assert (tmp_path / 'out/genres/a.wav').read_bytes() == b'data'


@pytest.mark.parametrize('share', [0.2, 0.9])
def test_an_archive_cut_short_leaves_nothing(tmp_path, share):
    archive = tar_with(
        tmp_path / 'a.tar.gz', *((f'{number}.wav', tarfile.REGTYPE) for number in range(200))
    )
    archive.write_bytes(archive.read_bytes()[: int(archive.stat().st_size * share)])
    with pytest.raises(PrepError, match='no whole archive'):
        extract(archive, tmp_path / 'out')
    assert [path.name for path in tmp_path.iterdir()] == ['a.tar.gz']
