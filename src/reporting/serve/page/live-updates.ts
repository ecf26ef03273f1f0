import { ask, queryValue } from './address.ts';

/**
 * The script of every page: follows the server, says when the connection is lost, and shows
 * changes.
 */
const banner = document.getElementById('lost')!;
const retryAfter = 2000;
/** A server gives a sign of life every ten seconds. */
const patience = 25_000;

interface Renewal {
  readonly order: readonly string[];
  readonly changed: Readonly<Record<string, string>>;
}

let source: EventSource | undefined;
let lastId = '';
let heardAt = 0;

const { follows } = document.documentElement.dataset;
if (follows !== undefined) {
  open(follows);
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) close();
    else open(follows);
  });
  setInterval(() => {
    if (source !== undefined && Date.now() - heardAt > patience) lose(follows);
  }, 5000);
}

function open(address: string): void {
  close();
  heardAt = Date.now();
  const url = new URL(address, location.href);
  if (lastId !== '') url.searchParams.set('from', lastId);
  source = new EventSource(url);
  source.onopen = () => {
    banner.hidden = true;
    heardAt = Date.now();
  };
  source.onerror = () => lose(address);
  source.addEventListener('beat', () => {
    heardAt = Date.now();
  });
  source.addEventListener('runs', () => document.dispatchEvent(new Event('runs')));
  source.addEventListener('sections', ({ data, lastEventId }: MessageEvent<string>) => {
    heardAt = Date.now();
    lastId = lastEventId;
    renew(JSON.parse(data));
  });
  source.addEventListener('over', close);
}

function close(): void {
  source?.close();
  source = undefined;
}

/**
 * Says that the page may be old, and tries again until the server answers; a new server has another
 * token.
 */
function lose(address: string): void {
  close();
  tell('The connection to the server is lost: what you see may be old. Trying again …');
  setTimeout(async () => {
    if (source !== undefined || document.hidden) return;
    const answer = await fetch('/asset/live-updates.js', { cache: 'no-store' }).catch(
      () => undefined,
    );
    if (answer?.status === 403)
      tell('The server was started again: open the address that it printed.');
    else if (answer?.ok) open(address);
    else lose(address);
  }, retryAfter);
}

function tell(message: string): void {
  banner.textContent = message;
  banner.hidden = false;
}

/**
 * Replaces the sections that changed; what was open, scrolled or focused in them stays so.
 */
function renew({ order, changed }: Renewal): void {
  const container = document.getElementById('sections')!;
  const focused = document.activeElement?.id;
  for (const [id, markup] of Object.entries(changed)) {
    const before = document.getElementById(id);
    const open = [...(before?.querySelectorAll('details[open][id]') ?? [])].map(
      (details) => details.id,
    );
    const scrolled = [...(before?.querySelectorAll('.scroll, pre') ?? [])].map(
      (box) => box.scrollTop,
    );
    container.insertAdjacentHTML('beforeend', markup);
    const now = container.lastElementChild!;
    if (before !== null) keepCharts(before, now);
    before?.replaceWith(now);
    for (const id of open) document.getElementById(id)?.setAttribute('open', '');
    for (const [index, box] of [...now.querySelectorAll('.scroll, pre')].entries())
      box.scrollTop = scrolled[index] ?? 0;
    now.dispatchEvent(new Event('renewed', { bubbles: true }));
  }
  for (const [index, id] of order.entries()) {
    const section = document.getElementById(id)!;
    if (container.children[index] !== section)
      container.insertBefore(section, container.children[index] ?? null);
  }
  while (container.children.length > order.length) container.lastElementChild!.remove();
  listSections();
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  document.dispatchEvent(new Event('sections'));
}

/** Writes the contents of the page again: all sections with a title that is shown. */
function listSections(): void {
  const titled = [...document.querySelectorAll('main section[id]')].filter(
    ({ id }) => id !== 'header',
  );
  const items = titled.map((section) => {
    const link = document.createElement('a');
    link.href = `#${section.id}`;
    link.textContent = section.querySelector('h2')!.textContent;
    const item = document.createElement('li');
    item.append(link);
    return item;
  });
  document.querySelector('#contents ul')!.replaceChildren(...items);
}

