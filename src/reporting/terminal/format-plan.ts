import { formatCountOf } from '../../format-numbers.ts';
import { countActs, plannedStates, type Tone } from '../states.ts';
import { createPaint } from './colour.ts';
import type { PlanLine } from './plan-line.ts';
import { sumUpTrials } from './sum-up-trials.ts';

const styles = { '': 'dim', good: 'cyan', warn: 'yellow', bad: 'red' } as const satisfies Record<
  Tone,
  string
>;

/** A value that the command line changes. */
interface ChangeLine {
  readonly name: string;
  readonly value: string;
  /** The option, or the line of a file. */
  readonly from: string;
  /** The value in the pipeline's file, if there is one. */
  readonly before?: string;
}

/** What a plan says besides its stages: what the command line changed, and what is left out. */
export interface PlanRemarks {
  readonly changes: readonly ChangeLine[];
  /** Why, as a clause, by the name of a stage. */
  readonly leftOut: ReadonlyMap<string, string>;
}

/**
 * The text of `plan`: a line for each stage, or for several trials of a search, and how many stages
 * would be treated how.
 */
export function formatPlan(
  pipeline: string,
  lines: readonly PlanLine[],
  { changes, leftOut }: PlanRemarks,
  coloured: boolean,
): string {
  const paint = createPaint(coloured);
  const changed = changes.map(({ name }) => name);
  const shown = sumUpTrials(lines);
  const names = [...changed, ...shown.map(({ stage }) => stage), ...leftOut.keys()];
  const width = names.reduce((widest, name) => Math.max(widest, name.length), 0);
  const row = (act: string, style: (typeof styles)[Tone], name: string, notes: string) =>
    `${`  ${paint[style](act.padEnd(10))}  ${name.padEnd(width)}  ${notes}`.trimEnd()}\n`;
  const rows = [
    ...changes.map((change) => row('set', 'dim', change.name, describeChange(change))),
    ...shown.map(({ stage, state, notes }) => {
      const { act, tone } = plannedStates[state];
      return row(act, styles[tone], stage, notes.join('; '));
    }),
    ...Array.from(leftOut, ([stage, why]) => row('left out', 'dim', stage, why)),
  ];
  const title = `${pipeline}: ${formatCountOf(lines.length, 'stage')}`;
  return `${title}\n${rows.join('')}${countActs(lines)}\n`;
}

const describeChange = ({ value, from, before }: ChangeLine): string =>
  `${value} by ${from}${before === undefined ? '' : `, instead of ${before}`}`;
