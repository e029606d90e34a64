"""Checkpoints that are not what was written: said, and the one before is taken."""

import os
import random
import shutil
from pathlib import Path

import pytest

from research.restore import CheckpointError, restore
from tests.research.states import names, same, state


def flip(file: Path, rng: random.Random) -> None:
    content = bytearray(file.read_bytes())
    content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    file.write_bytes(content)


def test_flipped_bit_in_any_file_is_said_and_the_one_before_taken(tmp_path, saved, lines):
    rng = random.Random(0)
    saves = saved()
    for step in (1, 2):
        saves.save(step, state(step))
    saves.wait()
    newest, whole = tmp_path / 'latest' / '00000002', tmp_path / 'copy'
    shutil.copytree(newest, whole)
    files = [path.relative_to(whole) for path in whole.rglob('*') if path.is_file()]
    assert len(files) > 5
    for file in files:
        flip(newest / file, rng)
        assert same(saves.restore_latest(state(0)), 1, state(1))
        assert len(lines) == 1
        assert f'step 2 is damaged ({file.as_posix()} is not what was written)' in lines.pop()
        shutil.copy(whole / file, newest / file)
    assert same(saves.restore_latest(state(0)), 2, state(2))


def test_flipped_bit_in_a_manifest_is_damage(tmp_path, saved, lines):
    saves = saved()
    for step in (1, 2):
        saves.save(step, state(step))
    saves.wait()
    manifest = tmp_path / 'latest' / '00000002.sha256.json'
    whole = manifest.read_bytes()
    rng = random.Random(1)
    for _ in range(20):
        flip(manifest, rng)
        found = saves.restore_latest(state(0))
        # A bit of the white space between may flip without harm.
        step = 1 if lines else 2
        assert same(found, step, state(step))
        lines.clear()
        manifest.write_bytes(whole)


@pytest.mark.parametrize('harm', ['cut', 'gone', 'empty'])
def test_incomplete_file_is_damage(tmp_path, saved, lines, harm):
    saves = saved()
    for step in (1, 2):
        saves.save(step, state(step))
    saves.wait()
    files = [p for p in (tmp_path / 'latest' / '00000002').rglob('*') if p.is_file()]
    largest = max(files, key=lambda path: path.stat().st_size)
    if harm == 'gone':
        largest.unlink()
    else:
        os.truncate(largest, 0 if harm == 'empty' else largest.stat().st_size - 1)
    assert same(saves.restore_latest(state(0)), 1, state(1))
    assert 'latest checkpoint of step 2 is damaged' in lines[0]


def test_all_damaged_starts_from_the_beginning_and_says_so(tmp_path, saved, lines):
    saves = saved()
    for kind in ('latest', 'best'):
        saves.save(1, state(1), kind)
    saves.wait()
    for file in tmp_path.rglob('tree.json'):
        file.write_text('{}')
    assert saves.restore_latest(state(0)) is None
    assert len(lines) == 2
    assert 'starts from the beginning' in lines[1]
    with pytest.raises(CheckpointError, match='no good best checkpoint'):
        saves.restore_best(state(0), 1)


def test_course_taken_up_before_a_damaged_checkpoint_replaces_it(tmp_path, saved, lines):
    saves = saved()
    for step in (2, 4, 6):
        saves.save(step, state(step))
        saves.save(step, state(step), 'best')
    saves.wait()
    (tmp_path / 'latest' / '00000006' / 'tree.json').write_text('{}')
    assert saves.restore_latest(state(0))[0] == 4
    saves.save(5, state(50))
    assert same(saves.restore_latest(state(0)), 5, state(50))
    assert same(saves.restore_best(state(0), 9), 4, state(4))
    saves.save(6, state(60))
    assert same(saves.restore_latest(state(0)), 6, state(60))
    assert len(lines) == 1


def test_leftovers_are_swept_and_foreign_files_stay(tmp_path, saved):
    saves = saved()
    saves.save(1, state(1))
    saves.wait()
    latest, best = tmp_path / 'latest', tmp_path / 'best'
    whole = names(latest)
    shutil.copytree(latest / '00000001', latest / '00000002')
    shutil.copytree(latest / '00000001', latest / '00000003.writing.orbax-checkpoint-tmp')
    shutil.copytree(latest / '00000001', latest / '00000004.writing')
    shutil.copy(latest / '00000001.sha256.json', best / '00000005.sha256.json')
    (latest / '.00000006.sha256.json.12ab.tmp').touch()
    (latest / 'notes.txt').touch()
    (best / 'mine').mkdir()
    assert same(restore(tmp_path, state(0), 'latest'), 1, state(1))
    saved()
    assert names(latest) == [*whole, 'notes.txt']
    assert names(best) == ['mine']
