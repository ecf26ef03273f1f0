import { cpSync, statSync, writeFileSync } from 'node:fs';
import { csvTable } from '../../src/csv.ts';
import { formatDecimal } from '../../src/format-numbers.ts';
import { findMetric } from '../../src/learning/metrics/metric-catalogue.ts';
import { cures } from '../../src/learning/training/collapse.ts';
import { selectionSplit } from '../../src/learning/training/splits.ts';
import { type StageContext, StageError } from '../../src/stage.ts';
import { type Candidate, type Member, readCandidates, shownBy, wordOf } from './candidates.ts';
import { type Choice, choose, paretoFront, type Ranking } from './choose.ts';
import { type Constraint, type Criterion, criterionOf, keeps, readConstraint } from './criteria.ts';
import type { SelectSettings } from './spec.ts';

type Context = StageContext<SelectSettings>;

/** What is to be chosen by, with the constraints. */
interface Rules extends Ranking {
  readonly where: readonly Constraint[];
  readonly front: readonly Criterion[];
}

/** Candidates with the choice among those that keep within the constraints. */
interface Selection {
  readonly candidates: readonly Candidate[];
  /** The first constraint that a candidate does not keep within; undefined for none. */
  readonly broken: readonly (Constraint | undefined)[];
  /** Its indices are those of the candidates. */
  readonly choice: Choice;
}

export default async function run(context: Context): Promise<void> {
  const { by, count, curve } = context.settings;
  const rules = rulesOf(context.settings);
  const further = [...rules.where, ...rules.front, ...rules.ties].map(({ name }) => name);
  const asked = [...new Set(further)].filter((name) => !shownBy(by).includes(name));
  const candidates = readCandidates(context, asked);
  const selection = select(context, candidates, rules);
  const { choice, broken } = selection;
  const chosen = candidates[choice.best]!;
  const best = bestMember(chosen, rules);
  passOn(context, best);
  if (count !== undefined && choice.ranking.length < count) {
    throw new StageError(
      `Expected ${count} ${wordOf(context)}s with ${wanted(rules)}, got ${choice.ranking.length}.`,
    );
  }
  writeFileSync(context.output('choice'), formatChoice(selection, rules, count));
  if (curve) {
    const { drawSweep } = await import('./sweep-chart.ts'); // loads Vega
    const values = candidates.map(({ values }) => values[by] ?? null);
    await drawSweep(context, { values, by: rules.by });
  }
  if (choice.tied.length > 1) context.warn(tieLine(context, selection, rules));
  if (best.collapse !== undefined)
    context.warn(
      `The chosen ${wordOf(context)}, ${best.name}, learned nothing: it calls ${best.collapse}. ${cures}`,
    );
  const columns = [...new Set([...shownBy(by), ...asked])];
  const word = wordOf(context);
  const markOf = (index: number) => {
    if (broken[index] !== undefined) return `not ${broken[index].text}`;
    if (index === choice.best) return 'chosen';
    if (choice.ranking.slice(0, count ?? 0).includes(index)) return 'advances';
    return choice.tied.includes(index) ? 'tied' : '';
  };
  context.highlight({
    title: `${word[0]!.toUpperCase()}${word.slice(1)}s by ${by} on ${selectionSplit}`,
    role: 'choice',
    columns: [word, ...columns, 'chosen'],
    rows: candidates.map(({ name, values }, index) => [
      name,
      ...columns.map((column) => shown(values[column])),
      markOf(index),
    ]),
  });
  if (rules.front.length > 0) await writeFront(context, selection, rules.front);
}

function rulesOf({ by, better, ties, where, front }: SelectSettings): Rules {
  const criterion = (name: string) => criterionOf(name, name === by ? better : undefined);
  return {
    by: criterion(by),
    ties: ties.filter((name) => name !== by).map(criterion),
    where: where.map(readConstraint),
    front: front.map(criterion),
  };
}

/** Chooses among the candidates. Throws a {@link StageError} where none may be chosen. */
function select(context: Context, candidates: readonly Candidate[], rules: Rules): Selection {
  const broken = candidates.map(({ values }) =>
    rules.where.find((constraint) => !keeps(constraint, values[constraint.name] ?? null)),
  );
  const allowed = [...candidates.keys()].filter((index) => broken[index] === undefined);
  const choice = choose(
    allowed.map((index) => candidates[index]!.values),
    rules,
  );
  if (choice === undefined) {
    throw new StageError(`Expected a ${wordOf(context)} with ${wanted(rules)}, got none.`);
  }
  const indexOf = (index: number) => allowed[index]!;
  return {
    candidates,
    broken,
    choice: {
      ...choice,
      best: indexOf(choice.best),
      tied: choice.tied.map(indexOf),
      ranking: choice.ranking.map(indexOf),
    },
  };
}

