import { z } from 'zod';
import type { JsonObject } from '../../src/json.ts';
import { metricMissing } from '../../src/learning/metrics/known-classes.ts';
import { splitMissing } from '../../src/learning/metrics/known-splits.ts';
import {
  chosenBy,
  type MetricName,
  metricCatalogue,
} from '../../src/learning/metrics/metric-catalogue.ts';
import { chosenByTest } from '../../src/learning/metrics/reported-split.ts';
import { cornersOf } from '../../src/learning/sampling/corners.ts';
import { rungsOf } from '../../src/learning/sampling/halving.ts';
import { defaultStartup, samplerNames, samplers } from '../../src/learning/sampling/samplers.ts';
import { mostDimensions } from '../../src/learning/sampling/sobol.ts';
import {
  conditionsOf,
  indexInChoice,
  isInside,
  type Space,
  type Values,
} from '../../src/learning/sampling/space.ts';
import {
  selectionSplit,
  withoutSelectionSplit,
  withSelectionSplit,
} from '../../src/learning/training/splits.ts';
import { output, text, whole } from '../../src/spec-parts.ts';
import { defineKind, type KnownInputs, type SettingMistake, type Told } from '../../src/stage.ts';

const ends = (bound: z.ZodNumber) =>
  z.tuple([bound, bound]).refine(([low, high]) => low < high, 'expected the lower bound first');
const value = z.json();
const when = z
  .record(z.string(), z.union([value, z.array(value)]))
  .exactOptional()
  .describe('The values, one or a list, that others must have; else the parameter does not exist.');

const parameter = z.union(
  [
    z.strictObject({ uniform: ends(z.number()), when }),
    z.strictObject({ logUniform: ends(z.number().positive()), when }),
    z.strictObject({ int: ends(z.int()), when }),
    z.strictObject({ choice: z.array(value).min(1), when }),
  ],
  { error: '{ uniform: [low, high] }, { logUniform: … }, { int: … } or { choice: […] }' },
);

const direction = z.enum(['higher', 'lower']).exactOptional();
const name = z.string().regex(/^[A-Za-z_][\w-]*$/, 'expected letters, digits, "-" and "_"');

