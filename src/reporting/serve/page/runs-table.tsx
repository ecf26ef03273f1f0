import { render } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { shellQuote } from '../../../shell/shell-quote.ts';
import { moved } from '../column-groups.ts';
import { columnsOf, filterRows, joinNames, sortRows } from '../filter-query.ts';
import type { RunTable } from '../run-index.ts';
import type { TableData } from '../runs-page.ts';
import { changedTable, type TableAnswer } from '../table-changes.ts';
import { queryValue } from './address.ts';
import { ColumnsMenu } from './columns-menu.tsx';
import { FilterField } from './filter-field.tsx';
import { isStatic } from './links.ts';
import { NoteDialog } from './note-dialog.tsx';
import { Rows } from './runs-table-rows.tsx';
import { ShareMenu } from './share-menu.tsx';
import { useView } from './use-view.ts';
import { ViewsMenu } from './views-menu.tsx';

let isDrawn = false;
const element = document.getElementById('table');

function draw(container: HTMLElement, table: RunTable): void {
  if (!isDrawn) container.replaceChildren(); // the first rows, which the server drew
  isDrawn = true;
  render(<Runs table={table} />, container);
}

/** The last table that came, with the kind of rows that it has. */
let last: { readonly rows: string; readonly version: string; readonly table: RunTable } | undefined;

/** The table as it is now: only what changed comes where the page has an earlier one. */
async function fetchedTable(rows: string, part: '' | 'whole'): Promise<RunTable | undefined> {
  const before = last?.rows === rows ? last : undefined;
  const query = new URLSearchParams({ rows, since: before?.version ?? '' });
  const answer = await fetch(`/runs.json?${query.toString()}&${part}`).catch(() => undefined);
  if (!answer?.ok) return undefined;
  const sent: TableAnswer = await answer.json();
  const table = 'changes' in sent ? changedTable(before!.table, sent.changes) : sent;
  last = { rows, version: sent.version, table };
  return table;
}

/** The table that a page without a server has in it. A render within another one would nest. */
async function embeddedTable(rows: string): Promise<RunTable> {
  await Promise.resolve();
  const data: TableData = JSON.parse(document.getElementById('page-data')!.textContent);
  return rows === 'members' ? data.members : data.runs;
}

async function load(container: HTMLElement, part: '' | 'whole' = ''): Promise<void> {
  const rows = queryValue('rows');
  const table = isStatic ? await embeddedTable(rows) : await fetchedTable(rows, part);
  if (table === undefined) return;
  if (rows !== queryValue('rows')) return; // the view changed meanwhile
  draw(container, table);
  if (table.unread > 0) load(container, 'whole');
}
/** The table of runs, or of the members of their matrices; only rows in sight are drawn. */
function Runs({ table }: { readonly table: RunTable }) {
  const { columns, ids } = table;
  const { view, change, adjust } = useView('q', 'sort', 'cols', 'tick', 'rows');
  useEffect(() => {
    load(element!);
  }, [view.rows]);
  const { rows, unknown, problem } = useMemo(
    () => filterRows(columns, ids.length, view.q),
    [table, view.q],
  );
  const sorted = useMemo(
    () => pinnedFirst(sortRows(rows, columns, view.sort), table),
    [rows, view.sort],
  );
  const [annotated, setAnnotated] = useState<number>();
  const visibleColumns = columnsOf(table, view.cols);
  const names = visibleColumns.map(({ name }) => name);
  const choose = (all: readonly string[]) => change({ cols: joinNames(all) });
  const noun = nounOf(view);
  const ticked = tickedOf(view);
  const tick = (all: readonly string[]) => {
    const isOn = all.every((id) => ticked.includes(id));
    const others = ticked.filter((id) => !all.includes(id));
    adjust({ tick: (isOn ? others : [...others, ...all]).slice(0, mostTicked).join(' ') });
  };
  return (
    <>
      <TableForm
        table={table}
        view={view}
        rows={sorted}
        problem={problem}
        change={change}
        adjust={adjust}
      />
      <p class="soft small" role="status">
        {sorted.length} of {ids.length} {noun}
        {table.unread > 0 && `; the settings of ${table.unread} are being read`}
        {unknown.length > 0 && `. No run has ${unknown.join(', ')}.`}
      </p>
      <Rows
        table={table}
        visibleColumns={visibleColumns}
        moveColumn={(from, to) => choose(moved(names, from, to))}
        rows={sorted}
        ticked={ticked}
        tick={tick}
        unfold={(run) => change({ rows: 'members', q: `run=${run}`, tick: '' })}
        annotate={setAnnotated}
        sort={view.sort}
        sortBy={(sort) => change({ sort })}
      />
      {annotated !== undefined && (
        <RowNote
          table={table}
          row={annotated}
          close={(isSaved) => {
            setAnnotated(undefined);
            if (isSaved) load(element!);
          }}
        />
      )}
    </>
  );
}

