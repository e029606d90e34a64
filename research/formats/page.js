'use strict';
// What has no order stays below, whichever way the others go.
function compare(one, other, sign) {
  if (one === undefined || other === undefined) {
    return (one === undefined) - (other === undefined);
  }
  const [x, y] = [Number(one), Number(other)];
  if (Number.isNaN(x) || Number.isNaN(y)) return sign * one.localeCompare(other, 'en');
  return sign * (x - y);
}

function sort(table, place) {
  const heads = Array.from(table.tHead.rows[0].cells);
  const head = heads[place];
  // Names begin with the first of the alphabet, numbers with the greatest.
  const first = head.classList.contains('words') ? 'ascending' : 'descending';
  const second = first === 'ascending' ? 'descending' : 'ascending';
  const way = head.getAttribute('aria-sort') === first ? second : first;
  for (const each of heads) each.removeAttribute('aria-sort');
  head.setAttribute('aria-sort', way);
  const sign = way === 'ascending' ? 1 : -1;
  const order = (row) => row.cells[place].dataset.order;
  const [body] = table.tBodies;
  const rows = Array.from(body.rows).sort((a, b) => compare(order(a), order(b), sign));
  body.append(...rows);
}

for (const table of document.querySelectorAll('table.sorted')) {
  Array.from(table.tHead.rows[0].cells).forEach((head, place) => {
    head.querySelector('button').addEventListener('click', () => sort(table, place));
  });
}
