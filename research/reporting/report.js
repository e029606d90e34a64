// Filters of a report; page.js before it sorts the tables.
const parts = Array.from(document.querySelectorAll('[data-comparison]'));
const marked = Array.from(document.querySelectorAll('[data-row]'));
const boxes = (kind) => Array.from(document.querySelectorAll(`input.${kind}`));
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
  const told = (kind, what) => `${chosen[kind].size} of ${boxes(kind).length} ${what}`;
  document.getElementById('count').textContent =
    `Shown: ${told('comparison', 'comparisons')}, ${told('row', 'models')}`;
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
