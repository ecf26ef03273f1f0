import { useMemo } from 'preact/hooks';
import { formatSeconds } from '../../../format-numbers.ts';
import { type RunState, runTones } from '../../states.ts';
import { type Column, itemsOf } from '../filter-query.ts';
import type { RunTable } from '../run-index.ts';
import { drawnRows, useSeen } from './use-view.ts';

/** Pixels of a row. */
const rowHeight = 36;

/** The order of the rows, as a column's name asks for it. */
interface SortProps {
  readonly sort: string;
  sortBy(sort: string): void;
}

interface RowsProps extends SortProps {
  readonly table: RunTable;
  readonly visibleColumns: readonly Column[];
  readonly rows: readonly number[];
  readonly ticked: readonly string[];
  tick(id: string): void;
  /** Shows the members of a run. */
  unfold(run: string): void;
}

/** The rows of the table that are in sight. */
export function Rows(props: RowsProps) {
  const { table, visibleColumns, rows, ticked, sort, tick, unfold, sortBy } = props;
  const { box, seen, look } = useSeen<HTMLElement>();
  const [first, last] = drawnRows(seen, rowHeight, rows.length);
  const space = (count: number) => count > 0 && <tr style={{ height: `${count * rowHeight}px` }} />;
  const looks = useMemo(
    () => visibleColumns.map((column) => ({ scale: scaleOf(column), digits: digitsOf(column) })),
    [table, visibleColumns.map(({ name }) => name).join()],
  );
  return (
    <section
      class="scroll card tall rows"
      ref={box}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
      tabIndex={0}
      aria-label="Runs"
      onScroll={look}
    >
      <table aria-rowcount={rows.length + 1}>
        <thead>
          <tr>
            <th scope="col">
              <span class="hidden">Ticked</span>
            </th>
            {visibleColumns.map(({ name }) => (
              <Head key={name} name={name} sort={sort} sortBy={sortBy} />
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
                {visibleColumns.map((column, position) => (
                  <Value
                    key={column.name}
                    column={column}
                    row={row}
                    table={table}
                    unfold={unfold}
                    look={looks[position]!}
                  />
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

/**
 * How a column shows and announces the present order, and the order that a click on it asks for.
 */
function sortState(name: string, sort: string) {
  if (sort === name) return { order: 'ascending', arrow: ' ▲', next: '' } as const;
  if (sort === `-${name}`) return { order: 'descending', arrow: ' ▼', next: name } as const;
  return { order: 'none', arrow: '', next: `-${name}` } as const;
}

/**
 * The name of a column, which sorts by it: the largest first, then the smallest, then not at all.
 */
function Head({ name, sort, sortBy }: { readonly name: string } & SortProps) {
  const { order, arrow, next } = sortState(name, sort);
  return (
    <th scope="col" aria-sort={order}>
      <button type="button" onClick={() => sortBy(next)}>
        {name}
        <span aria-hidden="true">{arrow}</span>
      </button>
    </th>
  );
}

type Scale = readonly [low: number, high: number] | undefined;

/** The range of a column's numbers and intervals; undefined where it has no intervals. */
function scaleOf({ ends }: Column): Scale {
  const all = (ends ?? []).flatMap((end) => end ?? []);
  return all.length === 0 ? undefined : [Math.min(...all), Math.max(...all)];
}

/** How a column shows its numbers. */
interface Look {
  readonly scale: Scale;
  /** Digits after the decimal point; undefined for numbers too small to be aligned by it. */
  readonly digits: number | undefined;
}

/** The least number whose column is aligned. */
const leastAligned = 1e-4;

/** As many digits as all numbers have, at most three significant ones of the smallest. */
function digitsOf({ values }: Column): number | undefined {
  const numbers = values.flatMap(itemsOf).filter((item) => typeof item === 'number');
  const sizes = numbers.map(Math.abs).filter((size) => !Number.isInteger(size));
  if (sizes.length === 0) return 0;
  const least = Math.min(...sizes);
  if (least < leastAligned) return undefined;
  const most = Math.max(...sizes.map((size) => (String(size).split('.')[1] ?? '').length));
  return Math.min(most, Math.max(0, 2 - Math.floor(Math.log10(least))));
}

interface ValueProps {
  readonly column: Column;
  readonly row: number;
  readonly table: RunTable;
  readonly look: Look;
  unfold(run: string): void;
}

function Value({ column, row, table, look, unfold }: ValueProps) {
  const { name, ends } = column;
  const { scale, digits } = look;
  const items = itemsOf(column.values[row]);
  if (name === 'name') return <Name table={table} row={row} unfold={unfold} />;
  if (name === 'state')
    return (
      <td>
        <span class={`badge ${runTones[items[0] as RunState]}`}>{items[0]}</span>
      </td>
    );
  if (name === 'started') return <td class="nowrap">{localTime(Number(items[0]))}</td>;
  const isNumber = items.length > 0 && items.every((item) => typeof item === 'number');
  if (!isNumber)
    return (
      <td class="text" title={items.join('\n')}>
        {items.join('; ')}
      </td>
    );
  const numbers = items as readonly number[];
  const low = Math.min(...numbers);
  const high = Math.max(...numbers);
  if (name === 'time') return <td class="number">{formatSeconds(low)}</td>;
  const interval = ends?.[row];
  const text = (value: number) => numberText(value, digits);
  return (
    <td class="number">
      {low === high ? text(low) : `${text(low)} to ${text(high)}`}
      {interval && scale && <Mark values={numbers} ends={interval} scale={scale} text={text} />}
    </td>
  );
}

interface NameProps {
  readonly table: RunTable;
  readonly row: number;
  unfold(run: string): void;
}

/** What tells a row from its neighbours, then its time; and the way to a run's members. */
function Name({ table: { columns, runs, members }, row, unfold }: NameProps) {
  const cellOf = (name: string) => columns.find((column) => column.name === name)!.values[row];
  const run = runs[row]!;
  const time = localTime(Number(cellOf('started')));
  const name = String(cellOf('name') ?? '');
  return (
    <th scope="row" class="name">
      <a href={`/run/${run}`} title={run}>
        {name === '' ? time : name}
      </a>
      {name !== '' && <span class="soft"> {time}</span>}
      {members[row]! > 1 && (
        <button type="button" onClick={() => unfold(run)}>
          {members[row]} members
        </button>
      )}
    </th>
  );
}

/** A time of this machine's clock, as 2026-11-30 12:28. */
const localTime = (time: number): string => new Date(time).toLocaleString('sv-SE').slice(0, 16);

function numberText(value: number, digits: number | undefined): string {
  const text = digits === undefined ? String(Number(value.toPrecision(3))) : value.toFixed(digits);
  return text.replace('-', '−');
}

interface MarkProps {
  readonly values: readonly number[];
  readonly ends: readonly [number, number];
  readonly scale: readonly [number, number];
  text(value: number): string;
}

/** An interval as a line with its estimates as points, on the scale of the column. */
function Mark({ values, ends, scale, text }: MarkProps) {
  const at = (x: number) => 4 + (52 * (x - scale[0])) / (scale[1] - scale[0] || 1);
  return (
    <svg
      class="mark"
      width="60"
      height="12"
      role="img"
      aria-label={`interval ${text(ends[0])} to ${text(ends[1])}`}
    >
      <title>{`${text(ends[0])} to ${text(ends[1])}`}</title>
      <line x1={at(ends[0])} x2={at(ends[1])} y1="6" y2="6" />
      {values.map((value) => (
        <circle key={value} cx={at(value)} cy="6" r="3" />
      ))}
    </svg>
  );
}
