import zipfile

import numpy as np
import pytest

from data_prep.errors import Unreadable
from data_prep.notes import PERCUSSION, PITCH, VELOCITY
from data_prep.sources import score_files

TPQ = score_files.TICKS_PER_QUARTER


def pitched(step, octave, divisions=2, more='', chord=False):
    return (
        f'<note>{"<chord/>" if chord else ""}<pitch><step>{step}</step><octave>{octave}</octave>'
        f'</pitch><duration>{divisions}</duration>{more}<type>quarter</type></note>'
    )


def score(*parts, head=''):
    """MusicXML with two divisions a quarter; each part is a name, attributes and measures."""
    listed = ''.join(
        f'<score-part id="P{n}"><part-name>{name}</part-name>{about}</score-part>'
        for n, (name, about, _) in enumerate(parts)
    )
    written = ''.join(
        f'<part id="P{n}">'
        + ''.join(f'<measure number="{m}">{measure}</measure>' for m, measure in enumerate(bars, 1))
        + '</part>'
        for n, (_, _, bars) in enumerate(parts)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><score-partwise version="4.0">'
        f'{head}<part-list>{listed}</part-list>{written}</score-partwise>'
    )


START = '<attributes><divisions>2</divisions><time><beats>4</beats><beat-type>4</beat-type></time>'


def read(tmp_path, text, filename='a.musicxml'):
    (tmp_path / filename).write_text(text)
    return score_files.read(tmp_path / filename)


def rows(piece):
    """Events with onset and duration in quarter notes."""
    return (piece.events / [TPQ, 1, TPQ, 1, 1]).tolist()


def test_parts_ties_chords_and_tempi_of_musicxml(tmp_path):
    tempo = (
        '<direction><direction-type><metronome><beat-unit>quarter</beat-unit>'
        '<per-minute>90</per-minute></metronome></direction-type><sound tempo="90"/></direction>'
    )
    upper = [
        START
        + '</attributes>'
        + tempo
        + pitched('C', 5, 4)
        + pitched('D', 5, 2)
        + pitched('E', 5, 2, '<tie type="start"/>'),
        pitched('E', 5, 4, '<tie type="stop"/>') + pitched('F', 5, 4),
    ]
    lower = [START + '</attributes>' + pitched('C', 4, 8) + pitched('G', 4, 8, chord=True)]
    piece = read(tmp_path, score(('Flute', '', upper), ('Piano', '', lower)))
    assert rows(piece) == [
        [0, 60, 4, 64, 1],
        [0, 67, 4, 64, 1],
        [0, 72, 2, 64, 0],
        [2, 74, 1, 64, 0],
        [3, 76, 3, 64, 0],
        [6, 77, 2, 64, 0],
    ]
    assert piece.parts == ('Flute', 'Piano')
    assert piece.tempi.tolist() == [[0, 666_667]]


def test_pitches_are_those_that_sound(tmp_path):
    clarinet = '<transpose><diatonic>-1</diatonic><chromatic>-2</chromatic></transpose>'
    bars = [START + clarinet + '</attributes>' + pitched('D', 5, 8)]
    assert read(tmp_path, score(('Clarinet', '', bars))).events[:, PITCH].tolist() == [72]


def test_velocities_follow_the_dynamics(tmp_path):
    def mark(name):
        dynamics = f'<dynamics><{name}/></dynamics>'
        return f'<direction><direction-type>{dynamics}</direction-type></direction>'

    bars = [
        START
        + '</attributes>'
        + pitched('C', 4)
        + mark('pp')
        + pitched('D', 4)
        + pitched('E', 4)
        + mark('ff')
        + pitched('F', 4)
    ]
    plain, *soft, loud = read(tmp_path, score(('', '', bars))).events[:, VELOCITY]
    assert plain == 64
    assert soft[0] == soft[1] < 50
    assert 90 < loud <= 127


def test_percussion_is_marked_and_has_the_pitch_of_its_sound(tmp_path):
    drum = (
        '<score-instrument id="P0-I"><instrument-name>Snare</instrument-name></score-instrument>'
        '<midi-instrument id="P0-I"><midi-channel>10</midi-channel>'
        '<midi-unpitched>39</midi-unpitched></midi-instrument>'
    )
    hit = (
        '<note><unpitched><display-step>C</display-step><display-octave>5</display-octave>'
        '</unpitched><duration>8</duration><type>whole</type></note>'
    )
    piece = read(tmp_path, score(('Drums', drum, [START + '</attributes>' + hit])))
    assert piece.programs.tolist() == [PERCUSSION]
    assert rows(piece) == [[0, 38, 4, 64, 0]]  # MusicXML counts keys from 1


def test_grace_notes_are_left_out(tmp_path):
    grace = (
        '<note><grace/><pitch><step>B</step><octave>4</octave></pitch><type>eighth</type></note>'
    )
    bars = [START + '</attributes>' + grace + pitched('C', 5, 8)]
    assert rows(read(tmp_path, score(('', '', bars)))) == [[0, 72, 4, 64, 0]]


