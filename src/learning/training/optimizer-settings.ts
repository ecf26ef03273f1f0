import { z } from 'zod';

const rate = z.number().positive();
const learningRate = 'How far a step goes, which a schedule may change over the epochs.';
const share = z.number().min(0).lt(1);
const decay = z.number().nonnegative();

const moments = {
  learningRate: rate.default(0.001).describe(learningRate),
  beta1: share.default(0.9).describe('Decay of the mean gradient.'),
  beta2: share.default(0.999).describe('Decay of the mean squared gradient.'),
  epsilon: rate.default(1e-8).describe('Added to the root of the mean squared gradient.'),
};
const addedDecay = decay
  .exactOptional()
  .describe('So much of each weight is added to its gradient; none when left out.');

/** Which optimizer, and its constants; light, since a spec has it. Defaults are PyTorch's. */
export const optimizerSettings = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('adam'), ...moments, weightDecay: addedDecay }),
  z.strictObject({
    kind: z.literal('adamw'),
    ...moments,
    weightDecay: decay
      .default(0.01)
      .describe('Times the learning rate, the share of itself that each weight loses in a step.'),
  }),
  z
    .strictObject({
      kind: z.literal('sgd'),
      learningRate: rate.describe(learningRate),
      momentum: share.default(0).describe('Share of the last step that goes into this one.'),
      nesterov: z.boolean().exactOptional().describe('Takes the gradient’s step once more after the momentum’s.'),
      weightDecay: addedDecay,
    })
    .refine(({ nesterov, momentum }) => nesterov !== true || momentum > 0, {
      path: ['nesterov'],
      message: 'expected a momentum above 0 with it',
    }),
]);
export type OptimizerSettings = z.infer<typeof optimizerSettings>;
export type AdamSettings = Extract<OptimizerSettings, { kind: 'adam' | 'adamw' }>;
export type SgdSettings = Extract<OptimizerSettings, { kind: 'sgd' }>;
