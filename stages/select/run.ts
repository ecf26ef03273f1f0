import { cpSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import {
  betterFirst,
  type MetricName,
  metric,
} from '../../src/learning/metrics/metric-catalogue.ts';
import { parseMetrics } from '../../src/learning/metrics/metrics-file.ts';
import { nameByLabels, pairByLabels } from '../../src/learning/metrics/pair-by-labels.ts';
import { cures, isNearConstant, oneClassWords } from '../../src/learning/training/collapse.ts';
import { selectionSplit } from '../../src/learning/training/splits.ts';
import { type InputArtifact, type StageContext, StageError } from '../../src/stage.ts';
import { thereAre } from '../../src/suggest.ts';
import type { SelectSettings } from './spec.ts';

/** A model that may be chosen, by its labels, and its name for messages. */
interface Candidate extends InputArtifact, ReturnType<typeof readMetrics> {
  readonly name: string;
}

export default async function run(context: StageContext<SelectSettings>): Promise<void> {
  const { by, count, curve } = context.settings;
  const models = context.inputs('models');
  const candidates = pairByLabels(models, context.inputs('metrics'), {
    one: 'model',
    other: 'metrics',
  }).map(({ one: { labels, path }, other: metrics }, index): Candidate => {
    const name = nameByLabels(models, index);
    return { labels, name, path, ...readMetrics(metrics.path, name, by) };
  });
  const all = candidates.map(({ values }) => values);
  const choice = choose(all, by);
  if (choice === undefined)
    throw new StageError(`Expected a model with a value of ${selectionSplit}.${by}, got none.`);
  const { name, path, collapse } = candidates[choice.best]!;
  if (!statSync(path).isDirectory()) {
    throw new StageError(`Expected a model, which is a folder, got a file: ${name}.`);
  }
  cpSync(path, context.output('model'), { recursive: true, dereference: true });
  if (count !== undefined && choice.ranking.length < count) {
    throw new StageError(
      `Expected ${count} models with a value of ${selectionSplit}.${by}, got ${choice.ranking.length}.`,
    );
  }
  writeFileSync(context.output('choice'), formatChoice(candidates, choice, by, count));
  if (curve) {
    const { drawSweep } = await import('./sweep-chart.ts'); // loads Vega
    await drawSweep(context, { values: all.map((values) => values[by] ?? null), by });
  }
  if (choice.tied.length > 1) context.warn(tieLine(candidates, choice, by));
  if (collapse !== undefined)
    context.warn(`The chosen model, ${name}, learned nothing: it calls ${collapse}. ${cures}`);
  const measures = shownBy(by);
  const markOf = (index: number) => {
    if (index === choice.best) return 'chosen';
    if (choice.ranking.slice(0, count ?? 0).includes(index)) return 'advances';
    return choice.tied.includes(index) ? 'tied' : '';
  };
  context.highlight({
    title: `Models by ${by} on ${selectionSplit}`,
    role: 'choice',
    columns: ['model', ...measures, 'chosen'],
    rows: candidates.map(({ name, values }, index) => [
      name,
      ...measures.map((measure) => values[measure]?.toFixed(4) ?? '–'),
      markOf(index),
    ]),
  });
}

/**
 * A model's values on the validation split, and what it calls every image there if it learned
 * nothing.
 */
function readMetrics(path: string, name: string, by: MetricName) {
  const metrics = parseMetrics(readFileSync(path, 'utf8'));
  if (!metrics.ok) throw new StageError(`input "metrics" of ${name}: ${metrics.error}`);
  const { values } = metrics.value;
  const known = shownBy(by).filter((measure) => values.has(`${selectionSplit}.${measure}`));
  if (known.length === 0) {
    throw new StageError(
      `Expected metrics of the split "${selectionSplit}", which alone selects, for ${name}, got none. ${thereAre(selectionSplit, values.keys())}`,
    );
  }
  const selected: Values = Object.fromEntries(
    known.map((metric) => [metric, values.get(`${selectionSplit}.${metric}`)!]),
  );
  return { values: selected, collapse: collapseOf(values) };
}

const shownBy = (by: MetricName): readonly MetricName[] => [
  ...new Set<MetricName>([...measures, by]),
];

/** By the counts of `evaluate`; undefined where the metrics do not have them. */
function collapseOf(values: ReadonlyMap<string, number | null>): string | undefined {
  const value = (metric: string) => values.get(`${selectionSplit}.${metric}`) ?? Number.NaN;
  const called = `${selectionSplit}.called.`;
  const names = [...values.keys()]
    .filter((key) => key.startsWith(called))
    .map((key) => key.slice(called.length));
  const images = Object.fromEntries(
    names.map((name) => [name, values.get(`${selectionSplit}.counts.${name}`) ?? value(name)]),
  );
  const [only, ...furtherCalled] = names.filter((name) => value(`called.${name}`) > 0);
  const present = names.filter((name) => images[name]! > 0);
  if (only === undefined || furtherCalled.length > 0 || present.length < 2) return undefined;
  return isNearConstant(value('loss'), images)
    ? oneClassWords(only, value('loss'), images)
    : undefined;
}

function tieLine(
  candidates: readonly Candidate[],
  { best, tied, decidedBy }: Choice,
  by: string,
): string {
  const names = tied.map((index) => candidates[index]!.name).join('; ');
  const reason = decidedBy === 'loss' ? 'its loss is the lowest' : 'it comes first';
  return `${tied.length} models tie at the best ${by} on ${selectionSplit}: ${names}. ${candidates[best]!.name} is chosen, since ${reason}.`;
}

function formatChoice(
  candidates: readonly Candidate[],
  { best, tied, decidedBy, ranking }: Choice,
  by: MetricName,
  count: number | undefined,
): string {
  const of = ({ labels, values }: Candidate) => ({ labels, ...values });
  const choice = {
    split: selectionSplit,
    by,
    chosen: of(candidates[best]!),
    tied: tied.filter((index) => index !== best).map((index) => of(candidates[index]!)),
    ...(decidedBy === undefined ? {} : { decidedBy }),
    ...(count !== undefined && {
      count,
      ranking: ranking.map((index) => candidates[index]!.labels),
    }),
    candidates: candidates.map(of),
  };
  return `${JSON.stringify(choice, null, 2)}\n`;
}

/** The measures that the table of models always shows. */
const measures = ['accuracy', 'auc', 'loss'] as const;

/** A model's values on the validation split; null or absent where undefined. */
export type Values = Readonly<Partial<Record<MetricName, number | null>>>;

/** The chosen model, by its index, and why. */
export type Choice = NonNullable<ReturnType<typeof choose>>;

/**
 * The index of the best model by one metric of the catalogue. Ties go to the lowest loss, then to
 * the first, as epochs do in training; `tied` are the indices of all models with the best value,
 * itself among them. `ranking` has the indices of all models with a value, the best first, in the
 * same order. Undefined when no model has a value.
 *
 * Example: accuracies 0.7, 0.8, 0.8 with losses 0.6, 0.5, 0.4 choose the third, tied with the
 * second.
 */
export function choose(models: readonly Values[], by: MetricName) {
  const compare = (name: MetricName) => (i: number, j: number) => {
    const a = models[i]![name] ?? Number.NaN;
    const b = models[j]![name] ?? Number.NaN;
    if (Number.isNaN(a) || Number.isNaN(b))
      return Number(Number.isNaN(a)) - Number(Number.isNaN(b)); // a missing value comes last
    return betterFirst(metric(name), a, b);
  };
  const byMetric = compare(by);
  const byLoss = compare('loss');
  const valued = [...models.keys()].filter(
    (index) => !Number.isNaN(models[index]![by] ?? Number.NaN),
  );
  const ranking = valued.toSorted((i, j) => byMetric(i, j) || byLoss(i, j) || i - j);
  const [best] = ranking;
  if (best === undefined) return undefined;
  const tied = valued.filter((index) => byMetric(index, best) === 0);
  const leaders = tied.filter((index) => byLoss(index, best) === 0);
  const tieBreak = leaders.length === 1 ? 'loss' : 'order';
  const decidedBy = tied.length === 1 ? undefined : tieBreak;
  return { best, tied, decidedBy, ranking };
}
