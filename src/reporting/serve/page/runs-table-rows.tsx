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
}

/** The rows of the table that are in sight. */
export function Rows({ table, visibleColumns, rows, ticked, sort, tick, sortBy }: RowsProps) {
  const { box, seen, look } = useSeen<HTMLElement>();
  const [first, last] = drawnRows(seen, rowHeight, rows.length);
  const space = (count: number) => count > 0 && <tr style={{ height: `${count * rowHeight}px` }} />;
  const scales = useMemo(
    () => visibleColumns.map(scaleOf),
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
                    id={id}
                    scale={scales[position]!}
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
 * The name of a column, which sorts by it: the largest first, then the smallest, then not at all.
 */
/**
 * How a column shows and announces the present order, and the order that a click on it asks for.
 */
function sortState(name: string, sort: string) {
  if (sort === name) return { order: 'ascending', arrow: ' ▲', next: '' } as const;
  if (sort === `-${name}`) return { order: 'descending', arrow: ' ▼', next: name } as const;
  return { order: 'none', arrow: '', next: `-${name}` } as const;
}

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

interface ValueProps {
  readonly column: Column;
  readonly row: number;
  readonly id: string;
  readonly scale: Scale;
}

function Value({ column, row, id, scale }: ValueProps) {
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
        <span class={`badge ${runTones[items[0] as RunState]}`}>{items[0]}</span>
      </td>
    );
  if (name === 'started')
    return (
      <td class="nowrap">{new Date(Number(items[0])).toLocaleString('sv-SE').slice(0, 16)}</td>
    );
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
  return (
    <td class="number">
      {low === high ? numberText(low) : `${numberText(low)} to ${numberText(high)}`}
      {interval && scale && <Mark values={numbers} ends={interval} scale={scale} />}
    </td>
  );
}

const numberText = (value: number): string => digitsOf(value).replace('-', '−');

function digitsOf(value: number): string {
  if (Number.isInteger(value)) return String(value);
  return Math.abs(value) >= 1000 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}

/** An interval as a line with its estimates as points, on the scale of the column. */
function Mark({
  values,
  ends,
  scale,
}: { readonly values: readonly number[] } & Record<'ends' | 'scale', readonly [number, number]>) {
  const at = (x: number) => 4 + (52 * (x - scale[0])) / (scale[1] - scale[0] || 1);
  return (
    <svg
      class="mark"
      width="60"
      height="12"
      role="img"
      aria-label={`interval ${numberText(ends[0])} to ${numberText(ends[1])}`}
    >
      <title>{`${numberText(ends[0])} to ${numberText(ends[1])}`}</title>
      <line x1={at(ends[0])} x2={at(ends[1])} y1="6" y2="6" />
      {values.map((value) => (
        <circle key={value} cx={at(value)} cy="6" r="3" />
      ))}
    </svg>
  );
}
