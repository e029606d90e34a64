"""Tables found in documents and held against what makes them."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import experiments
from research import documents, tables
from research.errors import UserError

ROOT = Path(__file__).parents[2]
TABLE = '| a |\n| --- |\n| 1 |'
COMMENT = '<!-- python -m research.tables runs --rows=name -->'


def check(tmp_path: Path, text: str, table: str = TABLE):
    (tmp_path / 'page.md').write_text(text)
    return documents.check(tmp_path / 'page.md', lambda arguments: (table, []))


@pytest.mark.parametrize('between', ['\n', '\n\n', ' \n \n\n'])
def test_a_table_is_found_below_its_command(tmp_path: Path, between: str):
    text = f'# Title\n\n{COMMENT}{between}{TABLE}\n\nMore.\n'
    [place] = documents.find(text)
    assert list(place.arguments) == ['runs', '--rows=name']
    assert text.splitlines()[place.line - 1] == '| a |'
    assert check(tmp_path, text) == ([], 1)


def test_a_command_may_take_lines_and_other_comments_are_passed_by():
    text = f"<!-- it's a note -->\n<!--\npython -m research.tables\n  runs 'a b'\n-->\n{TABLE}"
    [place] = documents.find(text)
    assert list(place.arguments) == ['runs', 'a b']
    assert place.line == 6


def test_the_first_differing_line_of_each_table_is_told(tmp_path: Path):
    other = TABLE.replace('1', '2').replace('| a', '| b')
    faults, count = check(tmp_path, f'{COMMENT}\n{TABLE}\n\n{COMMENT}\n{other}\n')
    assert count == 2
    assert faults == [
        f'{tmp_path}/page.md:7: the runs give\n  | a |\nthe document has\n  | b |',
    ]


def test_a_table_that_ends_too_soon_differs(tmp_path: Path):
    [fault], _ = check(tmp_path, f'{COMMENT}\n{TABLE}', f'{TABLE}\n| 3 |')
    assert fault.endswith(':5: the runs give\n  | 3 |\nthe document has\n  ')


@pytest.mark.parametrize(
    ('command', 'told'),
    [('absent', "unknown run, folder, experiment or grid 'absent'"), ('--metric=x', '--metric=x')],
)
def test_a_table_that_cannot_be_made_is_told_with_its_line(tmp_path: Path, command, told):
    document = tmp_path / 'page.md'
    document.write_text(f'\n<!-- python -m research.tables {command} -->\n{TABLE}\n')
    [fault], _ = documents.check(document, tables.build)
    assert fault.startswith(f'{document}:3: the table cannot be made: ')
    assert told in fault


def test_a_document_without_tables_to_check_is_refused(tmp_path: Path):
    with pytest.raises(UserError, match='has no table to check'):
        check(tmp_path, f'{TABLE}\n')


NOTES = 'corpus: 3 items in 2 groups, trained on cpu. In brackets: 95%\nintervals.'


def test_tables_are_put_in_place_and_all_else_stays(tmp_path: Path):
    page = tmp_path / 'page.md'
    page.write_text(
        f'# Title\n\n{COMMENT}\n\n| old |\n| --- |\n| 7 |\n| 8 |\n\n{NOTES}\n\nMine.\n\n'
        f'{COMMENT}\n| old |\n\nMine too.\n\n{COMMENT}\n\nAnd mine.\n'
    )
    new = f'{TABLE}\n\n{NOTES}'.replace('3 items', '4 items')
    assert documents.rewrite(page, lambda arguments: (new, [])) == 3
    assert page.read_text() == (
        f'# Title\n\n{COMMENT}\n\n{new}\n\nMine.\n\n'
        f'{COMMENT}\n{new}\n\nMine too.\n\n{COMMENT}\n\n{new}\n\nAnd mine.\n'
    )
    assert documents.check(page, lambda arguments: (new, [])) == ([], 3)
    assert documents.rewrite(page, lambda arguments: (new, [])) == 3
    assert documents.check(page, lambda arguments: (new, [])) == ([], 3)


def test_a_table_that_cannot_be_made_leaves_the_document_as_it_is(tmp_path: Path, capsys):
    page = tmp_path / 'page.md'
    text = f'{COMMENT}\n{TABLE}\n'
    page.write_text(text)
    assert tables.main(['tables', f'--rewrite={page}']) == 2
    assert f'error: {page}:2: the table cannot be made' in capsys.readouterr().err
    assert page.read_text() == text


def seen() -> Iterator[tuple[str, str, str, str]]:
    """Experiment, score, what it came to and corpus, of each card that says."""
    for name, (_, card) in experiments.cards().items():
        for found in re.finditer(r'^Seen: (\w+) (.+\]) on (\w+), ', card, flags=re.MULTILINE):
            yield name, found[1], found[2], found[3]


@pytest.mark.parametrize(('name', 'score', 'came', 'corpus'), [*seen()])
def test_a_card_says_what_the_runs_that_are_kept_came_to(name, score, came, corpus):
    kept = [str(path) for path in (ROOT / 'docs' / 'runs').glob(f'*/{name}/{corpus}-*.run.json')]
    text, _ = tables.build([*kept, '--rows=name', f'--metric={score}'])
    assert f'| {name} | **{came.replace(" ", "** ", 1)} |' in text


def test_cards_tell_what_was_seen():
    assert len({name for name, *_ in seen()}) >= 19


@pytest.mark.parametrize('name', ['README.md', 'docs/benchmarks.md', 'docs/results.md'])
def test_the_tables_of_a_document_are_those_of_the_runs_that_are_kept(monkeypatch, name):
    monkeypatch.chdir(ROOT)
    faults, count = documents.check(ROOT / name, tables.build)
    assert faults == []
    assert count >= 2
