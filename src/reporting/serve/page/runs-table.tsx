import { render } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { type Column, columnsOf, filterRows, joinNames, sortRows } from '../filter-query.ts';
import type { RunTable } from '../run-index.ts';
import { queryValue } from './address.ts';
import { FilterField } from './filter-field.tsx';
import { Rows } from './runs-table-rows.tsx';
import { useView } from './use-view.ts';

let isDrawn = false;
const element = document.getElementById('table');
if (element !== null) load(element);
// The first run has begun.
else document.addEventListener('runs', () => location.reload(), { once: true });

async function load(container: HTMLElement, part: '' | 'whole' = ''): Promise<void> {
  const rows = queryValue('rows');
  const answer = await fetch(`/runs.json?rows=${rows}&${part}`).catch(() => undefined);
  if (!answer?.ok) return;
  const table: RunTable = await answer.json();
  if (rows !== queryValue('rows')) return; // the view changed meanwhile
  if (!isDrawn) container.replaceChildren(); // the first rows, which the server drew
  isDrawn = true;
  render(<Runs table={table} />, container);
  if (table.unread > 0) load(container, 'whole');
}
document.addEventListener('runs', () => element && load(element));

/** The table of runs, or of the members of their matrices; only rows in sight are drawn. */
function Runs({ table }: { readonly table: RunTable }) {
  const { columns, ids } = table;
  const { view, change, adjust } = useView('q', 'sort', 'cols', 'tick', 'rows');
  useEffect(() => {
    load(element!);
  }, [view.rows]);
  const { rows, unknown } = useMemo(() => filterRows(columns, ids.length, view.q), [table, view.q]);
  const sorted = useMemo(() => sortRows(rows, columns, view.sort), [rows, view.sort]);
  const visibleColumns = columnsOf(table, view.cols);
  const noun = view.rows === 'members' ? 'members' : 'runs';
  const ticked = view.tick.split(' ').filter(Boolean);
  const tick = (id: string) =>
    adjust({
      tick: (ticked.includes(id) ? ticked.filter((run) => run !== id) : [...ticked, id]).join(' '),
    });
  return (
    <>
      <form class="line" onSubmit={(event) => event.preventDefault()}>
        <FilterField q={view.q} query={(q) => adjust({ q })} example="seed=7 test.auc>0.8 failed" />
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
        <Chooser
          columns={columns}
          names={visibleColumns.map(({ name }) => name)}
          choose={(all) => change({ cols: joinNames(all) })}
        />
        {ticked.length < 2 ? (
          <span class="button soft">Tick two rows to compare</span>
        ) : (
          <a class="button" href={`/compare?runs=${ticked.join(',')}`}>
            Compare {ticked.length} {noun}
          </a>
        )}
      </form>
      <p class="soft small" role="status">
        {sorted.length} of {ids.length} {noun}
        {table.unread > 0 && `; the settings of ${table.unread} are being read`}
        {unknown.length > 0 && `. No run has ${unknown.join(', ')}.`}
      </p>
      <Rows
        table={table}
        visibleColumns={visibleColumns}
        rows={sorted}
        ticked={ticked}
        tick={tick}
        unfold={(run) => change({ rows: 'members', q: `run=${run}`, tick: '' })}
        sort={view.sort}
        sortBy={(sort) => change({ sort })}
      />
    </>
  );
}

/** Closes a menu by Escape, or by a press outside of it. */
function useMenu() {
  const menu = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    const close = ({ target }: Event) => {
      if (!menu.current!.contains(target as Node)) menu.current!.open = false;
    };
    const closeByKey = ({ key }: KeyboardEvent) => {
      if (key !== 'Escape' || !menu.current!.open) return;
      menu.current!.open = false;
      menu.current!.querySelector('summary')!.focus();
    };
    addEventListener('pointerdown', close);
    addEventListener('keydown', closeByKey);
    return () => {
      removeEventListener('pointerdown', close);
      removeEventListener('keydown', closeByKey);
    };
  }, []);
  return menu;
}

interface ChooserProps {
  readonly columns: readonly Column[];
  readonly names: readonly string[];
  choose(names: readonly string[]): void;
}

/** The menu of columns. */
function Chooser({ columns, names, choose }: ChooserProps) {
  const [find, setFind] = useState('');
  const menu = useMenu();
  const matches = columns.filter(({ name }) => name.includes(find)).slice(0, 200);
  return (
    <details class="chooser" ref={menu}>
      <summary class="button">Columns</summary>
      <div class="card padded">
        <label>
          Find{' '}
          <input
            type="search"
            value={find}
            onInput={({ currentTarget }) => setFind(currentTarget.value)}
          />
        </label>
        <ul>
          {matches.map(({ name }) => (
            <li key={name}>
              <label>
                <input
                  type="checkbox"
                  checked={names.includes(name)}
                  onChange={() =>
                    choose(
                      names.includes(name)
                        ? names.filter((column) => column !== name)
                        : [...names, name],
                    )
                  }
                />{' '}
                {name}
              </label>
            </li>
          ))}
        </ul>
      </div>
    </details>
  );
}