/**
 * Shows charts as they were until they are drawn again: otherwise they blink, and the page jumps.
 */
function keepCharts(before: Element, now: Element): void {
  const nameOf = (figure: Element) => figure.querySelector('figcaption')!.textContent;
  const figuresOf = (section: Element) =>
    Array.from(
      section.querySelectorAll<HTMLElement & { view?: { finalize(): void } }>('figure.chart'),
    );
  const known = new Map(figuresOf(before).map((figure) => [nameOf(figure), figure]));
  for (const figure of figuresOf(now)) {
    const old = known.get(nameOf(figure));
    const drawn = old?.querySelector('.vega-embed:not([hidden])');
    const slot = figure.querySelector('.later');
    if (!drawn || !slot) continue;
    old!.view?.finalize();
    drawn.classList.remove('live');
    slot.replaceChildren(drawn);
    slot.classList.add('shown');
  }
}

for (const form of document.querySelectorAll<HTMLFormElement>('form.at-once')) showAtOnce(form);

/** Asks for the page that a menu chooses, and leads the keyboard back to that menu. */
function showAtOnce(form: HTMLFormElement): void {
  const key = `restage:chosen:${form.action}`;
  const menus = [...form.querySelectorAll('select')];
  const chosen = sessionStorage.getItem(key);
  sessionStorage.removeItem(key);
  menus.find(({ name }) => name === chosen)?.focus();
  for (const menu of menus)
    menu.addEventListener('change', () => {
      sessionStorage.setItem(key, menu.name);
      form.requestSubmit();
    });
}

const lineage = document.getElementById('lineage');
if (lineage !== null) fillLineage(lineage);

/** Shows which other runs read what this one made; the server may have to read all results. */
async function fillLineage(section: HTMLElement): Promise<void> {
  const box = section.querySelector('div')!;
  box.textContent = 'Loading …';
  const answer = await fetch(section.dataset['lineage']!).catch(() => undefined);
  if (answer?.ok) box.innerHTML = await answer.text();
  else box.textContent = 'The server does not answer.';
}

const log = document.getElementById('log');
if (log !== null) startLog(log);

/** The end of a stage's log, the lines that hold a text, and new ones as they come. */
function startLog(section: HTMLElement): void {
  const form = section.querySelector('form')!;
  const stage = form.elements.namedItem('stage') as HTMLSelectElement;
  const find = form.elements.namedItem('find') as HTMLInputElement;
  const output = section.querySelector('pre')!;
  if (queryValue('log') !== '') stage.value = queryValue('log');
  find.value = queryValue('find');
  let text = '';
  const show = () => {
    const isAtEnd = output.scrollTop + output.clientHeight > output.scrollHeight - 40;
    const wanted = find.value.toLowerCase();
    const lines = text.split('\n').filter((line) => line.toLowerCase().includes(wanted));
    output.textContent =
      lines.slice(-3000).join('\n') ||
      (wanted === '' ? 'It has printed nothing.' : 'No line holds this.');
    if (isAtEnd) output.scrollTop = output.scrollHeight;
  };
  const load = async () => {
    const answer = await fetch(
      `${section.dataset['log']}?${new URLSearchParams({ stage: stage.value })}`,
    ).catch(() => undefined);
    if (answer?.ok) text = await answer.text();
    show();
  };
  form.addEventListener('submit', (event) => event.preventDefault());
  stage.addEventListener('change', () => {
    ask({ log: stage.value });
    load();
  });
  find.addEventListener('input', () => {
    ask({ find: find.value });
    show();
  });
  // While the run goes on, the log grows without events.
  setInterval(() => {
    if (source !== undefined && !document.hidden) load();
  }, 1000);
  load();
}
