// Filters of a report; page.js before it sorts the tables, axes.js draws curves anew.
const parts = Array.from(document.querySelectorAll('[data-comparison]'));
const marked = Array.from(document.querySelectorAll('[data-row]'));
const boxes = (kind) => Array.from(document.querySelectorAll(`input.${kind}`));
const sections = Array.from(document.querySelectorAll('[data-most]'), (section) => ({
  section,
  marked: Array.from(section.querySelectorAll('[data-row]')),
  ranking: section.closest('[data-ranking]').dataset.ranking.split(' '),
}));
const stacks = Array.from(document.querySelectorAll('g[data-line]'));
const find = document.getElementById('find');

function filter() {
  const chosen = {};
  for (const kind of ['comparison', 'row']) {
    chosen[kind] = new Set(boxes(kind).filter((box) => box.checked).map((box) => box.value));
  }
  for (const part of parts) {
    part.classList.toggle('off', !chosen.comparison.has(part.dataset.comparison));
  }
  for (const each of marked) each.classList.toggle('off', !chosen.row.has(each.dataset.row));
  for (const each of sections) limit(each, chosen.row);
  for (const each of stacks) closeUp(each);
  for (const each of frames) redraw(each);
  const told = (kind, what) => `${chosen[kind].size} of ${boxes(kind).length} ${what}`;
  document.getElementById('count').textContent =
    `Shown: ${told('comparison', 'comparisons')}, ${told('row', 'models')}`;
}

// Of the models that the filters leave a section shows the best, as many as it has room for.
function limit({ section, marked, ranking }, chosen) {
  const here = new Set(marked.map((each) => each.dataset.row));
  const left = ranking.filter((row) => here.has(row) && chosen.has(row));
  const shown = new Set(left.slice(0, Number(section.dataset.most)));
  for (const each of marked) each.classList.toggle('off', !shown.has(each.dataset.row));
  let told = '';
  if (shown.size < left.length) {
    told = `Best ${shown.size} of ${left.length} models shown: filters bring in the others.`;
  } else if (here.size && !left.length) {
    told = 'None of the models that the filters leave is here.';
  }
  section.querySelector('.shown').textContent = told;
}

// Intervals one below the other, without the gaps of those that are left out.
function closeUp(stack) {
  const [head, line] = [Number(stack.dataset.head), Number(stack.dataset.line)];
  const left = Array.from(stack.children).filter((each) => !each.classList.contains('off'));
  left.forEach((each, place) => {
    each.setAttribute('transform', `translate(0 ${head + line * place})`);
  });
  stack.ownerSVGElement.setAttribute('viewBox', `0 0 360 ${head + line * left.length}`);
}

// Buttons act on what the search leaves, so that a word and a press choose some of many.
function found(kind) {
  return boxes(kind).filter((box) => !box.closest('li').classList.contains('off'));
}

for (const box of [...boxes('comparison'), ...boxes('row')]) {
  box.addEventListener('change', filter);
}
for (const button of document.querySelectorAll('button[data-all]')) {
  button.addEventListener('click', () => {
    for (const box of found(button.dataset.all)) box.checked = button.value === '1';
    filter();
  });
}
find.addEventListener('input', () => {
  const wanted = find.value.trim().toLowerCase();
  for (const box of boxes('row')) {
    const item = box.closest('li');
    item.classList.toggle('off', !item.textContent.toLowerCase().includes(wanted));
  }
});
for (const choice of document.querySelectorAll('select.metric')) {
  choice.addEventListener('change', () => {
    const section = choice.closest('section');
    for (const table of section.querySelectorAll('.score')) {
      table.hidden = table.dataset.metric !== choice.value;
    }
  });
}
filter();
