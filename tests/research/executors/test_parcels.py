import io
import tarfile

import pytest

from research import claims
from research.executors import parcels
from research.runs import Run


@pytest.fixture
def run(tmp_path):
    """A finished run that somebody held."""
    made = Run(tmp_path / 'there' / 'some' / 'run')
    with claims.claim(made.directory):
        (made.directory / 'checkpoints' / 'best').mkdir(parents=True)
        (made.directory / 'checkpoints' / 'best' / 'weights').write_bytes(b'\0\1')
        made.finish({'status': 'finished'})
    return made


def files(run):
    kept = (path for path in run.directory.rglob('*') if path.is_file())
    return {path.relative_to(run.directory).as_posix(): path.read_bytes() for path in kept}


def test_a_run_comes_whole_and_without_its_claim(run, tmp_path):
    other = Run(tmp_path / 'here' / 'some' / 'run')
    assert parcels.unwrap(parcels.wrap(run), other)
    assert files(other).keys() == {'checkpoints/best/weights', 'result.json'}
    assert files(other).items() <= files(run).items()
    assert claims.holder(other.directory) is None
    assert not list((other.directory.parent / parcels.SHELF).iterdir())


def test_what_was_begun_is_replaced_and_what_is_finished_is_not(run, tmp_path):
    other = Run(tmp_path / 'here' / 'some' / 'run')
    other.directory.mkdir(parents=True)
    (other.directory / 'metrics.jsonl').write_text('begun')
    assert parcels.unwrap(parcels.wrap(run), other)
    assert not other.metrics.exists()
    before = files(other)
    (run.directory / 'later').touch()
    assert not parcels.unwrap(parcels.wrap(run), other)
    assert before.items() <= files(other).items()
    assert 'later' not in files(other)


def test_a_run_that_is_held_is_left_alone(run, tmp_path):
    other = Run(tmp_path / 'here' / 'some' / 'run')
    with claims.claim(other.directory) as held:
        with pytest.raises(claims.Claimed):
            parcels.unwrap(parcels.wrap(run), other)
        assert not held.lost()
    assert other.status() == 'absent'


@pytest.mark.parametrize(('name', 'target'), [('../outside', ''), ('link', '/etc')])
def test_nothing_is_written_outside(name, target, tmp_path):
    member, buffer = tarfile.TarInfo(name), io.BytesIO()
    member.type, member.linkname = (tarfile.SYMTYPE if target else tarfile.REGTYPE), target
    with tarfile.open(fileobj=buffer, mode='w') as tar:
        tar.addfile(member)
    place = Run(tmp_path / 'some' / 'run')
    with pytest.raises(tarfile.FilterError):
        parcels.unwrap(buffer.getvalue(), place)
    assert not [path for path in tmp_path.rglob('*') if not path.is_dir() or path.is_symlink()]