def test_compressed_musicxml_is_read(tmp_path):
    bars = [START + '</attributes>' + pitched('C', 5, 8)]
    container = (
        '<?xml version="1.0"?><container><rootfiles><rootfile full-path="a.xml"/></rootfiles>'
        '</container>'
    )
    with zipfile.ZipFile(tmp_path / 'a.mxl', 'w') as archive:
        archive.writestr('META-INF/container.xml', container)
        archive.writestr('a.xml', score(('', '', bars)))
    assert rows(score_files.read(tmp_path / 'a.mxl')) == [[0, 72, 4, 64, 0]]


def test_humdrum_is_read(tmp_path):
    kern = '**kern\t**kern\n*M4/4\t*M4/4\n2C\t4c\n.\t4d\n2G\t2e\n==\t==\n*-\t*-\n'
    piece = read(tmp_path, kern, 'a.krn')
    found = sorted(row[:3] for row in rows(piece))
    assert found == [[0, 48, 2], [0, 60, 1], [1, 62, 1], [2, 55, 2], [2, 64, 2]]


def test_a_score_of_which_music21_leaves_notes_out_is_refused(tmp_path):
    with pytest.raises(Unreadable, match=r'cannot read all of it.*Error in parsing'):
        read(tmp_path, '**kern\n4c\n4[2>\n4e\n*-\n', 'a.krn')


def test_a_tune_in_abc_is_read_with_thirds_of_a_quarter_whole():
    piece = score_files.read_tune('X:1\nT:A tune\nM:4/4\nL:1/8\nK:G\n(3FGA B2 d4|\n')
    assert rows(piece)[3:] == [[1, 71, 1, 64, 0], [2, 74, 2, 64, 0]]
    assert piece.events[:3, :3].tolist() == [[0, 66, 3360], [3360, 67, 3360], [6720, 69, 3360]]


def test_tunes_of_a_file_come_with_the_fields_before_them(tmp_path):
    (tmp_path / 'a.abc').write_text(
        '%abc\nO:Here\nwords\n\nX:1\nT:One\nK:C\nC\n\nX:2\nT:Two\nK:C\nD\n'
    )
    assert score_files.tunes(tmp_path / 'a.abc') == (
        'O:Here\n',
        ['X:1\nT:One\nK:C\nC\n\n', 'X:2\nT:Two\nK:C\nD\n'],
    )


@pytest.mark.parametrize(
    ('filename', 'content', 'reason'),
    [
        ('a.xml', b'', 'empty file'),
        ('a.mxl', b'', 'empty file'),
        ('a.mxl', b'no archive', 'not a compressed MusicXML file'),
        ('a.xml', b'<html><body>no score</body></html>', 'music21 cannot read it|no notes'),
        ('a.musicxml', b'Dear reader', 'music21 cannot read it'),
        ('a.musicxml', score(('', '', [START])).encode(), 'music21 cannot read it'),
        ('a.krn', b'no score', 'music21 cannot read it|no notes'),
    ],
)
def test_what_is_no_score_is_refused_in_one_line(filename, content, reason, tmp_path):
    (tmp_path / filename).write_bytes(content)
    with pytest.raises(Unreadable, match=reason) as caught:
        score_files.read(tmp_path / filename)
    assert '\n' not in str(caught.value)


def test_what_unpacks_to_more_than_any_score_needs_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / 'a.mxl', 'w', zipfile.ZIP_DEFLATED) as archive:
        archive.writestr('a.xml', bytes(20 * 2**20))
    with pytest.raises(Unreadable, match='20,971,520 bytes unpacked'):
        score_files.read(tmp_path / 'a.mxl')


def test_entities_that_multiply_are_refused(tmp_path):
    nested = '<!ENTITY a0 "aaaaaaaaaa">' + ''.join(
        f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12)
    )
    document = f'<!DOCTYPE score-partwise [{nested}]><score-partwise>&a11;</score-partwise>'
    text = f'<?xml version="1.0"?>{document}'
    with pytest.raises(Unreadable, match='music21 cannot read it'):
        read(tmp_path, text)


@pytest.mark.parametrize('divisions', [400_000, 10**6, 10**9, 10**12])
def test_a_note_of_many_days_is_refused(divisions, tmp_path):
    bars = [START + '</attributes>' + pitched('C', 5, divisions)]
    with pytest.raises(Unreadable, match='quarter notes long'):
        read(tmp_path, score(('', '', bars)))


def test_events_are_integers_in_range(tmp_path):
    bars = [START + '</attributes>' + pitched('C', 5, 8)]
    piece = read(tmp_path, score(('', '', bars)))
    assert piece.events.dtype == np.int32
    assert piece.ticks_per_quarter == TPQ
