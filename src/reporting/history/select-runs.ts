import type { Explanation } from '../../engine/diagnostics/diagnostic.ts';
import { err, ok, type Result } from '../../result.ts';
import { suggest, thereAre } from '../../suggest.ts';
import { baseName } from '../stage-base-name.ts';
import { findNumbers, namesOf, numbersOf, type PastRun } from './past-run.ts';

/** What is asked of the history; conditions that are absent hold for every run. */
export interface RunQuery {
  readonly pipeline?: string;
  readonly stage?: string;
  /** Milliseconds since the epoch. */
  readonly since?: number;
  readonly failed?: boolean;
  readonly where?: readonly string[];
  readonly show?: readonly string[];
  /**
   * The name of a number, or `duration`; the largest comes first. Absent: the newest run comes
   * first.
   */
  readonly sort?: string;
  readonly reverse?: boolean;
}

interface Condition {
  readonly name: string;
  readonly holds: (value: number) => boolean;
}

/**
 * The runs that a query selects. A name that no run has is a mistake, so that a slip does not look
 * like an empty history.
 */
export function selectRuns(
  runs: readonly PastRun[],
  query: RunQuery,
): Result<readonly PastRun[], Explanation> {
  if (runs.length === 0) return ok([]); // without runs, "no runs" is the more useful answer
  const { pipeline, stage, since, failed, sort } = query;
  const stages = new Set(runs.flatMap(stagesOf));
  const names = new Set(runs.flatMap((run) => numbersOf(run).flatMap(namesOf)));
  const pipelines = new Set(runs.map((run) => run.pipeline));
  if (pipeline !== undefined && !pipelines.has(pipeline))
    return err(unknown('run of a pipeline', pipeline, pipelines));
  if (stage !== undefined && !stages.has(stage))
    return err(unknown('run with a stage', stage, stages));
  const conditions: Condition[] = [];
  for (const text of query.where ?? []) {
    const condition = parseCondition(text);
    if (condition === undefined) {
      const message = `Expected a number's name, a comparison (> >= < <= = !=) and a number, got "${text}"`;
      return err({ message, hint: `For example: --where 'scores.test.auc>0.8'` });
    }
    conditions.push(condition);
  }
  const askedNames = [
    ...conditions.map(({ name }) => name),
    ...(sort === undefined || sort === 'duration' ? [] : [sort]),
    ...(query.show ?? []),
  ];
  const settings = new Set(runs.flatMap(({ settings = {} }) => Object.keys(settings)));
  const missing = askedNames.find((name) => !names.has(name) && !settings.has(name));
  if (missing !== undefined) {
    const mistake = unknown('run with a number', missing, names);
    const isCut = runs.some(({ record }) =>
      Object.values(record?.stages ?? {}).some((stage) => stage.numbersLeftOut),
    );
    return err(
      isCut ? { ...mistake, hint: [mistake.hint, cutHint].filter(Boolean).join(' ') } : mistake,
    );
  }
  const matches = runs.filter(
    (run) =>
      (pipeline === undefined || run.pipeline === pipeline) &&
      (stage === undefined || stagesOf(run).includes(stage)) &&
      (since === undefined || run.startedAt >= since) &&
      (failed !== true || run.outcome === 'failed' || run.outcome === 'killed') &&
      conditions.every(({ name, holds }) =>
        findNumbers(run, name).some(({ value }) => value !== null && holds(value)),
      ),
  );
  return ok(inOrder(matches, query));
}

/** The names of a run's stages, and the names shared by all instances of a stage. */
const stagesOf = ({ record }: PastRun): readonly string[] =>
  Object.keys(record?.stages ?? {}).flatMap((stage) => [stage, baseName(stage)]);

const cutHint = 'A stage had more numbers than a history keeps: its metrics file has all.';

function unknown(what: string, name: string, known: Iterable<string>): Explanation {
  const hint = suggest(name, known) ?? thereAre(name, known);
  return { message: `There is no ${what} "${name}"`, hint };
}

/** The name in a condition such as `test.auc>0.8`; undefined for a text in another form. */
export const conditionName = (text: string): string | undefined => parseCondition(text)?.name;

function parseCondition(text: string): Condition | undefined {
  const [, name, operator, number] =
    /^\s*(.+?)\s*(>=|<=|!=|==|=|>|<)\s*(-?[\d.]+(?:e-?\d+)?)\s*$/i.exec(text) ?? [];
  const bound = Number(number);
  if (name === undefined || Number.isNaN(bound)) return undefined;
  const comparisons: Readonly<Record<string, (value: number) => boolean>> = {
    '>': (value) => value > bound,
    '>=': (value) => value >= bound,
    '<': (value) => value < bound,
    '<=': (value) => value <= bound,
    '=': (value) => value === bound,
    '==': (value) => value === bound,
    '!=': (value) => value !== bound,
  };
  return { name, holds: comparisons[operator!]! };
}

/** Runs without the number come last in either order. */
function inOrder(
  runs: readonly PastRun[],
  { sort, reverse = false }: RunQuery,
): readonly PastRun[] {
  if (sort === undefined) return reverse ? runs.toReversed() : runs;
  const keyed = runs.map((run) => ({ run, key: keyOf(run, sort, reverse) }));
  const measured = keyed.filter(({ key }) => key !== undefined);
  measured.sort((a, b) => (reverse ? a.key! - b.key! : b.key! - a.key!));
  return [...measured, ...keyed.filter(({ key }) => key === undefined)].map(({ run }) => run);
}

/** The first of several instances in this order. */
function keyOf(run: PastRun, sort: string, reverse: boolean): number | undefined {
  const values =
    sort === 'duration' ? [run.seconds] : findNumbers(run, sort).map(({ value }) => value);
  const known = values.filter((value) => value != null);
  if (known.length === 0) return undefined;
  return reverse ? Math.min(...known) : Math.max(...known);
}
