import zipfile

import pytest

from data_prep.sources.titles import title


@pytest.mark.parametrize(
    ('filename', 'text', 'wanted'),
    [
        ('a.abc', 'X:1\nT: The  Hare \nT:Other\nK:C\n', 'The Hare'),
        ('a.krn', '!!!COM: Bach\n!!!OTL@@DE: Ein feste Burg\n**kern\n', 'Ein feste Burg'),
        ('a.krn', '!!!OPR: Missa\n!!!OTL: Kyrie\n**kern\n', 'Missa, Kyrie'),
        ('a.xml', '<work-title>A</work-title><movement-title>A</movement-title>', 'A'),
        ('a.xml', '<work-title>A</work-title><movement-title>I</movement-title>', 'A, I'),
        ('a.xml', '<work><work-title>A &amp; B</work-title></work>', 'A & B'),
        ('a.musicxml', '<movement-title>\n Air\n</movement-title>', 'Air'),
        ('a.musicxml', '<movement-title>song.musicxml</movement-title>', 'song'),
        ('a.musicxml', '<part-name>Piano</part-name>', ''),
        ('a.mid', 'MThd<work-title>no</work-title>', ''),
        ('a.mxl', 'no archive', ''),
    ],
)
def test_title_of_a_file(filename, text, wanted, tmp_path):
    (tmp_path / filename).write_text(text)
    assert title(tmp_path / filename) == wanted


def test_title_of_a_compressed_file(tmp_path):
    with zipfile.ZipFile(tmp_path / 'a.mxl', 'w') as archive:
        archive.writestr('META-INF/container.xml', '<work-title>not this</work-title>')
        archive.writestr('score.xml', '<work-title>This</work-title>')
    assert title(tmp_path / 'a.mxl') == 'This'


def test_title_of_one_tune_of_a_file(tmp_path):
    assert title(tmp_path / 'a.abc', 'X:2\nT:Second\nK:C\n') == 'Second'
