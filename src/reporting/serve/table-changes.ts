import type { Cell, Column } from './filter-query.ts';
import type { RunTable } from './run-index.ts';

/** Rows that follow each other in the earlier table; with `from` −1, rows that it lacks. */
type Stretch = readonly [from: number, count: number];

/** The cells of a column that differ from the earlier table, by their row in the later one. */
type ChangedCells = readonly (readonly [row: number, value: unknown])[];

/** A column of the later table. */
interface ColumnChange {
  readonly name: string;
  readonly of?: Column['of'];
  readonly cells: ChangedCells;
  /** Absent for a column without intervals. */
  readonly ends?: ChangedCells;
}

/** What makes a later table of an earlier one: with 1,000 runs, one that begins is 1 kB. */
export interface TableChanges {
  readonly rows: readonly Stretch[];
  readonly facts: Readonly<Record<RowFact, ChangedCells>>;
  readonly columns: readonly ColumnChange[];
  readonly kinds: RunTable['kinds'];
  readonly shown: RunTable['shown'];
  readonly unread: number;
}

/** What a table has for each row besides its columns. */
const rowFacts = ['ids', 'runs', 'members', 'labels', 'noted'] as const;
type RowFact = (typeof rowFacts)[number];

/** The changes from one table to another one; ids tell which rows are the same. */
export function tableChanges(before: RunTable, after: RunTable): TableChanges {
  const places = new Map(before.ids.map((id, row) => [id, row]));
  const origins = after.ids.map((id) => places.get(id) ?? -1);
  const cellsOf = (old: readonly unknown[] | undefined, now: readonly unknown[]): ChangedCells =>
    now.flatMap((value, row): ChangedCells => {
      const known = old?.[origins[row]!] ?? null;
      return isSame(known, value) ? [] : [[row, value]];
    });
  const columns = new Map(before.columns.map((column) => [column.name, column]));
  const facts = rowFacts.map((fact) => [fact, cellsOf(before[fact], after[fact])] as const);
  return {
    rows: stretchesOf(origins),
    facts: Object.fromEntries(facts) as TableChanges['facts'],
    columns: after.columns.map(({ name, of, values, ends }) => {
      const known = columns.get(name);
      return {
        name,
        ...(of !== undefined && { of }),
        cells: cellsOf(known?.values, values),
        ...(ends !== undefined && { ends: cellsOf(known?.ends, ends) }),
      };
    }),
    kinds: after.kinds,
    shown: after.shown,
    unread: after.unread,
  };
}

function stretchesOf(origins: readonly number[]): readonly Stretch[] {
  const stretches: [from: number, count: number][] = [];
  for (const from of origins) {
    const last = stretches.at(-1);
    const next = last === undefined || last[0] === -1 ? -1 : last[0] + last[1];
    if (last !== undefined && from === next) last[1] += 1;
    else stretches.push([from, 1]);
  }
  return stretches;
}

/** Cells hold numbers, texts, null and lists of these; what is noted is a small object. */
const isSame = (a: unknown, b: unknown): boolean =>
  a === b || (typeof a === 'object' && JSON.stringify(a) === JSON.stringify(b));

/** The table that changes make of the earlier one. */
export function changedTable(before: RunTable, changes: TableChanges): RunTable {
  const origins = changes.rows.flatMap(([from, count]) =>
    Array.from({ length: count }, (_, i) => (from === -1 ? -1 : from + i)),
  );
  const withCells = <T>(old: readonly T[] | undefined, cells: ChangedCells): T[] => {
    const values = origins.map((from) => old?.[from] ?? (null as T));
    for (const [row, value] of cells) values[row] = value as T;
    return values;
  };
  const columns = new Map(before.columns.map((column) => [column.name, column]));
  const { facts, kinds, shown, unread } = changes;
  return {
    ids: withCells(before.ids, facts.ids),
    runs: withCells(before.runs, facts.runs),
    members: withCells(before.members, facts.members),
    labels: withCells(before.labels, facts.labels),
    noted: withCells(before.noted, facts.noted),
    columns: changes.columns.map(({ name, of, cells, ends }): Column => {
      const known = columns.get(name);
      return {
        name,
        ...(of !== undefined && { of }),
        values: withCells<Cell>(known?.values, cells),
        ...(ends !== undefined && { ends: withCells(known?.ends, ends) }),
      };
    }),
    kinds,
    shown,
    unread,
  };
}

/** What a page gets: a whole table, or the changes since one that it has. */
export type TableAnswer =
  | (RunTable & { readonly version: string })
  | { readonly version: string; readonly changes: TableChanges };

/** Tables that pages may have. Older ones are sent whole again. */
const mostKept = 4;

/** The last tables that were sent, by the versions that pages name. */
export class SentTables {
  readonly #tables = new Map<string, RunTable>();
  /** Pages outlive a server: versions of another one must mean nothing. */
  readonly #server = Math.floor(performance.timeOrigin + performance.now()).toString(36);
  #count = 0;

  /** The answer to a page that has the table of version `since`; empty: none. */
  answer(table: RunTable, since: string): TableAnswer {
    const version = this.#versionOf(table);
    const before = this.#tables.get(since);
    return before === undefined
      ? { ...table, version }
      : { version, changes: tableChanges(before, table) };
  }

  #versionOf(table: RunTable): string {
    for (const [version, known] of this.#tables) if (known === table) return version;
    this.#count += 1;
    const version = `${this.#server}-${this.#count}`;
    this.#tables.set(version, table);
    if (this.#tables.size > mostKept) this.#tables.delete(this.#tables.keys().next().value!);
    return version;
  }
}
