// Axes of learning curves, drawn anew for the models that the filters leave. Ticks, scales and
// places are those of figures.py and of data_prep/pages/charts.py, which draw them for all models.
const PLACE = { left: 58, right: 337, top: 8, bottom: 152 };
const SPIKE = 20; // times the median, past which a scale is logarithmic
const LEAST = 1e-12; // of a logarithmic scale
const frames = Array.from(document.querySelectorAll('g[data-ends]'), (frame) => {
  const [left, right, low, high] = frame.dataset.ends.split(' ').map(Number);
  const log = frame.dataset.scale === 'log';
  const across = scale([left, right], PLACE.left, PLACE.right, false);
  const up = scale([low, high], PLACE.bottom, PLACE.top, log);
  const lines = Array.from(frame.ownerSVGElement.querySelectorAll('g[data-row]'));
  return { frame, across, up, lines, left: lines.map(() => true).join(), shapes: null };
});

function scale(ticks, start, end, log) {
  const at = log ? (value) => Math.log10(Math.max(value, LEAST)) : (value) => value;
  const [first, last] = [at(ticks[0]), at(ticks[ticks.length - 1])];
  const place = (value) => start + ((at(value) - first) / (last - first)) * (end - start);
  const share = (spot) => first + ((spot - start) / (end - start)) * (last - first);
  return { ticks, place, value: (spot) => (log ? 10 ** share(spot) : share(spot)) };
}

function steps(low, high) {
  const least = Math.max((high - low) / 5, Math.abs(high) * 1e-3, 1e-6);
  const power = 10 ** Math.floor(Math.log10(least));
  const step = [1, 2, 5, 10].map((base) => base * power).find((each) => each >= least * (1 - 1e-9));
  const first = Math.floor(low / step + 1e-9);
  const last = Math.max(Math.ceil(high / step - 1e-9), first + 1);
  const ticks = Array.from({ length: last - first + 1 }, (_, k) => (first + k) * step);
  return ticks.map((tick) => Number(tick.toFixed(9)));
}

function factors(low, high) {
  const first = Math.floor(Math.log10(Math.max(low, LEAST)));
  const last = Math.max(Math.ceil(Math.log10(Math.max(high, LEAST))), first + 1);
  return Array.from({ length: last - first + 1 }, (_, k) => Number(`1e${first + k}`));
}

// What a line is drawn of, as numbers: its mean or its one dot, and its band.
function shapes({ lines, across, up }) {
  return lines.map((line) => Array.from(line.querySelectorAll('path, circle'), (drawn) => {
    const dot = drawn.tagName === 'circle';
    const told = dot ? ['cx', 'cy'] : ['d'];
    const text = told.map((name) => drawn.getAttribute(name)).join(' ');
    const places = text.match(/-?\d+(\.\d+)?/g).map(Number);
    const x = places.filter((_, i) => i % 2 === 0).map(across.value);
    const y = places.filter((_, i) => i % 2).map(up.value);
    return { drawn, dot, band: drawn.classList.contains('band'), x, y };
  }));
}

function redraw(each) {
  const left = each.lines.map((line) => !line.classList.contains('off'));
  if (each.left === left.join() || !left.includes(true)) return;
  each.left = left.join();
  each.shapes ??= shapes(each);
  const found = each.shapes.filter((_, i) => left[i]).flat();
  const means = found.filter(({ band }) => !band).flatMap(({ y }) => y).sort((a, b) => a - b);
  const middle = (means[(means.length - 1) >> 1] + means[means.length >> 1]) / 2;
  // The ends as they were, not as they were drawn: ticks hang on their last digits.
  const shown = each.lines.filter((_, i) => left[i]);
  const spans = shown.map((line) => line.dataset.span.split(' ').map(Number));
  const longest = Math.max(...spans.map((span) => span[0]));
  let low = Math.min(...spans.map((span) => span[1]));
  let high = Math.max(...spans.map((span) => span[2]));
  const share = each.frame.dataset.scale === 'share';
  if (share) [low, high] = [0, Math.max(1, high)];
  const log = !share && low > 0 && high > SPIKE * middle;
  const across = scale(steps(0, longest), PLACE.left, PLACE.right, false);
  const up = scale((log ? factors : steps)(low, high), PLACE.bottom, PLACE.top, log);
  for (const { drawn, dot, band, x, y } of found) {
    const places = x.map((_, i) => [across.place(x[i]).toFixed(2), up.place(y[i]).toFixed(2)]);
    if (dot) {
      drawn.setAttribute('cx', places[0][0]);
      drawn.setAttribute('cy', places[0][1]);
    } else {
      const path = places.map((pair) => pair.join(' ')).join('L');
      drawn.setAttribute('d', `M${path}${band ? 'Z' : ''}`);
    }
  }
  mark(each.frame, across, up, share, log);
}

function told(tick) {
  if ((Math.abs(tick) > 0 && Math.abs(tick) < 1e-4) || Math.abs(tick) >= 1e10) {
    return Number(tick.toExponential(5)).toExponential().replace('e+', 'e');
  }
  return tick.toLocaleString('en-US', { maximumFractionDigits: 6 });
}

function mark(frame, across, up, share, log) {
  const ticks = frame.querySelector('.ticks');
  const add = (name, attributes, text = '') => {
    const made = document.createElementNS('http://www.w3.org/2000/svg', name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.textContent = text;
    ticks.append(made);
  };
  ticks.replaceChildren();
  for (const tick of up.ticks) {
    const y = up.place(tick);
    const text = share ? `${told(Number((100 * tick).toFixed(6)))}%` : told(tick);
    add('path', { d: `M${PLACE.left - 4} ${y.toFixed(1)}H${PLACE.right}`, class: 'grid' });
    add('text', { x: PLACE.left - 7, y: (y + 3.5).toFixed(1), class: 'end' }, text);
  }
  for (const tick of across.ticks) {
    const x = across.place(tick).toFixed(1);
    add('path', { d: `M${x} ${PLACE.bottom}v4`, class: 'grid' });
    add('text', { x, y: PLACE.bottom + 16, class: 'middle' }, told(tick));
  }
  frame.querySelector('.what').textContent = frame.dataset.what + (log ? ', log' : '');
}
