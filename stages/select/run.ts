import { cpSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { parseMetrics } from '../../src/metrics/metrics-file.ts';
import { type InputArtifact, type StageContext, StageError } from '../../src/stage.ts';
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
  const candidates = pair(context.inputs('models'), context.inputs('metrics'));
  const choice = choose(
    candidates.map(({ values }) => values),
    by,
  );
  if (choice === undefined) throw new StageError(`Expected a model with a value of ${selectionSplit}.${by}, got none.`);
  const best = candidates[choice.best]!;
  if (!statSync(best.path).isDirectory()) {
    throw new StageError(`Expected a model, which is a folder, got a file: ${nameOf(candidates, choice.best)}.`);
  }
  cpSync(best.path, context.output('model'), { recursive: true, dereference: true });
  writeFileSync(context.output('choice'), formatChoice(candidates, choice, by));
  if (choice.tied.length > 1) context.warn(tieLine(candidates, choice, by));
  context.highlight({
    title: `Models by ${by} on ${selectionSplit}`,
    columns: ['model', ...measures, 'chosen'],
    rows: candidates.map(({ values }, index) => [
      nameOf(candidates, index),
      ...measures.map((measure) => values[measure]?.toFixed(4) ?? '–'),
      index === choice.best ? 'chosen' : choice.tied.includes(index) ? 'tied' : '',
    ]),
  });
}

/** Each model with its metrics. They come in one order; where both are told by axis values, these must agree. */
function pair(models: readonly InputArtifact[], metrics: readonly InputArtifact[]): readonly Candidate[] {
  if (models.length !== metrics.length) {
    throw new StageError(`Expected metrics for each of ${models.length} models, got ${metrics.length}.`);
  }
  return models.map(({ labels, path }, index) => {
    const other = metrics[index]!;
    const [ours, theirs] = [axesOf(labels), axesOf(other.labels)];
    if (ours !== theirs) {
      throw new StageError(
        `Expected the metrics of the models in the same order, but the model ${index + 1} is ${ours || 'without axes'}, and its metrics are ${theirs || 'without axes'}.`,
      );
    }
    return { labels, path, values: readValues(other.path, nameOf(models, index)) };
  });
}

/** `net=my-net, seed=2`, whatever the order; the names of stages and paths differ between a model and its metrics. */
function axesOf(labels: Readonly<Record<string, string>>): string {
  const axes = Object.entries(labels).filter(([name]) => name !== 'stage' && name !== 'path');
  return axes
    .map(([name, value]) => `${name}=${value}`)
    .sort()
    .join(', ');
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
    `Expected metrics of the split "${selectionSplit}", which alone selects, for ${name}; there are ${[...metrics.value.values.keys()].join(', ') || 'none'}.`,
  );
}

/** How a model is told from the others: `net=my-net, seed=2`, or its place. */
function nameOf(models: readonly { readonly labels: Readonly<Record<string, string>> }[], index: number): string {
  const labels = Object.entries(models[index]!.labels);
  return labels.map(([name, value]) => `${name}=${value}`).join(', ') || `model ${index + 1}`;
}

function tieLine(candidates: readonly Candidate[], { best, tied, decidedBy }: Choice, by: string): string {
  const names = tied.map((index) => nameOf(candidates, index)).join('; ');
  const reason = decidedBy === 'loss' ? 'its loss is the lowest' : 'it comes first';
  return `${tied.length} models tie at the best ${by} on ${selectionSplit}: ${names}. Taken is ${nameOf(candidates, best)}, since ${reason}.`;
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
