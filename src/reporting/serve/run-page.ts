import type { Context } from 'hono';
import { type SSEStreamingApi, streamSSE } from 'hono/streaming';
import { readPart } from '../../engine/files/read-part.ts';
import type { LocalStore } from '../../engine/store/local-store.ts';
import type { RunFolder } from '../../engine/store/run-folder.ts';
import { plainText } from '../../plain-text.ts';
import { html } from '../report/html.ts';
import { renderSection, type Section, withContent } from '../report/page.ts';
import { LiveRun } from './live-run.ts';
import { chartScripts, renderFrame, renderSections } from './page-frame.ts';
import type { RunIndex } from './run-index.ts';
import type { ReportSources } from './stored-report.ts';

/**
 * Milliseconds between two looks at an event file while a page listens, and between two signs of
 * life.
 */
const pause = 100;
const heartbeat = 10_000;
/** Rendering takes at most this share of the time. */
const share = 1 / 5;
const logBytes = 256 * 1024;

/** The sources of all pages. */
export interface Sources extends ReportSources {
  readonly index: RunIndex;
  readonly project: string;
}

/** A run by the id in an address, which never becomes a path: it is compared with the known ids. */
export const findRun = (store: LocalStore, id: string): RunFolder | undefined =>
  store.runs().find((run) => run.id === id);

function openRun(run: RunFolder, sources: Sources): LiveRun {
  sources.index.runs();
  const pipeline = run.readRecord()?.pipeline ?? run.pipeline() ?? '';
  const before = sources.index.before(run.id, pipeline);
  return new LiveRun(run, before?.record, sources);
}

/** The page of a run: its report, which follows the run. */
export async function runPage(c: Context, run: RunFolder, sources: Sources): Promise<Response> {
  const live = openRun(run, sources);
  const { title, sections } = await live.page();
  const address = `/run/${run.id}`;
  const links = html`<p class="links"><a href="/compare?runs=${run.id}">Compare</a> <a href="/images?run=${run.id}">Images</a></p>`;
  const { stages } = live.model;
  const chosen = stages.find(({ state }) => state === 'running') ?? stages[0];
  const logs = stages.map(
    (stage) => html`<option${stage === chosen && html` selected`}>${stage.name}</option>`,
  );
  return c.html(
    renderFrame({
      title,
      at: '/' as const,
      project: sources.project,
      scripts: chartScripts,
      content: [
        links,
        html`<div id="sections">${renderSections(sections)}</div>`,
        html`<section id="log" aria-labelledby="log-title" data-log="${address}/log"><h2 id="log-title">Log</h2>
<form class="line"><label>Stage <select name="stage">${logs}</select></label> <label>Lines with <input type="search" name="find"></label></form>
<pre tabindex="0" role="group" aria-label="Log of the stage"></pre></section>`,
      ],
      ...(!live.isOver && { follows: `${address}/events?from=${live.offset}` }),
    }),
  );
}

/** The end of a stage's log in this run, or the log of its result if it did not run now. */
export function runLog(c: Context, run: RunFolder, sources: Sources): Response {
  const stage = c.req.query('stage') ?? '';
  const digest = run.readRecord()?.stages[stage]?.result;
  const object = sources.results.read(digest)?.record.log;
  const file = run.attempts(stage).at(-1)?.log ?? (object && sources.store.objectPath(object));
  if (file === undefined) return c.text('');
  try {
    const { text, whole } = readPart(file, logBytes, 'end');
    return c.text(plainText(whole ? text : text.slice(text.indexOf('\n') + 1)));
  } catch {
    return c.text('The store no longer holds this log.');
  }
}

/**
 * Sends the sections of a run's page that have changed, until the run is over. The id of an event
 * is a byte offset.
 */
export function followRun(c: Context, run: RunFolder, sources: Sources): Response {
  const live = openRun(run, sources);
  const known = Number(c.req.header('last-event-id') ?? c.req.query('from'));
  return streamSSE(c, async (stream) => {
    const sent = new Map<string, string>();
    // A page that has everything so far needs nothing; one that lost its connection gets all
    // sections.
    if (known === live.offset) await changesOf(live, sent);
    else await send(stream, live, sent);
    let beat = Date.now();
    while (!stream.aborted && !live.isOver) {
      await stream.sleep(pause);
      if (Date.now() - beat > heartbeat) {
        beat = Date.now();
        await stream.writeSSE({ event: 'beat', data: '' });
      }
      if (!live.read()) continue;
      const startedAt = performance.now();
      await send(stream, live, sent);
      await stream.sleep((performance.now() - startedAt) / share);
    }
    if (!stream.aborted) await stream.writeSSE({ event: 'over', data: '' });
  });
}

async function send(
  stream: SSEStreamingApi,
  live: LiveRun,
  sent: Map<string, string>,
): Promise<void> {
  const id = String(live.offset);
  const changes = await changesOf(live, sent);
  await stream.writeSSE({ event: 'sections', id, data: JSON.stringify(changes) });
}

/** The ids of all sections in order, and the markup of those that changed since they were sent. */
async function changesOf(live: LiveRun, sent: Map<string, string>) {
  const visible: readonly Section[] = withContent((await live.page()).sections);
  const changed: Record<string, string> = {};
  for (const section of visible) {
    const { markup } = renderSection(section);
    if (sent.get(section.id) !== markup) changed[section.id] = markup;
    sent.set(section.id, markup);
  }
  return { order: visible.map(({ id }) => id), changed };
}
