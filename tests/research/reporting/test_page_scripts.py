"""The page in a browser: every plot is drawn, nothing fails, filters do what they say."""

import pytest

from research import report
from tests.research.browser import SEEN


@pytest.fixture(scope='module')
def written(tmp_path_factory, classifier, detector, counter, writer) -> str:
    """A page of four tasks, three classifiers on two protocols, two seeds each."""
    runs = tmp_path_factory.mktemp('runs')
    for seed in (0, 1):
        classifier(runs, 'cnn', seed, wrong=(0, 1, 2))
        classifier(runs, 'lstm', seed, wrong=tuple(range(12)))
        classifier(runs, 'cnn', seed, wrong=(), protocol='leaky_slices')
        detector(runs, seed=seed)
        counter(runs, seed=seed)
        writer(runs, seed=seed)
    out = runs / 'report.html'
    command = ['report', f'--runs_dir={runs}', f'--out={out}', f'--data_dir={runs}/data']
    assert report.main(command) == 0
    return out.read_text(encoding='utf-8')


def test_every_plot_is_drawn_and_nothing_fails(driven, written):
    found, console = driven(
        written,
        SEEN
        + """
        const plots = all('svg[role=img]');
        for (const each of all('section')) each.style.contentVisibility = 'visible';
        const empty = plots.filter((plot) => {
          const marks = Array.from(plot.querySelectorAll('path, rect, circle, use'));
          const size = plot.getBoundingClientRect();
          return size.width < 100 || size.height < 60 ||
            !marks.some((each) => each.getBoundingClientRect().width > 0);
        });
        const outside = plots.filter((plot) => {
          const frame = plot.getBoundingClientRect();
          return Array.from(plot.querySelectorAll('.line, .dot, .whisker')).some((each) => {
            const own = each.getBoundingClientRect();
            return own.left < frame.left - 2 || own.right > frame.right + 2;
          });
        });
        const sections = {};
        for (const part of all('[data-comparison]')) {
          sections[part.querySelector('h2').firstChild.textContent] =
            Array.from(part.querySelectorAll('h3'), (each) => each.textContent);
        }
        return {
          plots: plots.length,
          named: plots.filter((each) => each.getAttribute('aria-label')).length,
          empty: empty.map((each) => each.getAttribute('aria-label')),
          outside: outside.map((each) => each.getAttribute('aria-label')),
          wide: page.documentElement.scrollWidth - page.documentElement.clientWidth,
          sections,
        };
        """,
    )
    assert console == []
    assert found['empty'] == []
    assert found['outside'] == []
    assert found['named'] == found['plots'] > 20
    assert found['wide'] == 0
    ends = ['Hardest items', 'Time and memory', 'Provenance']
    starts = ['Scores', 'Learning curves']
    seen = ['Confusion matrices', 'Scores by class', 'Calibration', 'Hardest items', 't-SNE maps']
    assert found['sections'] == {
        'phrases, folds': [*starts, 'Most frequent errors', *ends],
        'gtzan, artist_folds': ['Scores', 'Differences', 'Learning curves', *seen, *ends[1:]],
        'gtzan, leaky_slices': [*starts, *seen, *ends[1:]],
        'calls, folds': [
            *starts,
            'Precision and recall',
            'Calls in long recordings',
            'Calibration',
            *ends,
        ],
        'rhythms, folds': [*starts, 'Truth and prediction', *ends],
    }


