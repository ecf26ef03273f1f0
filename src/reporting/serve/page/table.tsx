import { render } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { formatSeconds } from '../../../format-numbers.ts';
import { type Column, filterRows, itemsOf, sortRows } from '../query.ts';
import type { RunTable } from '../run-index.ts';
import { ask, asked } from './address.ts';

/** Pixels of a row, and rows that are drawn beyond the edges. */
const rowHeight = 36;
const beyond = 12;

const places = document.getElementById('table');
if (places !== null) load(places);
else document.addEventListener('runs', () => location.reload(), { once: true }); // the first run has begun

async function load(place: HTMLElement): Promise<void> {
  const answer = await fetch('/runs.json').catch(() => undefined);
  if (!answer?.ok) return;
  const table: RunTable = await answer.json();
  render(<Runs table={table} />, place);
  if (table.unread > 0) setTimeout(() => load(place), 400);
}
document.addEventListener('runs', () => places && load(places));

/** The table of runs; rows out of sight are not there. */
function Runs({ table }: { readonly table: RunTable }) {
  const { columns, ids } = table;
  const [view, setView] = useState({ q: asked('q'), sort: asked('sort'), cols: asked('cols'), tick: asked('tick') });
  const change = (part: Partial<typeof view>) => {
    ask(part as Record<string, string>);
    setView({ ...view, ...part });
  };
  const { rows, unknown } = useMemo(() => filterRows(columns, ids.length, view.q), [table, view.q]);
  const sorted = useMemo(() => sortRows(rows, columns, view.sort), [rows, view.sort]);
  const names = view.cols === '' ? table.shown : view.cols.split(' ');
  const shown = names.flatMap((name) => columns.find((column) => column.name === name) ?? []);
  const ticked = view.tick.split(' ').filter(Boolean);
  const tick = (id: string) =>
    change({ tick: (ticked.includes(id) ? ticked.filter((one) => one !== id) : [...ticked, id]).join(' ') });
  return (
    <>
      <form class="line" onSubmit={(event) => event.preventDefault()}>
        <label class="grow">
          Filter{' '}
          <input
            type="search"
            value={view.q}
            placeholder="seed=7 test.auc>0.8 failed"
            onInput={({ currentTarget }) => change({ q: currentTarget.value })}
          />
        </label>
        <Chooser columns={columns} names={names} choose={(all) => change({ cols: all.join(' ') })} />
        {ticked.length < 2 ? (
          <span class="button soft">Tick two runs to compare</span>
        ) : (
          <a class="button" href={`/compare?runs=${ticked.join(',')}`}>
            Compare {ticked.length} runs
          </a>
        )}
      </form>
      <p class="soft small" role="status">
        {sorted.length} of {ids.length} runs{table.unread > 0 && `; the settings of ${table.unread} are being read`}
        {unknown.length > 0 && `. No run has ${unknown.join(', ')}.`}
      </p>
      <Rows {...{ table, shown, rows: sorted, ticked, tick }} sort={view.sort} sortBy={(sort) => change({ sort })} />
    </>
  );
}

