import type { Context } from 'hono';
import { type SSEStreamingApi, streamSSE } from 'hono/streaming';
import type { RunFolder } from '../../engine/store/runs/run-folder.ts';
import { renderSection, type Section, withContent } from '../report/page-frame.ts';
import type { LiveRun } from './live-run.ts';
import { openRun, type Sources } from './run-page.ts';

/**
 * Milliseconds between two looks at an event file while a page listens, and between two signs of
 * life.
 */
const pause = 100;
const heartbeat = 10_000;
/** Rendering takes at most this share of the time. */
const share = 1 / 5;

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
