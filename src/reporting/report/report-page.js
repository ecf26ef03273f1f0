/**
 * Inserts pictures and draws charts when the reader scrolls near them, and opens what an address
 * names. Reloads the page of a running run, keeping open what the reader opened, until the page is
 * no longer written. Everything can be read without this script.
 */
(() => {
  const root = document.documentElement;
  const isServed = 'served' in root.dataset;
  // Where scripts run, the content of noscript is text, which costs nothing until it is inserted.
  const reveal = (slot) => {
    const pictures = slot.querySelector('noscript');
    if (!pictures) return;
    slot.insertAdjacentHTML('beforeend', pictures.textContent);
    pictures.remove();
    slot.classList.add('shown');
  };
  const draw = (figure) => {
    const data = figure.querySelector('script.spec');
    const chart = figure.querySelector('.live');
    if (!data || !chart || figure.dataset.chart) return;
    figure.dataset.chart = 'drawing';
    const keepPicture = (error) => {
      figure.dataset.chart = 'picture';
      chart.remove();
      reveal(figure.querySelector('.later'));
      console.warn(String(error));
    };
    try {
      const options = {
        renderer: 'svg',
        actions: { export: true, source: true, compiled: false, editor: !isServed },
        ast: isServed, // its policy allows no eval
        config: { mark: { tooltip: true } },
        tooltip: { theme: matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light' },
      };
      // vega-embed would take a `concat` that names no schema for Vega, and draw nothing.
      const $schema = 'https://vega.github.io/schema/vega-lite/v6.json';
      const spec = { $schema, ...JSON.parse(data.textContent) };
      delete spec.usermeta; // what a stage wrote there would replace these options
      vegaEmbed(chart, spec, options)
        .then(({ view }) => {
          const drawn = chart.querySelector('svg');
          drawn.setAttribute('aria-label', figure.getAttribute('aria-label'));
          chart.querySelector('summary')?.setAttribute('aria-label', 'Save this chart');
          figure.querySelector('.later').remove();
          chart.hidden = false;
          figure.dataset.chart = 'drawn';
          figure.view = view;
        })
        .catch(keepPicture);
    } catch (error) {
      keepPicture(error);
    }
  };
  const show = (slot) => {
    const figure = slot.closest('figure.chart');
    const draws = figure?.querySelector('script.spec') && typeof vegaEmbed !== 'undefined';
    // Drawing takes a while: until then there is the picture, if the chart has one.
    if (!draws || slot.querySelector('noscript')?.textContent.includes('<img')) reveal(slot);
    if (draws) draw(figure);
  };
  const near = new IntersectionObserver(
    (entries) => {
      for (const entry of entries)
        if (entry.isIntersecting) {
          near.unobserve(entry.target);
          show(entry.target);
        }
    },
    { rootMargin: '300px' },
  );
  const watch = (within) => {
    for (const slot of within.querySelectorAll('.later')) near.observe(slot);
  };
  watch(document);
  addEventListener('renewed', ({ target }) => watch(target));
  addEventListener('hashchange', openTarget);
  openTarget();
  function openTarget() {
    let target = null;
    try {
      target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    } catch {}
    for (let around = target; around; around = around.parentElement)
      if (around.tagName === 'DETAILS') around.open = true;
    if (target) target.scrollIntoView();
  }
  let opened = null;
  addEventListener('beforeprint', () => {
    opened = [...document.querySelectorAll('details.stage:not([open])')];
    for (const stage of opened) stage.open = true;
    for (const slot of document.querySelectorAll('.later')) reveal(slot);
  });
  addEventListener('afterprint', () => {
    for (const one of opened || []) one.open = false;
  });

  if (root.dataset.state !== 'running') return;
  const key = `restage:${location.pathname}`;
  try {
    const kept = JSON.parse(sessionStorage.getItem(key) || 'null');
    if (kept) {
      for (const id of kept.open) {
        const one = document.getElementById(id);
        if (one) one.open = true;
      }
      scrollTo(0, kept.y);
    }
  } catch {}
  const again = () => {
    if (Date.now() - Number(root.dataset.written) > 15 * 60000) {
      document.getElementById('stalled').hidden = false;
      return;
    }
    const selected = String(getSelection() || '') !== '';
    if (document.hidden || selected) {
      setTimeout(again, 3000);
      return;
    }
    try {
      const open = [...document.querySelectorAll('details[id][open]')].map((one) => one.id);
      sessionStorage.setItem(key, JSON.stringify({ open, y: scrollY }));
    } catch {}
    location.reload();
  };
  setTimeout(again, 4000);
})();