/** `a value of val.auc, and parameters < 1e6`. */
const wanted = ({ by, where }: Rules): string =>
  [`a value of ${selectionSplit}.${by.name}`, ...where.map(({ text }) => text)].join(', and ');

/** Of several pooled ones the best. */
function bestMember({ members }: Candidate, rules: Rules): Member {
  const { best = 0 } =
    choose(
      members.map(({ values }) => values),
      rules,
    ) ?? {};
  return members[best]!;
}

/** Copies the best artifact, where artifacts are given. */
function passOn(context: Context, { name, path }: Member): void {
  if (path === undefined) return;
  const isModel = wordOf(context) === 'model';
  if (isModel && !statSync(path).isDirectory()) {
    throw new StageError(`Expected a model, which is a folder, got a file: ${name}.`);
  }
  const to = context.output(isModel ? 'model' : 'artifact');
  cpSync(path, to, { recursive: true, dereference: true });
}

/** A number for a table: whole ones in full, others with four decimals. */
function shown(value: number | null | undefined): string {
  if (value === null || value === undefined) return '–';
  return Number.isInteger(value) && Math.abs(value) > 1 ? String(value) : formatDecimal(value, 4);
}

function tieLine(
  context: Context,
  { candidates, choice: { best, tied, decidedBy } }: Selection,
  { by, ties }: Rules,
): string {
  const names = tied.map((index) => candidates[index]!.name).join('; ');
  const decisive = ties.find(({ name }) => name === decidedBy);
  const title = findMetric(decidedBy ?? '')?.title ?? `number of ${decidedBy}`;
  const reason =
    decisive === undefined
      ? 'it comes first'
      : `its ${title} is the ${decisive.better === 'lower' ? 'lowest' : 'highest'}`;
  return `${tied.length} ${wordOf(context)}s tie at the best ${by.name} on ${selectionSplit}: ${names}. ${candidates[best]!.name} is chosen, since ${reason}.`;
}

function formatChoice(
  { candidates, broken, choice: { best, tied, decidedBy, ranking } }: Selection,
  { by }: Rules,
  count: number | undefined,
): string {
  const of = (index: number) => {
    const { labels, values, members } = candidates[index]!;
    const constraint = broken[index];
    return {
      labels,
      ...values,
      ...(members.length > 1 && {
        pooled: members.map(({ values }) => values[by.name] ?? null),
      }),
      ...(constraint !== undefined && { not: constraint.text }),
    };
  };
  const choice = {
    split: selectionSplit,
    by: by.name,
    chosen: of(best),
    tied: tied.filter((index) => index !== best).map(of),
    ...(decidedBy === undefined ? {} : { decidedBy }),
    ...(count !== undefined && {
      count,
      ranking: ranking.map((index) => candidates[index]!.labels),
    }),
    candidates: [...candidates.keys()].map(of),
  };
  return `${JSON.stringify(choice, null, 2)}\n`;
}

/** Writes the Pareto front among the candidates that keep within the constraints. */
async function writeFront(
  context: Context,
  { candidates, broken }: Selection,
  criteria: readonly Criterion[],
): Promise<void> {
  const allowed = candidates.filter((_, index) => broken[index] === undefined);
  const isOnFront = paretoFront(
    allowed.map(({ values }) => values),
    criteria,
  );
  const names = criteria.map(({ name }) => name);
  const points = allowed.map(({ labels, name, values }, index) => ({
    labels,
    name,
    values: names.map((key) => values[key] ?? null),
    isOnFront: isOnFront[index]!,
  }));
  const rows = points.map(({ labels, values, isOnFront }) => ({
    ...labels,
    ...Object.fromEntries(names.map((key, at) => [key, values[at] ?? undefined])),
    on_front: Number(isOnFront),
  }));
  writeFileSync(context.output('front'), csvTable(rows));
  const { drawFront } = await import('./front-chart.ts'); // loads Vega
  await drawFront(context, points, criteria);
  const front = points.filter(({ isOnFront }) => isOnFront);
  context.highlight({
    title: `Pareto front by ${names.join(', ')}: ${front.length} of ${points.length} ${wordOf(context)}s`,
    role: 'choice',
    columns: [wordOf(context), ...names],
    rows: front.map(({ name, values }) => [name, ...values.map(shown)]),
  });
}
