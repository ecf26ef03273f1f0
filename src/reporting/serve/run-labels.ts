import type { PastRun } from '../history/past-run.ts';
import { columnText } from './column-text.ts';
import type { RunIndex } from './run-index.ts';
import { membersOf } from './run-members.ts';

/** The most members that a comparison takes from a link. */
const mostMembers = 200;

/** What tells runs apart in a menu: name, pipeline, state, time and main number. */
export function runLabels(index: RunIndex): ReadonlyMap<string, string> {
  const table = index.table();
  const columnOf = (name: string) => table.columns.find((column) => column.name === name);
  const numbers = table.shown.map(columnOf).filter((column) => column?.of === 'number');
  const labelOf = (row: number) => {
    const facts = ['name', 'pipeline', 'state'].map((name) => columnOf(name)?.values[row]);
    const measured = numbers.find((column) => column?.values[row] != null);
    const number = measured && `${measured.name} ${columnText(measured, row)}`;
    const started = Number(columnOf('started')!.values[row]);
    // By the clock of this machine, as in the report of a run.
    const time = new Date(started).toLocaleString('sv-SE').slice(0, 19);
    return [...facts, time, number].filter(Boolean).join(', ');
  };
  return new Map(table.ids.map((id, row) => [id, labelOf(row)]));
}

/** Where the members of a run's matrix are compared; undefined where there are fewer than two. */
export function membersComparison(
  run: PastRun | undefined,
): { readonly count: number; readonly href: string } | undefined {
  const members = run === undefined ? [] : membersOf(run);
  if (members.length < 2) return undefined;
  const ids = members.slice(0, mostMembers).map(({ id }) => id);
  return { count: ids.length, href: `/compare?runs=${ids.join(',')}` };
}