def test_models_and_comparisons_are_left_out_as_they_are_chosen(driven, written):
    found, console = driven(
        written,
        SEEN
        + """
        for (const each of all('section')) each.style.contentVisibility = 'visible';
        const told = {};
        const rows = () => new Set(seen('[data-row]').map((each) => each.dataset.row)).size;
        const look = (name) => {
          told[name] = [titles(), rows(), page.getElementById('count').textContent];
        };
        look('all');
        press(box('comparison', 'artist_folds'));
        look('without artist_folds');
        press(page.querySelector('button[data-all=comparison][value=""]'));
        press(box('comparison', 'artist_folds'));
        look('artist_folds');
        press(box('row', 'cnn'));
        look('without cnn');
        told.lines = seen('g[data-row] .line').length;
        const find = page.getElementById('find');
        find.value = 'CN';
        find.dispatchEvent(new Event('input'));
        told.found = seen('input.row').map((each) => each.closest('label').textContent);
        press(page.querySelector('button[data-all=row][value="1"]'));
        look('again');
        return told;
        """,
    )
    assert console == []
    own = ['phrases, folds', 'gtzan, artist_folds', 'gtzan, leaky_slices', 'calls, folds']
    every = [*own, 'rhythms, folds']
    artists = [own[1]]
    assert found['all'] == [every, 5, 'Shown: 5 of 5 comparisons, 5 of 5 models']
    without = [title for title in every if title != own[1]]
    assert found['without artist_folds'][0] == without
    # The models' boxes are not filtered by the comparisons'; the leak's table shows cnn.
    assert found['artist_folds'] == [artists, 2, 'Shown: 1 of 5 comparisons, 5 of 5 models']
    assert found['without cnn'] == [artists, 1, 'Shown: 1 of 5 comparisons, 4 of 5 models']
    assert found['lines'] == 4
    assert found['found'] == ['cnn']
    assert found['again'] == found['artist_folds']


def test_tables_are_sorted_and_scores_chosen_from_the_keyboard(driven, written):
    found, console = driven(
        written,
        SEEN
        + """
        for (const each of all('section')) each.style.contentVisibility = 'visible';
        const part = all('[data-comparison]').find(
          (each) => each.textContent.startsWith('gtzan, artist_folds'));
        const shown = () => Array.from(part.querySelectorAll('.score')).find(
          (each) => each.checkVisibility());
        const names = () => Array.from(
          shown().querySelectorAll('tbody tr'), (each) => each.cells[0].textContent);
        const told = { first: [shown().dataset.metric, names()] };
        const title = shown().querySelectorAll('thead button')[1];
        title.focus();
        told.reached = page.activeElement === title;
        title.click();
        told.best = names();
        title.click();
        told.worst = names();
        const choice = part.querySelector('select.metric');
        choice.value = 'slice_accuracy';
        choice.dispatchEvent(new Event('change'));
        told.other = shown().dataset.metric;
        told.reach = all('.scroll').filter((each) => each.tabIndex !== 0).length;
        return told;
        """,
    )
    assert console == []
    assert found == {
        'first': ['item_accuracy', ['cnn', 'lstm']],
        'reached': True,
        'best': ['cnn', 'lstm'],
        'worst': ['lstm', 'cnn'],
        'other': 'slice_accuracy',
        'reach': 0,
    }


def test_no_line_of_an_axis_strikes_through_the_words_of_an_interval(driven, written):
    found, console = driven(
        written,
        SEEN
        + """
        for (const each of all('section')) each.style.contentVisibility = 'visible';
        const plot = all('svg').find((each) => each.querySelector('.whisker'));
        plot.scrollIntoView();
        const lines = Array.from(plot.querySelectorAll('path.grid, path.zero'));
        const words = Array.from(plot.querySelectorAll('text.told, text.told + text.end'));
        const struck = [];
        const seen_ = [];
        for (const line of lines) {
          const x = line.getBoundingClientRect().left;
          for (const each of words) {
            const own = each.getBoundingClientRect();
            for (let y = own.top + 2; y < own.bottom - 1; y += 1) {
              const top = page.elementFromPoint(x, y);
              if (top === line) struck.push(each.textContent);
            }
          }
          const own = line.getBoundingClientRect();
          seen_.push(Array.from({ length: 200 }, (_, i) => own.top + own.height * (i + 0.5) / 200)
            .some((y) => page.elementFromPoint(x, y) === line));
        }
        return { lines: lines.length, words: words.length, struck, seen: seen_ };
        """,
    )
    assert console == []
    assert found['lines'] > 2
    assert found['words'] >= 2
    assert found['struck'] == []
    assert all(found['seen'])
