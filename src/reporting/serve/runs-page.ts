import type { Context } from 'hono';
import { streamSSE } from 'hono/streaming';
import { html } from '../report/html.ts';
import { renderTable } from '../report/render-table.ts';
import { columnText } from './column-text.ts';
import { columnsOf, filterRows, sortRows } from './filter-query.ts';
import type { Rows, RunIndex, RunTable } from './run-index.ts';
import type { Sources } from './run-page.ts';
import { renderFrame } from './served-page-frame.ts';
import type { SentTables, TableAnswer } from './table-changes.ts';

/** Rows that stand in the page itself, until its script has the table. */
const firstRows = 40;
/** Milliseconds between two looks at the folder of runs while a page listens. */
const pause = 1000;
const beats = 10;

/** The tables that a page without a server has in it. */
export interface TableData {
  readonly runs: RunTable;
  readonly members: RunTable;
}

const tableData = (index: RunIndex): TableData => ({
  runs: index.table('runs'),
  members: index.table('members'),
});

/**
 * The page of all runs: the first rows of the view that its address names; its script fetches and
 * draws the rest.
 */
export function runsPage(c: Context, sources: Sources): Response {
  const { index, project, isWritable, isStatic, imageRuns } = sources;
  const table = index.table(rowsOf(c));
  const { rows } = filterRows(table.columns, table.ids.length, c.req.query('q') ?? '');
  const columns = columnsOf(table, c.req.query('cols') ?? '');
  const first = sortRows(rows, table.columns, c.req.query('sort') ?? '').slice(0, firstRows);
  const names = columns.map(({ name }) => name);
  const started = table.columns.find(({ name }) => name === 'started')!;
  const cells = first.map((row) =>
    columns.map((column) => {
      const text = columnText(column, row);
      return column.name === 'name' && text === '' ? columnText(started, row) : text;
    }),
  );
  const content =
    table.ids.length === 0
      ? html`<h1>Runs</h1><p>There were no runs yet. This page shows them as they begin:</p><pre>restage run</pre><p>A first pipeline is written by:</p><pre>restage init</pre>`
      : html`<h1>Runs</h1><div id="table" class="runs">${renderTable(names, cells)}</div>`;
  return c.html(
    renderFrame({
      title: 'Runs',
      at: '/',
      project,
      content,
      scripts: ['runs-table.js'],
      isWritable,
      isStatic,
      hasImages: imageRuns.size > 0,
      data: isStatic ? tableData(index) : undefined,
      follows: '/runs/events',
    }),
  );
}

const rowsOf = (c: Context): Rows => (c.req.query('rows') === 'members' ? 'members' : 'runs');

/**
 * Sends the table as it is now, or with `whole` once all settings are read; to a page that has an
 * earlier one, only what changed `since` then.
 */
export async function runsData(
  c: Context,
  { index }: Sources,
  sent: SentTables,
): Promise<Response> {
  const table =
    c.req.query('whole') === undefined ? index.table(rowsOf(c)) : await index.wholeTable(rowsOf(c));
  return c.json<TableAnswer>(sent.answer(table, c.req.query('since') ?? ''));
}

/** Sends an event when a run began, went on or ended. */
export function followRuns(c: Context, { index }: Sources): Response {
  return streamSSE(c, async (stream) => {
    let version = index.version;
    for (let turn = 1; !stream.aborted; turn++) {
      await stream.sleep(pause);
      const now = index.version;
      if (now !== version) await stream.writeSSE({ event: 'runs', data: now });
      else if (turn % beats === 0) await stream.writeSSE({ event: 'beat', data: '' });
      version = now;
    }
  });
}
