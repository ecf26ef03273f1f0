import { z } from 'zod';
import { factsOfClasses, metricMissing } from '../../src/learning/metrics/known-classes.ts';
import { splitMissing } from '../../src/learning/metrics/known-splits.ts';
import { chosenBy, type MetricName } from '../../src/learning/metrics/metric-catalogue.ts';
import { chosenByTest } from '../../src/learning/metrics/reported-split.ts';
import {
  selectionNumber,
  selectionSplit,
  withoutSelectionSplit,
} from '../../src/learning/training/splits.ts';
import { mistakeIf } from '../../src/setting-mistakes.ts';
import { count, flag, output, text } from '../../src/spec-parts.ts';
import { defineKind, type SettingMistake } from '../../src/stage.ts';
import { uniqueList } from '../../src/unique-list.ts';
import { constraintPattern, knownCriteria } from './criteria.ts';

const constraint = z
  .string()
  .regex(constraintPattern, 'expected a name, a relation and a number, such as "parameters < 1e6"')
  .overwrite((written) => withoutSelectionSplit(written.trimStart()));

const settings = z.strictObject({
  by: selectionNumber
    .default('accuracy')
    .describe(
      `The metric on the split ${selectionSplit}, such as auc: the highest, or the lowest where lower is better.`,
    ),
  better: z
    .enum(['higher', 'lower'])
    .exactOptional()
    .describe('For a number of your own under `by`: which is better.'),
  over: uniqueList(text, 'axis')
    .default([])
    .describe(
      'Axes that are pooled, such as [fold] or [seed]: a candidate counts by the mean over them. The artifact that is passed on is the best one of the chosen candidate.',
    ),
  where: uniqueList(constraint, 'constraint')
    .default([])
    .describe(
      `What a candidate must keep within to be chosen, such as [parameters < 1e6, loss < 0.5]: numbers of the split ${selectionSplit}, or of no split; with \`over\`, their means.`,
    ),
  ties: uniqueList(selectionNumber, 'name')
    .default(['loss'])
    .describe(
      'What decides between candidates of the same value, in this order: a metric, or `parameters`, of which fewer are better. Then the first candidate is chosen.',
    ),
  front: uniqueList(selectionNumber, 'name')
    .default([])
    .describe(
      'Also writes the candidates that no other one beats in all of these, the Pareto front, such as [auc, parameters].',
    ),
  count: count
    .exactOptional()
    .describe(
      'How many candidates advance to the next rung: `choice` then has their `ranking`, which slots of a matrix read; none when left out.',
    ),
  curve: flag.describe(
    'Also draws the value of every candidate in order, and the best so far: the output `curve`.',
  ),
});
export type SelectSettings = z.infer<typeof settings>;

export const spec = defineKind<SelectSettings>({
  name: 'select',
  version: 4,
  summary: `Chooses among models, or anything with metrics, by ${selectionSplit}, and passes on the best one; no other split counts.`,
  settings,
  inputs: {
    models: { type: 'model', summary: 'The models to choose from.', list: true, optional: true },
    artifacts: {
      type: 'any',
      summary: 'What to choose from in place of models, such as weights of a program of your own.',
      list: true,
      optional: true,
    },
    metrics: {
      type: 'metrics',
      summary: `The metrics of each, in the same order, with the split ${selectionSplit}; without models or artifacts, they alone are the candidates.`,
      list: true,
    },
  },
  axes: { over: ['metrics'] },
  outputs: {
    model: output.model('The best model, byte for byte.', { input: 'models' }),
    artifact: output.files('The best artifact, byte for byte.', { input: 'artifacts' }),
    choice: output.choice('JSON: the chosen candidate, those tied with it, and the values of all.'),
    front: output.table(
      'With `front`: CSV of the candidates, their numbers, and whether they are on the front.',
      { list: 'front' },
    ),
    frontChart: output.chart(
      'With `front`: the first two of its numbers against each other, and the front.',
      { list: 'front' },
    ),
    curve: output.chart(
      'With `curve: true`: the values in the order of the candidates, and the best so far.',
      'curve',
    ),
  },
  check: (given, inputs) => [
    ...mistakeIf(
      inputs.has('models') && inputs.has('artifacts'),
      [],
      'expected one of the inputs "models" and "artifacts", got both',
    ),
    ...unknownCriteria(given),
    ...mistakeIf(given.front.length === 1, ['front'], 'expected two names or more, got one'),
  ],
  facts: (_, inputs) => factsOfClasses(inputs, 'models'),
  checkInputs: ({ by }, inputs) => {
    const known = chosenBy.find((name): name is MetricName => name === by);
    return [
      ...metricMissing(known, inputs, 'metrics', { from: 2 }),
      ...splitMissing(selectionSplit, inputs, 'metrics'),
    ];
  },
  example: `best:
  kind: select
  inputs: { models: [fit.model], metrics: [scores.metrics] }
  with: { by: accuracy }
`,
});

/** Names of which nobody knows whether more is better. */
function unknownCriteria({ by, better, ties, front }: SelectSettings): readonly SettingMistake[] {
  const isKnown = (name: string) =>
    knownCriteria.includes(name) || (name === by && better !== undefined);
  const unknown = (name: string) => ({ name, known: knownCriteria });
  const inList = (setting: string, names: readonly string[]) =>
    names.flatMap((name, at) =>
      isKnown(name) || name === by
        ? []
        : [
            {
              at: [setting, at],
              message: `expected a metric, \`parameters\` or the one under "by", got "${name}"`,
              unknown: unknown(name),
            },
          ],
    );
  if (by.startsWith('test.'))
    return [
      {
        at: ['by'],
        message: chosenByTest,
      },
    ];
  const ofBy = isKnown(by)
    ? []
    : [
        {
          at: ['by'],
          message: `"${by}" is no metric of evaluate: for one of your own, say which is better, as in better: higher`,
          unknown: unknown(by),
        },
      ];
  return [...ofBy, ...inList('ties', ties), ...inList('front', front)];
}
