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
});
