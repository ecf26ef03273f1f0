import { render } from 'preact';
import { useMemo } from 'preact/hooks';
import { askedOf, filterRows, sortRows, withCondition } from '../filter-query.ts';
import type { ImageTable } from '../gallery-table.ts';
import { wasOpenedHere } from './address.ts';
import { Exported } from './export-list.tsx';
import { FilterField } from './filter-field.tsx';
import type { Cells } from './gallery-cells.ts';
import { Overview } from './gallery-overview.tsx';
import { Grid } from './image-grid.tsx';
import { Viewer } from './image-viewer.tsx';
import { useView } from './use-view.ts';

const container = document.getElementById('gallery');
if (container !== null) load(container);

async function load(container: HTMLElement): Promise<void> {
  const answer = await fetch(container.dataset['from']!).catch(() => undefined);
  if (!answer?.ok)
    container.textContent =
      answer === undefined ? 'The server does not answer.' : await answer.text();
  else {
    const table: ImageTable = await answer.json();
    container.replaceChildren();
    render(<Gallery table={table} />, container);
  }
}

/**
 * The images that meet a query, sorted, and one of them large. The address holds the whole state.
 */
function Gallery({ table }: { readonly table: ImageTable }) {
  const { columns, indexes } = table;
  const { view, change, adjust, open } = useView('q', 'sort', 'at', 'pick');
  const byName = useMemo(
    () => new Map(columns.map((column) => [column.name, column.values])),
    [table],
  );
  const cell: Cells = (name, row) => byName.get(name)?.[row] ?? null;
  const { rows, unknown } = useMemo(
    () => filterRows(columns, indexes.length, view.q),
    [table, view.q],
  );
  const sorted = useMemo(() => sortRows(rows, columns, view.sort), [rows, view.sort]);
  // The address may be older than the table.
  const isRow = (row: number) => indexes[row] !== undefined;
  const picked = new Set(view.pick.split(',').filter(Boolean).map(Number).filter(isRow));
  const pick = (row: number) => {
    if (!picked.delete(row)) picked.add(row);
    adjust({ pick: [...picked].join(',') });
  };
  const at = view.at === '' ? -1 : sorted.indexOf(Number(view.at));
  const atRow = (index: number) => ({ at: String(sorted[index]) });
  const close = () => {
    if (wasOpenedHere()) history.back();
    else adjust({ at: '' });
  };
  const query = (q: string) => change({ q, at: '' });
  return (
    <>
      <Filters
        table={table}
        query={query}
        type={(q) => adjust({ q, at: '' })}
        q={view.q}
        sort={view.sort}
        sortBy={(sort) => change({ sort })}
      />
      <Overview table={table} cell={cell} query={query} q={view.q} />
      <Exported
        rows={picked.size > 0 ? [...picked] : sorted}
        cell={cell}
        isPicked={picked.size > 0}
        clear={() => adjust({ pick: '' })}
      >
        {sorted.length.toLocaleString('en')} of {indexes.length.toLocaleString('en')} images
        {unknown.length > 0 && `. There is no column ${unknown.join(', ')}.`}
      </Exported>
      {sorted.length > 0 && (
        <Grid
          key={`${view.q} ${view.sort}`}
          table={table}
          cell={cell}
          picked={picked}
          open={(index) => open(atRow(index))}
          pick={pick}
          rows={sorted}
        />
      )}
      {at >= 0 && (
        <Viewer
          table={table}
          cell={cell}
          at={at}
          turn={(index) => adjust(atRow(index))}
          close={close}
          pick={pick}
          row={sorted[at]!}
          count={sorted.length}
          isPicked={picked.has(sorted[at]!)}
        />
      )}
    </>
  );
}

interface FiltersProps {
  readonly table: ImageTable;
  readonly q: string;
  readonly sort: string;
  /** Asks for a chosen condition. */
  query(q: string): void;
  /** Asks for a query while it is typed. */
  type(q: string): void;
  sortBy(sort: string): void;
}

/** The query as a line of text, its usual conditions as choices, and the order. */
function Filters({ table: { columns, facets }, q, sort, query, type, sortBy }: FiltersProps) {
  const valuesOf = (name: string) => columns.find((column) => column.name === name)?.values;
  return (
    <form class="line" onSubmit={(event) => event.preventDefault()}>
      <FilterField q={q} query={type} example="split=test right=no score>0.9" />
      {facets.map((name) => (
        <label key={name}>
          {name}{' '}
          <select
            value={askedOf(q, name)}
            onChange={({ currentTarget }) => query(withCondition(q, name, currentTarget.value))}
          >
            <option value="">any</option>
            {[...new Set(valuesOf(name))]
              .filter((value) => value !== null)
              .map((value) => (
                <option key={String(value)}>{String(value)}</option>
              ))}
          </select>
        </label>
      ))}
      <label>
        Order{' '}
        <select value={sort} onChange={({ currentTarget }) => sortBy(currentTarget.value)}>
          <option value="">as in the file</option>
          {columns
            .filter(({ name }) => name.startsWith('score'))
            .flatMap(({ name }) => [
              <option key={name} value={name}>
                {name}, lowest first
              </option>,
              <option key={`-${name}`} value={`-${name}`}>
                {name}, highest first
              </option>,
            ])}
        </select>
      </label>
    </form>
  );
}