const settings = z.strictObject({
  space: z
    .record(name, parameter)
    .refine((space) => Object.keys(space).length > 0, 'expected a parameter')
    .describe(
      'The parameters by name: `uniform`, `logUniform`, `int` (both ends included) or `choice`; a parameter with `when: { optimizer: sgd }` exists only beside this value.',
    ),
  by: text
    .exactOptional()
    .describe(
      'The number in the metrics that counts, such as `auc`, which is `val.auc`; of several metrics of a trial, its mean.',
    ),
  better: direction.describe(
    'Whether `higher` or `lower` is better; not needed for a metric of `evaluate`.',
  ),
  sampler: z
    .enum(samplerNames)
    .default('tpe')
    .describe(
      `How values are proposed: ${samplerNames.map((each) => `\`${each}\`, ${samplers[each].summary}`).join('; ')}.`,
    ),
  seed: z.int().default(1).describe('Decides the values, with the trials before.'),
  startup: whole(1)
    .default(defaultStartup)
    .describe('So many trials must have ended before a sampler learns of them.'),
  enqueue: z
    .record(z.string().regex(/^[1-9]\d*$/, 'expected the number of a trial'), z.record(name, value))
    .exactOptional()
    .describe(
      'Values that certain trials must have, by number: `{ 1: { rate: 0.001 } }`; the others are drawn.',
    ),
  halving: z
    .strictObject({
      resource: name.describe('The value that says how far a trial goes, such as `epochs`.'),
      least: whole(1).default(1).describe('How far a trial goes at first.'),
      most: whole(1).describe('How far the best go: `least` times a power of `factor`.'),
      factor: whole(2)
        .default(3)
        .describe('One of so many advances, and goes so many times further.'),
    })
    .exactOptional()
    .describe('Asynchronous successive halving: only the best trials go further.'),
  prune: z
    .strictObject({
      curve: text
        .exactOptional()
        .describe('The curve that counts, such as `val.loss`; `by` when left out.'),
      from: whole(1).default(1).describe('The first step at which a trial may end.'),
      trials: whole(1)
        .default(5)
        .describe('So many trials must have come to a step before one may end there.'),
    })
    .exactOptional()
    .describe(
      'Gives each trial `bounds`: for each step, the median of what the trials before had reached by then. A training ends where it is worse.',
    ),
});

/** The settings as written, and what a run says of the trials before. */
export type SearchSettings = z.output<typeof settings> & { readonly told?: Told };

/** The value of a trial that says how good it must be at each step. */
export const boundsName = 'bounds';

export const spec = defineKind<SearchSettings>({
  name: 'search',
  version: 2,
  summary: 'Proposes the trials of a search, each by those that have ended before.',
  settings,
  inputs: {
    metrics: {
      type: 'metrics',
      summary: 'The metrics of the trials: `[scores.metrics]`. A trial reads those before it.',
      list: true,
      optional: true,
    },
    curves: {
      type: ['history', 'files'],
      summary: 'How the trials went, step by step, for `prune`: `[fit.history]`.',
      list: true,
      optional: true,
    },
    previous: {
      type: 'files',
      summary: 'The trial before, which a run connects by itself.',
      optional: true,
    },
  },
  outputs: {
    trial: output.json('JSON: the values of a trial, and the trials before as they were known.'),
  },
  proposes: {
    output: 'trial',
    previous: 'previous',
    history: ['metrics', 'curves'],
    unlisted: [boundsName],
    examples: ({ space, halving, prune }) =>
      cornersOf(space, halving).map((values, corner) =>
        prune === undefined || corner > 0 ? values : { ...values, [boundsName]: [false, 0.5] },
      ),
    narrowed: (given, trial) => narrowed(given, trial),
  },
  check: (given, inputs) => [
    ...spaceMistakes(given.space),
    ...objectiveMistakes(given, inputs),
    ...halvingMistakes(given),
    ...pruneMistakes(given, inputs),
    ...enqueuedMistakes(given),
  ],
  checkInputs: (given, inputs) => [
    ...measureMistakes(given, inputs),
    ...curveMistakes(given, inputs),
  ],
  example: `search:
  kind: search
  inputs: { metrics: [scores.metrics] }
  with:
    by: val.auc
    space: { rate: { logUniform: [0.0001, 0.1] }, width: { choice: [8, 16] } }
fit:
  kind: train
  matrix: { trial: { by: search.trial, count: 20 } }
  inputs: { dataset: faces.dataset }
  with: { optimizer: { kind: adam, learningRate: "\${matrix.trial.rate}" } }
scores:
  kind: evaluate
  inputs: { model: fit.model, dataset: faces.dataset }
  with: { splits: [val] }
`,
});

/** A trial depends only on the enqueued values of its own. */
function narrowed(given: JsonObject, trial: number): JsonObject {
  const { enqueue, ...others } = given;
  const own = (enqueue as JsonObject | undefined)?.[String(trial)];
  return own === undefined ? others : { ...others, enqueue: { [String(trial)]: own } };
}

/** Whether a higher value of a number is better; undefined where nobody says. */
export const directionOf = (by: string, better: SearchSettings['better']): typeof better =>
  better ?? directionOfMetric(by);

/**
 * The same of a curve. `better` is of the number under `by`: of another curve it counts only where
 * that is no metric, since the loss falls while the AUC under `by` rises.
 */
export const directionOfCurve = (curve: string, { by, better }: SearchSettings): typeof better =>
  by !== undefined && withSelectionSplit(curve) === withSelectionSplit(by)
    ? directionOf(by, better)
    : (directionOfMetric(curve) ?? better);

const directionOfMetric = (name: string): SearchSettings['better'] =>
  metricCatalogue.find((metric) => metric.name === name.split('.').at(-1))?.better;

/** Mistakes in conditions: they name an earlier parameter, and values that it can have. */
function spaceMistakes(space: Space): readonly SettingMistake[] {
  const known: string[] = [];
  return Object.entries(space).flatMap(([parameter, { when = {} }]) => {
    const mistakes = Object.entries(when).flatMap(([other, wanted]): readonly SettingMistake[] => {
      const at = ['space', parameter, 'when', other];
      const range = space[other];
      if (range === undefined || !known.includes(other)) {
        const message = `expected a parameter above "${parameter}", got "${other}"`;
        return [{ at, message, unknown: { name: other, known } }];
      }
      const allowed = Array.isArray(wanted) ? wanted : [wanted];
      const outside = allowed.find((each) => !isInside(range, each));
      const message = `"${other}" never has the value ${JSON.stringify(outside)}`;
      return outside === undefined ? [] : [{ at, message }];
    });
    known.push(parameter);
    if (mistakes.length > 0 || conditionsOf(space, parameter) !== undefined) return mistakes;
    const message = `"${parameter}" exists in no trial: its conditions exclude each other`;
    return [{ at: ['space', parameter, 'when'], message }];
  });
}

function objectiveMistakes(
  { by, better, sampler, halving, space }: SearchSettings,
  inputs: ReadonlySet<string>,
): readonly SettingMistake[] {
  const mistakes: SettingMistake[] = [];
  const learns = samplers[sampler].learns || halving !== undefined;
  const asks = halving === undefined ? `the sampler ${sampler}` : 'halving';
  if (learns && by === undefined)
    mistakes.push({ at: ['by'], message: `${asks} needs the number that counts, as "by"` });
  if (learns && !inputs.has('metrics'))
    mistakes.push({ at: [], message: `${asks} needs the metrics of the trials, as an input` });
  if (by?.startsWith('test.')) mistakes.push({ at: ['by'], message: chosenByTest });
  if (by !== undefined && directionOf(by, better) === undefined)
    mistakes.push({ at: ['by'], message: `say whether higher or lower is better, as "better"` });
  if (sampler === 'sobol' && Object.keys(space).length > mostDimensions)
    mistakes.push({ at: ['space'], message: `sobol takes at most ${mostDimensions} parameters` });
  return mistakes;
}

/** A number under `by` that the metrics of the trials are known not to have. */
function measureMistakes({ by }: SearchSettings, inputs: KnownInputs): readonly SettingMistake[] {
  if (by === undefined) return [];
  const name = withoutSelectionSplit(by);
  const metric = chosenBy.find((known): known is MetricName => known === name);
  return metric === undefined
    ? []
    : [
        ...metricMissing(metric, inputs, 'metrics', { from: 2 }),
        ...splitMissing(selectionSplit, inputs, 'metrics'),
      ];
}

/** A curve by which a training is known not to end: its bounds would be those of another. */
function curveMistakes(
  { prune, by }: SearchSettings,
  inputs: KnownInputs,
): readonly SettingMistake[] {
  const curve = prune && (prune.curve ?? by);
  if (curve === undefined) return [];
  const at = prune!.curve === undefined ? ['prune'] : ['prune', 'curve'];
  const name = withSelectionSplit(curve);
  return inputs('curves').flatMap(({ facts }): readonly SettingMistake[] => {
    const { comparedCurve: compared, isBounded } = facts ?? {};
    if (compared === undefined) return []; // a program of the user's
    if (compared !== name) {
      const hint = `which "train" compares with the bounds, got ${name}: give both the same "by"`;
      return [{ at, message: `expected the curve ${compared}, ${hint}` }];
    }
    const settings = 'earlyStopping: { bounds: "${matrix.trial.bounds}" }';
    return isBounded ? [] : [{ at, message: `"train" needs the bounds, as ${settings}` }];
  });
}

function halvingMistakes({ halving, space }: SearchSettings): readonly SettingMistake[] {
  if (halving === undefined) return [];
  const { resource, most } = halving;
  const top = rungsOf(halving).at(-1);
  const mistakes: SettingMistake[] = [];
  if (resource in space)
    mistakes.push({ at: ['halving', 'resource'], message: `"${resource}" is in the space, too` });
  if (top !== most) {
    const power = `least (${halving.least}) times a power of factor (${halving.factor})`;
    const near = top === undefined ? '' : `, such as ${top}`;
    mistakes.push({ at: ['halving', 'most'], message: `expected ${power}${near}, got ${most}` });
  }
  return mistakes;
}

function pruneMistakes(
  given: SearchSettings,
  inputs: ReadonlySet<string>,
): readonly SettingMistake[] {
  const { prune, by, halving, space } = given;
  if (prune === undefined) return [];
  const mistakes: SettingMistake[] = [];
  const curve = prune.curve ?? by;
  if (curve === undefined)
    mistakes.push({ at: ['prune'], message: 'say which curve counts, as "curve"' });
  else if (directionOfCurve(curve, given) === undefined)
    mistakes.push({ at: ['prune'], message: 'say whether higher or lower is better, as "better"' });
  if (!inputs.has('curves'))
    mistakes.push({ at: ['prune'], message: 'needs the curves of the trials, as an input' });
  if (halving !== undefined)
    mistakes.push({ at: ['prune'], message: 'halving ends weak trials already' });
  if (boundsName in space)
    mistakes.push({
      at: ['space', boundsName],
      message: '"prune" gives trials a value of this name',
    });
  return mistakes;
}

function enqueuedMistakes({
  enqueue = {},
  space,
  halving,
}: SearchSettings): readonly SettingMistake[] {
  return Object.entries(enqueue).flatMap(([trial, values]) =>
    Object.entries(values).flatMap(([parameter, wanted]): readonly SettingMistake[] => {
      const at = ['enqueue', trial, parameter];
      if (halving?.resource === parameter) {
        const rungs = rungsOf(halving);
        const message = `expected one of ${rungs.join(', ')}, got ${JSON.stringify(wanted)}`;
        return indexInChoice(rungs, wanted) < 0 ? [{ at, message }] : [];
      }
      const range = space[parameter];
      const known = Object.keys(space);
      if (range === undefined)
        return [
          { at, message: `the space has no "${parameter}"`, unknown: { name: parameter, known } },
        ];
      const message = `${JSON.stringify(wanted)} is outside of the space`;
      if (!isInside(range, wanted)) return [{ at, message }];
      return conditionMistakes(space, values, parameter).map((each) => ({ at, message: each }));
    }),
  );
}

/** Why an enqueued parameter may not exist in its trial: values that it needs are not enqueued. */
function conditionMistakes(space: Space, values: Values, parameter: string): readonly string[] {
  const conditions = Object.entries(conditionsOf(space, parameter) ?? {});
  return conditions.flatMap(([other, allowed]) => {
    const value = values[other];
    const range = space[other]!;
    const isAlways =
      'choice' in range && range.choice.every((each) => indexInChoice(allowed, each) >= 0);
    if (value === undefined ? isAlways : indexInChoice(allowed, value) >= 0) return [];
    const needed = allowed.map((each) => `${other}: ${JSON.stringify(each)}`).join(' or ');
    const got = value === undefined ? 'which is not enqueued' : `got ${JSON.stringify(value)}`;
    return [`"${parameter}" exists only with ${needed}, ${got}`];
  });
}
