/**
 * Inserts pictures and draws charts when the reader scrolls near them, and opens what an address
 * names. Reloads the page of a running run, keeping open what the reader opened, until the page is
 * no longer written. Everything can be read without this script.
 */
{
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

  /** Shows the picture of a chart that cannot be drawn. */
  const keepPicture = (figure, error) => {
    figure.dataset.chart = 'picture';
    figure.querySelector('.live').remove();
    reveal(figure.querySelector('.later'));
    console.warn(String(error));
  };

  const specOf = (figure) => {
    // vega-embed would take a `concat` that names no schema for Vega, and draw nothing.
    const $schema = 'https://vega.github.io/schema/vega-lite/v6.json';
    const spec = { $schema, ...JSON.parse(figure.querySelector('script.spec').textContent) };
    delete spec.usermeta; // what a stage wrote there would replace the options
    return spec;
  };

  const chartOptions = () => ({
    renderer: 'svg',
    actions: { export: true, source: true, compiled: false, editor: !isServed },
    ast: isServed, // its policy allows no eval
    config: { mark: { tooltip: true } },
    tooltip: { theme: matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light' },
  });

  const draw = async (figure) => {
    const chart = figure.querySelector('.live');
    if (!figure.querySelector('script.spec') || !chart || figure.dataset.chart) return;
    figure.dataset.chart = 'drawing';
    try {
      const { view } = await vegaEmbed(chart, specOf(figure), chartOptions());
      const drawn = chart.querySelector('svg');
      drawn.setAttribute('aria-label', figure.getAttribute('aria-label'));
      chart.querySelector('summary')?.setAttribute('aria-label', 'Save this chart');
      figure.querySelector('.later').remove();
      chart.hidden = false;
      figure.dataset.chart = 'drawn';
      figure.view = view;
    } catch (error) {
      keepPicture(figure, error);
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

  const openTarget = () => {
    let target = null;
    try {
      target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    } catch {}
    for (let around = target; around; around = around.parentElement)
      if (around.tagName === 'DETAILS') around.open = true;
    if (target) target.scrollIntoView();
  };

  /** Inserts every picture before the page is printed. What is folded stays off the paper. */
  const watchPrinting = () => {
    addEventListener('beforeprint', () => {
      for (const slot of document.querySelectorAll('.later')) reveal(slot);
    });
  };

  const key = `restage:${location.pathname}`;

  const restoreView = () => {
    try {
      const kept = JSON.parse(sessionStorage.getItem(key) || 'null');
      if (!kept) return;
      for (const id of kept.open) {
        const details = document.getElementById(id);
        if (details) details.open = true;
      }
      scrollTo(0, kept.y);
    } catch {}
  };

  const keepView = () => {
    try {
      const open = [...document.querySelectorAll('details[id][open]')].map(({ id }) => id);
      sessionStorage.setItem(key, JSON.stringify({ open, y: scrollY }));
    } catch {}
  };

  /** Reloads the page, not while the reader selects text or looks elsewhere. */
  const reload = () => {
    if (Date.now() - Number(root.dataset.written) > 15 * 60000) {
      document.getElementById('stalled').hidden = false;
      return;
    }
    const selected = String(getSelection() || '') !== '';
    if (document.hidden || selected) {
      setTimeout(reload, 3000);
      return;
    }
    keepView();
    location.reload();
  };

  watch(document);
  addEventListener('renewed', ({ target }) => watch(target));
  addEventListener('hashchange', openTarget);
  openTarget();
  watchPrinting();
  if (root.dataset.state === 'running') {
    restoreView();
    setTimeout(reload, 4000);
  }
}
