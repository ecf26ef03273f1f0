import { cpSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { thereAre } from '../../src/diagnostics/suggest.ts';
import { parseMetrics } from '../../src/metrics/metrics-file.ts';
import { nameByLabels, pairByLabels } from '../../src/pair-by-labels.ts';
import { type StageContext, StageError } from '../../src/stage.ts';
import { selectionSplit } from '../../src/training/split-names.ts';
import { type Choice, choose, measures, type Values } from './choose.ts';
import type { SelectSettings } from './spec.ts';

/** A model that may be chosen. */
interface Candidate {
  readonly labels: Readonly<Record<string, string>>;
  readonly path: string;
  readonly values: Values;
}

export default async function run(context: StageContext<SelectSettings>): Promise<void> {
  const { by } = context.settings;
  const models = context.inputs('models');
  const candidates = pairByLabels(models, context.inputs('metrics'), { one: 'model', other: 'metrics' }).map(
    ({ one: { labels, path }, other }, index): Candidate => ({
      labels,
      path,
      values: readValues(other.path, nameByLabels(models, index)),
    }),
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

function readValues(path: string, name: string): Values {
  const metrics = parseMetrics(readFileSync(path, 'utf8'));
  if (!metrics.ok) throw new StageError(`input "metrics" of ${name}: ${metrics.error}`);
  const values = measures.flatMap((measure) => {
    const value = metrics.value.values.get(`${selectionSplit}.${measure}`);
    return value === undefined ? [] : [[measure, value] as const];
  });
  if (values.length > 0) return Object.fromEntries(values);
  throw new StageError(
    `Expected metrics of the split "${selectionSplit}", which alone selects, for ${name}, got none. ${thereAre(selectionSplit, metrics.value.values.keys())}`,
  );
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
