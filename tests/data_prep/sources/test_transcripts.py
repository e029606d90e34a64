from data_prep.sources.transcripts import Transcripts


def write(folder, content):
    path = folder / '1-2.trans.txt'
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_a_transcript_is_taken_once(tmp_path):
    read = Transcripts([write(tmp_path, "1-2-0000 THAT'S A\r\n\r\n1-2-0001   B  \r\n")])
    assert read.take(tmp_path, '1-2-0000') == "THAT'S A"
    assert read.take(tmp_path, '1-2-0000') == ''
    assert read.take(tmp_path, '1-2-0001') == 'B'
    assert read.take(tmp_path.parent, '1-2-0001') == ''
    assert read.notes() == []


def test_what_is_left_or_malformed_or_odd_is_counted(tmp_path):
    read = Transcripts([write(tmp_path, '1 A\nempty\n1 SECOND\n2 B\n3 Caf\u00e9, 9\n')])
    read.take(tmp_path, '1')
    read.take(tmp_path, '3')
    assert read.notes() == [
        'transcripts without a .flac: 1, the first 2',
        'malformed lines: 2, the first line 2 of 1-2.trans.txt; wanted is '
        '"<utterance> <TRANSCRIPT>", each utterance once',
        "transcripts with more than A-Z, ' and space: 1 (, 9 a f é)",
    ]


def test_a_file_that_is_no_text_is_rejected(tmp_path):
    path = write(tmp_path, b'1 \xff\xfe\n')
    [bad] = Transcripts([path]).rejected
    assert bad.path == str(path)
    assert 'cannot be read' in bad.reason
