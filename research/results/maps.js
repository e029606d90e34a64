'use strict';
const map = document.getElementById('map');
const told = document.getElementById('told');
const points = Array.from(map.querySelectorAll('.point'));
const boxes = Array.from(document.querySelectorAll('input.class'));
const onlyWrong = document.getElementById('wrong');
const sound = new Audio();
const REACH_PX = 28;
let chosen = null;
let heard = null;
let reached = null;

const shown = () => points.filter((point) => !point.classList.contains('off'));

function centre(point) {
  const box = point.querySelector('path').getBoundingClientRect();
  return [box.x + box.width / 2, box.y + box.height / 2];
}

function line(kind, text) {
  const element = document.createElement(kind);
  element.textContent = text;
  return element;
}

// Tab reaches one point of all; the arrow keys lead on from there.
function reach(point) {
  if (reached) reached.tabIndex = -1;
  reached = point;
  if (point) point.tabIndex = 0;
}

function choose(point) {
  if (chosen === point) return;
  if (chosen) chosen.classList.remove('chosen');
  chosen = point;
  point.classList.add('chosen');
  reach(point);
  const { item, label, told: said } = point.dataset;
  told.replaceChildren(line('strong', item), line('p', label), line('p', said));
}

function stop() {
  sound.pause();
  if (heard) heard.classList.remove('heard');
  heard = null;
}

function play(point) {
  const again = heard === point;
  stop();
  if (again || !point.dataset.sound) return;
  heard = point;
  point.classList.add('heard');
  sound.src = point.dataset.sound;
  // What `stop` broke off is none of the sound that is heard now.
  sound.play().catch((error) => error.name === 'AbortError' || stop());
}

function nearest(event) {
  let best = null;
  let least = REACH_PX;
  for (const point of shown()) {
    const [x, y] = centre(point);
    const distance = Math.hypot(x - event.clientX, y - event.clientY);
    if (distance < least) [best, least] = [point, distance];
  }
  return best;
}

function beside(point, dx, dy) {
  const [x, y] = centre(point);
  let best = null;
  let least = Infinity;
  for (const other of shown()) {
    const [u, v] = centre(other);
    const along = (u - x) * dx + (v - y) * dy;
    const across = Math.abs((u - x) * dy) + Math.abs((v - y) * dx);
    if (other === point || along <= 0 || across > 2 * along) continue;
    if (along + across < least) [best, least] = [other, along + across];
  }
  return best;
}

function filter() {
  const classes = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
  for (const point of points) {
    const wanted = !onlyWrong.checked || point.classList.contains('wrong');
    point.classList.toggle('off', !wanted || !classes.has(point.dataset.target));
  }
  if (heard && heard.classList.contains('off')) stop();
  const left = shown();
  if (!reached || reached.classList.contains('off')) reach(left[0] || null);
  document.getElementById('count').textContent = `${left.length} of ${points.length} shown`;
}

const ARROWS = {
  ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1],
};
map.addEventListener('pointermove', (event) => {
  const point = nearest(event);
  if (point) choose(point);
});
map.addEventListener('click', (event) => {
  const point = nearest(event);
  if (!point) return;
  choose(point);
  point.focus({ preventScroll: true });
  play(point);
});
map.addEventListener('focusin', (event) => {
  const point = event.target.closest('.point');
  if (point) choose(point);
});
map.addEventListener('keydown', (event) => {
  const point = event.target.closest('.point');
  if (!point) return;
  if (event.key === 'Enter' || event.key === ' ') {
    play(point);
  } else if (event.key === 'Escape') {
    stop();
  } else if (event.key in ARROWS) {
    const next = beside(point, ...ARROWS[event.key]);
    if (next) next.focus();
  } else {
    return;
  }
  event.preventDefault();
});
sound.addEventListener('ended', stop);
for (const box of [...boxes, onlyWrong]) box.addEventListener('change', filter);
for (const [id, on] of [['all', true], ['none', false]]) {
  document.getElementById(id).addEventListener('click', () => {
    for (const box of boxes) box.checked = on;
    filter();
  });
}
filter();
