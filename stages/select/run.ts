import { cpSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { parseMetrics } from '../../src/learning/metrics/metrics-file.ts';
import { nameByLabels, pairByLabels } from '../../src/learning/metrics/pair-by-labels.ts';
import { cures, isNearConstant, oneClassWords } from '../../src/learning/training/collapse.ts';
import { selectionSplit } from '../../src/learning/training/split-names.ts';
import { type StageContext, StageError } from '../../src/stage.ts';
import { thereAre } from '../../src/suggest.ts';
import { type Choice, choose, measures, type Values } from './choose.ts';
import type { SelectSettings } from './spec.ts';

/** A model that may be chosen. */
interface Candidate {
  readonly labels: Readonly<Record<string, string>>;
  readonly path: string;
  readonly values: Values;
  /** How every image of val is called, where the model learned nothing. */
  readonly collapse: string | undefined;
}

export default async function run(context: StageContext<SelectSettings>): Promise<void> {
  const { by } = context.settings;
  const models = context.inputs('models');
  const candidates = pairByLabels(models, context.inputs('metrics'), { one: 'model', other: 'metrics' }).map(
    ({ one: { labels, path }, other }, index): Candidate => {
      const metrics = readMetrics(other.path, nameByLabels(models, index));
      return { labels, path, values: valuesOf(metrics), collapse: collapseOf(metrics) };
    },
  );
  const choice = choose(
    candidates.map(({ values }) => values),
    by,
  );
  if (choice === undefined) throw new StageError(`Expected a model with a value of ${selectionSplit}.${by}, got none.`);
  const best = candidates[choice.best]!;
  if (!statSync(best.path).isDirectory()) {
    throw new StageError(`Expected a model, which is a folder, got a file: ${nameByLabels(candidates, choice.best)}.`);
  }
  cpSync(best.path, context.output('model'), { recursive: true, dereference: true });
  writeFileSync(context.output('choice'), formatChoice(candidates, choice, by));
  if (choice.tied.length > 1) context.warn(tieLine(candidates, choice, by));
  if (best.collapse !== undefined) {
    const name = nameByLabels(candidates, choice.best);
    context.warn(`The chosen model, ${name}, learned nothing: it calls ${best.collapse}. ${cures}`);
  }
  context.highlight({
    title: `Models by ${by} on ${selectionSplit}`,
    columns: ['model', ...measures, 'chosen'],
    rows: candidates.map(({ values }, index) => [
      nameByLabels(candidates, index),
      ...measures.map((measure) => values[measure]?.toFixed(4) ?? '–'),
      index === choice.best ? 'chosen' : choice.tied.includes(index) ? 'tied' : '',
    ]),
  });
}

type Metrics = ReadonlyMap<string, number | null>;

function readMetrics(path: string, name: string): Metrics {
  const metrics = parseMetrics(readFileSync(path, 'utf8'));
  if (!metrics.ok) throw new StageError(`input "metrics" of ${name}: ${metrics.error}`);
  const { values } = metrics.value;
  if (measures.some((measure) => values.has(`${selectionSplit}.${measure}`))) return values;
  throw new StageError(
    `Expected metrics of the split "${selectionSplit}", which alone selects, for ${name}, got none. ${thereAre(selectionSplit, values.keys())}`,
  );
}

const valuesOf = (metrics: Metrics): Values =>
  Object.fromEntries(
    measures.flatMap((measure) => {
      const value = metrics.get(`${selectionSplit}.${measure}`);
      return value === undefined ? [] : [[measure, value]];
    }),
  );

/** As evaluate counts what images are and what they are called; undefined where metrics do not say so, too. */
function collapseOf(metrics: Metrics): string | undefined {
  const [loss, real, fake, calledReal, calledFake] = ['loss', 'real', 'fake', 'called.real', 'called.fake'].map(
    (name) => metrics.get(`${selectionSplit}.${name}`) ?? Number.NaN,
  ) as [number, number, number, number, number];
  if (!(real > 0 && fake > 0 && (calledReal === 0 || calledFake === 0))) return undefined;
  if (!isNearConstant(loss, { real, fake })) return undefined;
  return oneClassWords(calledReal === 0 ? 'fake' : 'real', loss, { real, fake });
}

function tieLine(candidates: readonly Candidate[], { best, tied, decidedBy }: Choice, by: string): string {
  const names = tied.map((index) => nameByLabels(candidates, index)).join('; ');
  const reason = decidedBy === 'loss' ? 'its loss is the lowest' : 'it comes first';
  return `${tied.length} models tie at the best ${by} on ${selectionSplit}: ${names}. Taken is ${nameByLabels(candidates, best)}, since ${reason}.`;
}

function formatChoice(candidates: readonly Candidate[], { best, tied, decidedBy }: Choice, by: string): string {
  const of = ({ labels, values }: Candidate) => ({ labels, ...values });
  const choice = {
    split: selectionSplit,
    by,
    chosen: of(candidates[best]!),
    tied: tied.filter((index) => index !== best).map((index) => of(candidates[index]!)),
    ...(decidedBy === undefined ? {} : { decidedBy }),
    candidates: candidates.map(of),
  };
  return `${JSON.stringify(choice, null, 2)}\n`;
}
