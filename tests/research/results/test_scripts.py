"""The scripts of pages, run by a browser on pages as runs write them, under their own policy."""

from data_prep.pages.document import document
from research.results import alignments


def test_what_goes_wrong_in_a_page_is_told_by_the_console(driven):
    broken = document('x', '', ['a'], script="document.getElementById('absent').hidden = true;")
    found, console = driven(broken, 'return { text: page.body.textContent.slice(0, 1) };')
    assert found == {'text': 'a'}
    [line] = console
    assert 'TypeError' in line
    other = document('x', '', ['a'], script='1;').replace('1;', '2;')
    _, [line] = driven(other, 'return {};')
    assert 'Content Security Policy' in line


def test_the_utterances_of_the_chosen_speaker_are_shown(driven):
    said = [('one', 'ann'), ('two', 'ben <b>'), ('three', 'ann')]
    rows = [
        dict.fromkeys(('reference', 'greedy', 'with_lm'), 'A B')
        | {'item': item, 'speaker': speaker, 'words': '2', 'edits': '0', 'edits_with_lm': '0'}
        for item, speaker in said
    ]
    found, console = driven(
        alignments.page('x', rows),
        """
        const choice = page.getElementById('speaker');
        const seen = {};
        for (const speaker of ['ann', 'ben <b>', '']) {
          choice.value = speaker;
          choice.dispatchEvent(new Event('change'));
          const shown = all('article').filter((each) => each.checkVisibility());
          seen[speaker] = [
            shown.map((each) => each.querySelector('h3').textContent),
            page.getElementById('count').textContent,
          ];
        }
        return seen;
        """,
    )
    assert console == []
    assert found == {
        'ann': [['one', 'three'], '2 shown'],
        'ben <b>': [['two'], '1 shown'],
        '': [['one', 'three', 'two'], '3 shown'],
    }


def test_the_lines_of_an_utterance_begin_below_one_another(driven):
    words = ' '.join(['ELEPHANTS', 'WALK'] * 30)
    own = dict.fromkeys(('reference', 'greedy'), words) | {'with_lm': 'ELEPHANTS'}
    counts = {'words': '60', 'edits': '0', 'edits_with_lm': '59'}
    found, _ = driven(
        alignments.page('x', [own | counts | {'item': 'one', 'speaker': 'ann'}]),
        """
        return all('.aligned').map((each) => {
          const [side, ...rest] = Array.from(each.children, (x) => x.getBoundingClientRect());
          const firsts = rest.filter((x, place) => !place || x.top > rest[place - 1].top);
          return { side: side.right, starts: firsts.map((x) => x.left) };
        });
        """,
    )
    assert len(found) == 2
    for each in found:
        assert len(each['starts']) > 2
        assert set(each['starts']) == {each['starts'][0]}
        assert each['side'] < each['starts'][0]


def test_each_line_of_an_utterance_is_told_by_what_stands_beside_it(driven):
    words = ' '.join(['ELEPHANTS', 'WALK'] * 30)
    own = dict.fromkeys(('reference', 'greedy'), words) | {'with_lm': 'ELEPHANTS'}
    counts = {'words': '60', 'edits': '0', 'edits_with_lm': '59'}
    rows = [own | counts | {'item': speaker, 'speaker': speaker} for speaker in ('ann', 'ben')]
    found, console = driven(
        alignments.page('x', rows),
        """
        const choice = page.getElementById('speaker');
        const choose = (speaker) => {
          choice.value = speaker;
          choice.dispatchEvent(new Event('change'));
        };
        const look = () => all('.aligned').filter((each) => each.checkVisibility()).map((each) => {
          const [side, ...rest] = Array.from(each.children);
          const top = (x) => x.getBoundingClientRect().top;
          const wanted = rest.filter((x, place) => place && top(x) > top(rest[place - 1]));
          const own = rest.filter((x) => getComputedStyle(x, '::before').content !== 'none');
          return {
            lines: wanted.length,
            right: wanted.length === own.length && wanted.every((x, i) => x === own[i]),
            told: own.map((x) => x.dataset.side),
          };
        });
        const settled = async () => {  // a browser draws when it has time
          for (let turn = 0; turn < 40 && !look().every((each) => each.right); turn += 1) {
            await soon();
          }
          return look();
        };
        const wide = await settled();
        choose('ann');
        frame.width = 500;
        const ann = await settled();
        choose('ben');
        return { wide, ann, ben: look() };
        """,
    )
    assert console == []
    assert [len(each) for each in found.values()] == [4, 2, 2]
    for each in found.values():
        for place, block in enumerate(each):
            title = ('greedy', 'with LM')[place % 2]
            assert block['right']
            assert block['told'] == [f'said\n{title}'] * block['lines']
    assert found['ben'] == found['ann']
    assert found['ann'][0]['lines'] > found['wide'][0]['lines'] > 1
