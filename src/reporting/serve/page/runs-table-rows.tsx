import { useMemo, useRef } from 'preact/hooks';
import { formatSeconds } from '../../../format-numbers.ts';
import { type RunState, runTones } from '../../states.ts';
import { type Column, itemsOf } from '../filter-query.ts';
import type { RunTable } from '../run-index.ts';
import { alignedDigits, measuredDigits, numberText } from './aligned-numbers.ts';
import { ColumnHead } from './column-head.tsx';
import { runAddress } from './links.ts';
import { Mark } from './mark.tsx';
import { isWritable } from './post.ts';
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
  /** Ticks these, or none of them where all are ticked. */
  tick(ids: readonly string[]): void;
  /** Puts a column at the place of another. */
  moveColumn(from: number, to: number): void;
  /** Shows the members of a run. */
  unfold(run: string): void;
  /** Opens the form of what is noted about a row. */
  annotate(row: number): void;
}

/** The rows of the table that are in sight. */
export function Rows(props: RowsProps) {
  const { table, visibleColumns, rows, ticked, sort, tick, unfold, annotate, sortBy } = props;
  const lastTicked = useRef(0);
  /** With Shift, all rows from the one that was ticked last. */
  const tickTo = (at: number, isRange: boolean) => {
    const from = isRange ? lastTicked.current : at;
    lastTicked.current = at;
    const range = rows.slice(Math.min(from, at), Math.max(from, at) + 1);
    tick(range.map((row) => table.ids[row]!));
  };
  const { moveColumn } = props;
  const { box, seen, look } = useSeen<HTMLElement>();
  const [first, last] = drawnRows(seen, rowHeight, rows.length);
  const space = (count: number) => count > 0 && <tr style={{ height: `${count * rowHeight}px` }} />;
  const looks = useMemo(
    () => visibleColumns.map(lookOf),
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
              <TickAll ids={rows.map((row) => table.ids[row]!)} ticked={ticked} tick={tick} />
            </th>
            {visibleColumns.map((column, place) => (
              <ColumnHead
                key={column.name}
                name={column.name}
                isNumber={looks[place]!.hasNumbers}
                sort={sort}
                sortBy={sortBy}
                place={place}
                move={moveColumn}
              />
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
                    onClick={(event) => tickTo(first + index, event.shiftKey)}
                  />
                </td>
                {visibleColumns.map((column, position) => (
                  <Value
                    key={column.name}
                    column={column}
                    row={row}
                    table={table}
                    unfold={unfold}
                    annotate={annotate}
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

interface TickAllProps {
  readonly ids: readonly string[];
  readonly ticked: readonly string[];
  tick(ids: readonly string[]): void;
}

const TickAll = ({ ids, ticked, tick }: TickAllProps) => (
  <input
    type="checkbox"
    aria-label={`Tick all ${ids.length} that are shown`}
    title="Tick all that the filter leaves"
    checked={ids.length > 0 && ids.every((id) => ticked.includes(id))}
    onChange={() => tick(ids)}
  />
);

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
  readonly hasNumbers: boolean;
}

const lookOf = (column: Column): Look => ({
  scale: scaleOf(column),
  digits: digitsOf(column),
  hasNumbers: hasNumbers(column),
});

/** Whether a column holds numbers and no texts, and no times of a clock. */
const hasNumbers = ({ name, values }: Column): boolean =>
  name !== 'started' &&
  values.some((cell) => itemsOf(cell).length > 0) &&
  values.every((cell) => itemsOf(cell).every((item) => typeof item === 'number'));

function digitsOf({ values, of }: Column): number | undefined {
  const numbers = values.flatMap(itemsOf).filter((item) => typeof item === 'number');
  return of === 'number' ? measuredDigits(numbers) : alignedDigits(numbers);
}

interface ValueProps {
  readonly column: Column;
  readonly row: number;
  readonly table: RunTable;
  readonly look: Look;
  unfold(run: string): void;
  annotate(row: number): void;
}

function Value({ column, row, table, look, unfold, annotate }: ValueProps) {
  const { name, ends } = column;
  const { scale, digits } = look;
  const items = itemsOf(column.values[row]);
  if (name === 'name') return <Name table={table} row={row} unfold={unfold} annotate={annotate} />;
  if (name === 'tags')
    return (
      <td>
        {items.map((tag) => (
          <span key={tag} class="tag">
            {tag}
          </span>
        ))}
      </td>
    );
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
  annotate(row: number): void;
}

/** What tells a row from its neighbours, then its time; and the way to a run's members. */
function Name({ table, row, unfold, annotate }: NameProps) {
  const { columns, runs, members } = table;
  const noted = table.noted[row];
  const cellOf = (name: string) => columns.find((column) => column.name === name)!.values[row];
  const run = runs[row]!;
  const time = localTime(Number(cellOf('started')));
  const name = String(cellOf('name') ?? '');
  return (
    <th scope="row" class="name">
      <a href={runAddress(run)} title={run}>
        {name === '' ? time : name}
      </a>
      {name !== '' && <span class="soft"> {time}</span>}
      {noted?.isPinned && <span class="tag">pinned</span>}
      {noted?.isBaseline && <span class="tag">baseline</span>}
      {members[row]! > 1 && (
        <button type="button" onClick={() => unfold(run)}>
          {members[row]} members
        </button>
      )}
      {isWritable() && (
        <button
          type="button"
          class="quiet"
          title="Name, tags, note, pin, baseline"
          aria-label={`Note about ${name === '' ? time : name}`}
          onClick={() => annotate(row)}
        >
          ✎
        </button>
      )}
    </th>
  );
}

/** A time of this machine's clock, as 2026-11-30 12:28. */
const localTime = (time: number): string => new Date(time).toLocaleString('sv-SE').slice(0, 16);