/** More have no room in an address. */
const mostTicked = 200;

interface CompareLinkProps {
  readonly ticked: readonly string[];
  readonly noun: string;
}

const CompareLink = ({ ticked, noun }: CompareLinkProps) =>
  ticked.length < 2 ? (
    <span class="button soft">Tick two rows to compare</span>
  ) : (
    <a class="button" href={`/compare?runs=${ticked.join(',')}`}>
      Compare {ticked.length} {noun}
    </a>
  );

type RunsView = Readonly<Record<'q' | 'sort' | 'cols' | 'tick' | 'rows', string>>;

const nounOf = (view: RunsView): string => (view.rows === 'members' ? 'members' : 'runs');
const tickedOf = (view: RunsView): readonly string[] => view.tick.split(' ').filter(Boolean);

interface TableFormProps {
  readonly table: RunTable;
  readonly view: RunsView;
  /** The rows that the filter leaves. */
  readonly rows: readonly number[];
  /** What is missing in the filter; empty: nothing. */
  readonly problem: string;
  change(part: Partial<RunsView>): void;
  adjust(part: Partial<RunsView>): void;
}

/** What the table shows: filter, rows, columns, saved views, and the way to a comparison. */
function TableForm({ table, view, rows, problem, change, adjust }: TableFormProps) {
  const { columns } = table;
  const names = columnsOf(table, view.cols).map(({ name }) => name);
  const choose = (all: readonly string[]) => change({ cols: joinNames(all) });
  return (
    <form class="line" onSubmit={(event) => event.preventDefault()}>
      <FilterField
        q={view.q}
        query={(q) => adjust({ q })}
        example="seed=7 test.auc>0.8 not failed"
        columns={columns}
        problem={problem}
      />
      <label>
        Rows{' '}
        <select
          value={view.rows}
          onChange={({ currentTarget }) => change({ rows: currentTarget.value, tick: '' })}
        >
          <option value="">runs</option>
          <option value="members">members of a matrix</option>
        </select>
      </label>
      <ColumnsMenu table={table} names={names} choose={choose} />
      {!isStatic && (
        <ViewsMenu
          now={{
            rows: view.rows === 'members' ? 'members' : 'runs',
            filter: view.q,
            sort: view.sort,
            columns: view.cols === '' ? [] : names,
          }}
          show={(saved) =>
            change({
              rows: saved.rows === 'members' ? 'members' : '',
              q: saved.filter,
              sort: saved.sort,
              cols: joinNames(saved.columns),
              tick: '',
            })
          }
        />
      )}
      {!isStatic && (
        <ShareMenu
          command={shareCommand(table, view, rows)}
          what="these runs, their pages and their comparison"
          how={`Tick some runs to share them, or let the filter leave at most ${mostShared}.`}
        />
      )}
      {!isStatic && <CompareLink ticked={tickedOf(view)} noun={nounOf(view)} />}
    </form>
  );
}

/** More runs than this are named by a filter only. */
const mostShared = 40;

/**
 * The command that writes the ticked runs, or else those that the filter leaves, as a folder; empty
 * where nothing says which.
 */
function shareCommand({ ids, runs }: RunTable, view: RunsView, rows: readonly number[]): string {
  const ticked = new Set(tickedOf(view));
  const chosen = ticked.size > 0 ? [...ids.keys()].filter((row) => ticked.has(ids[row]!)) : rows;
  const named = [...new Set(chosen.map((row) => runs[row]!))];
  const isFilter = ticked.size === 0 && view.rows !== 'members' && view.q !== '';
  if (named.length === 0 || (!isFilter && named.length > mostShared)) return '';
  return `restage report --runs ${shellQuote(isFilter ? view.q : named.join())} --to shared`;
}

/** Pinned rows stand above all others, whatever the order. */
function pinnedFirst(rows: readonly number[], { noted }: RunTable): readonly number[] {
  const isPinned = (row: number) => noted[row]?.isPinned === true;
  return [...rows.filter(isPinned), ...rows.filter((row) => !isPinned(row))];
}

interface RowNoteProps {
  readonly table: RunTable;
  readonly row: number;
  close(isSaved: boolean): void;
}

/** The form of what is noted about a row. */
function RowNote({ table: { ids, runs, labels, noted, columns }, row, close }: RowNoteProps) {
  const member = labels[row] ?? null;
  const name = columns.find((column) => column.name === 'name')!.values[row];
  const tags = new Set(noted.flatMap((entry) => entry?.tags ?? []));
  return (
    <NoteDialog
      subject={{ run: runs[row]!, ...(member !== null && { member }) }}
      label={String(name || ids[row]!)}
      noted={noted[row] ?? null}
      knownTags={[...tags].sort()}
      close={close}
    />
  );
}

if (element !== null) load(element);
// The first run has begun.
else document.addEventListener('runs', () => location.reload(), { once: true });
document.addEventListener('runs', () => element && load(element));
