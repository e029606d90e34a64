'use strict';
const chosen = document.getElementById('speaker');
const articles = Array.from(document.querySelectorAll('article'));
chosen.addEventListener('change', () => {
  let shown = 0;
  for (const article of articles) {
    article.hidden = chosen.value !== '' && article.dataset.speaker !== chosen.value;
    shown += article.hidden ? 0 : 1;
  }
  document.getElementById('count').textContent = `${shown} shown`;
  label();
});

// Which words begin a line hangs on the width: each gets what stands beside the first line.
const blocks = Array.from(document.querySelectorAll('.aligned'), (block) => {
  const [side, ...words] = block.children;
  return { side: Array.from(side.children, (each) => each.textContent).join('\n'), words };
});
function label() {
  // All are measured before the first is changed, or each change would lay the page out anew.
  const tops = blocks.map(({ words }) => words.map((word) => word.offsetTop));
  blocks.forEach(({ side, words }, block) => words.forEach((word, place) => {
    if (place && tops[block][place] > tops[block][place - 1]) word.dataset.side = side;
    else delete word.dataset.side;
  }));
}
new ResizeObserver(label).observe(document.getElementById('utterances'));