function Chooser(props: {
  columns: readonly Column[];
  names: readonly string[];
  choose(names: readonly string[]): void;
}) {
  const { columns, names, choose } = props;
  const [find, setFind] = useState('');
  const found = columns.filter(({ name }) => name.includes(find)).slice(0, 200);
  return (
    <details class="chooser">
      <summary class="button">Columns</summary>
      <div class="card padded">
        <label>
          Find <input type="search" value={find} onInput={({ currentTarget }) => setFind(currentTarget.value)} />
        </label>
        <ul>
          {found.map(({ name }) => (
            <li key={name}>
              <label>
                <input
                  type="checkbox"
                  checked={names.includes(name)}
                  onChange={() => choose(names.includes(name) ? names.filter((one) => one !== name) : [...names, name])}
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

interface RowsProps {
  readonly table: RunTable;
  readonly shown: readonly Column[];
  readonly rows: readonly number[];
  readonly ticked: readonly string[];
  readonly sort: string;
  tick(id: string): void;
  sortBy(sort: string): void;
}

function Rows({ table, shown, rows, ticked, sort, tick, sortBy }: RowsProps) {
  const box = useRef<HTMLElement>(null);
  const [[top, height], setSeen] = useState([0, 800]);
  useEffect(() => {
    const look = () => box.current && setSeen([box.current.scrollTop, box.current.clientHeight]);
    look();
    addEventListener('resize', look);
    return () => removeEventListener('resize', look);
  }, []);
  const first = Math.max(0, Math.floor(top / rowHeight) - beyond);
  const last = Math.min(rows.length, Math.ceil((top + height) / rowHeight) + beyond);
  const space = (count: number) => count > 0 && <tr style={{ height: `${count * rowHeight}px` }} />;
  const scales = useMemo(() => shown.map(scaleOf), [table, shown.map(({ name }) => name).join()]);
  return (
    <section
      class="scroll card rows"
      ref={box}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
      tabIndex={0}
      aria-label="Runs"
      onScroll={({ currentTarget }) => setSeen([currentTarget.scrollTop, currentTarget.clientHeight])}
    >
      <table aria-rowcount={rows.length + 1}>
        <thead>
          <tr>
            <th scope="col">
              <span class="hidden">Ticked</span>
            </th>
            {shown.map(({ name }) => (
              <th
                key={name}
                scope="col"
                aria-sort={sort === name ? 'ascending' : sort === `-${name}` ? 'descending' : 'none'}
              >
                <button
                  type="button"
                  onClick={() => sortBy(sort === `-${name}` ? name : sort === name ? '' : `-${name}`)}
                >
                  {name}
                  <span aria-hidden="true">{sort === name ? ' ▲' : sort === `-${name}` ? ' ▼' : ''}</span>
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {space(first)}
          {rows.slice(first, last).map((row, index) => {
            const id = table.ids[row]!;
            return (
              <tr key={id} aria-rowindex={first + index + 2}>
                <td>
                  <input
                    type="checkbox"
                    aria-label={`Tick ${id}`}
                    checked={ticked.includes(id)}
                    onChange={() => tick(id)}
                  />
                </td>
                {shown.map((column, place) => (
                  <Value key={column.name} {...{ column, row, id }} scale={scales[place]!} />
                ))}
              </tr>
            );
          })}
          {space(rows.length - last)}
        </tbody>
      </table>
    </section>
  );
}

type Scale = readonly [low: number, high: number] | undefined;

/** The range of a column's numbers and intervals; undefined where it has no intervals. */
function scaleOf({ ends }: Column): Scale {
  const all = (ends ?? []).flatMap((one) => one ?? []);
  return all.length === 0 ? undefined : [Math.min(...all), Math.max(...all)];
}

const colours: Readonly<Record<string, string>> = {
  succeeded: 'good',
  running: 'good',
  failed: 'bad',
  killed: 'warn',
  interrupted: 'warn',
};

function Value({
  column,
  row,
  id,
  scale,
}: {
  readonly column: Column;
  readonly row: number;
  readonly id: string;
  readonly scale: Scale;
}) {
  const { name, ends } = column;
  const items = itemsOf(column.values[row]);
  if (name === 'run')
    return (
      <th scope="row">
        <a href={`/run/${id}`}>{id.slice(0, 19).replace('T', ' ')}</a>
      </th>
    );
  if (name === 'state')
    return (
      <td>
        <span class={`badge ${colours[String(items[0])] ?? ''}`}>{items[0]}</span>
      </td>
    );
  if (name === 'started')
    return <td class="nowrap">{new Date(Number(items[0])).toLocaleString('sv-SE').slice(0, 16)}</td>;
  const isNumber = items.length > 0 && items.every((item) => typeof item === 'number');
  if (!isNumber)
    return (
      <td class="text" title={items.join('\n')}>
        {items.join('; ')}
      </td>
    );
  const numbers = items as readonly number[];
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
  if (name === 'seconds') return <td class="number">{formatSeconds(low)}</td>;
  const interval = ends?.[row];
  return (
    <td class="number">
      {low === high ? shown(low) : `${shown(low)} to ${shown(high)}`}
      {interval && scale && <Mark value={low} ends={interval} scale={scale} />}
    </td>
  );
}

const shown = (value: number): string =>
  (Number.isInteger(value)
    ? String(value)
    : value >= 1000
      ? value.toFixed(0)
      : String(Number(value.toPrecision(3)))
  ).replace('-', '−');

/** An interval as a line with its estimate as a point, on the scale of the column. */
function Mark({
  value,
  ends,
  scale,
}: {
  readonly value: number;
  readonly ends: readonly [number, number];
  readonly scale: readonly [number, number];
}) {
  const at = (x: number) => 2 + (56 * (x - scale[0])) / (scale[1] - scale[0] || 1);
  return (
    <svg class="mark" width="60" height="12" role="img" aria-label={`interval ${shown(ends[0])} to ${shown(ends[1])}`}>
      <title>{`${shown(ends[0])} to ${shown(ends[1])}`}</title>
      <line x1={at(ends[0])} x2={at(ends[1])} y1="6" y2="6" />
      <circle cx={at(value)} cy="6" r="3" />
    </svg>
  );
}
