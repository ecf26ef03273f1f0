import { z } from 'zod';
import { defaultNames, negativeName, positiveName } from '../../default-class-names.ts';

// The settings of a training step: optimizer, loss and clipping. Light, since a spec has them;
// defaults are PyTorch's.

const positive = z.number().positive();
const share = z.number().min(0).lt(1);
const decay = z.number().nonnegative();
const learningRate = 'Step size, which a schedule may change over the epochs.';

const moments = {
  learningRate: positive.default(0.001).describe(learningRate),
  beta1: share.default(0.9).describe('Decay of the mean gradient.'),
  beta2: share.default(0.999).describe('Decay of the mean squared gradient.'),
  epsilon: positive.default(1e-8).describe('Added to the root of the mean squared gradient.'),
};
const addedDecay = decay
  .exactOptional()
  .describe('The share of each weight that is added to its gradient; none when left out.');

export const optimizerSettings = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('adam'), ...moments, weightDecay: addedDecay }),
  z.strictObject({
    kind: z.literal('adamw'),
    ...moments,
    weightDecay: decay
      .default(0.01)
      .describe('A step subtracts this share of each weight, times the learning rate.'),
  }),
  z
    .strictObject({
      kind: z.literal('sgd'),
      learningRate: positive.describe(learningRate),
      momentum: share.default(0).describe('Share of the last step that is added to this one.'),
      nesterov: z
        .boolean()
        .exactOptional()
        .describe('Whether to use Nesterov’s form of the momentum.'),
      weightDecay: addedDecay,
    })
    .refine(({ nesterov, momentum }) => nesterov !== true || momentum > 0, {
      path: ['nesterov'],
      message: 'expected a momentum above 0 with it',
    }),
]);
export type OptimizerSettings = z.infer<typeof optimizerSettings>;

/** Changes of the cross-entropy that a step minimises. */
export const lossSettings = z.strictObject({
  labelSmoothing: share
    .exactOptional()
    .describe('Share of every label that is spread evenly over all classes; none when left out.'),
  classWeights: z
    .union([z.array(positive).min(2), z.literal('balanced')], {
      error: `a number above 0 for each class, such as [1, 3] for ${negativeName} and for ${positiveName}, or balanced`,
    })
    .exactOptional()
    .describe(
      `Weights of the classes in the order of the data set, such as [${defaultNames.join(', ')}]. With balanced, all classes have the same total weight, however many images each has. Equal when left out.`,
    ),
});
export type LossSettings = z.infer<typeof lossSettings>;

/** The loss with every weight as a number; only the ratios of weights matter. */
export type Loss = Omit<LossSettings, 'classWeights'> & {
  readonly classWeights?: readonly number[];
};

/** The bound of gradients. */
export const clipSettings = z.union(
  [
    z.strictObject({
      norm: positive.describe(
        'Largest norm of all gradients together; larger ones are scaled down to it.',
      ),
    }),
    z.strictObject({
      value: positive.describe('Largest absolute value of each number of a gradient.'),
    }),
  ],
  { error: '{ norm: … } or { value: … }, a number above 0' },
);
export type ClipSettings = z.infer<typeof clipSettings>;
