import { z } from 'zod';

const rate = z.number().positive();
const share = z.number().min(0).lt(1);

/** Which optimizer, and its constants; light, since a spec has it. Defaults are PyTorch's. */
export const optimizerSettings = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('adam'),
    learningRate: rate.default(0.001),
    beta1: share.default(0.9).describe('Decay of the mean gradient.'),
    beta2: share.default(0.999).describe('Decay of the mean squared gradient.'),
    epsilon: rate.default(1e-8).describe('Added to the root of the mean squared gradient.'),
  }),
  z.strictObject({
    kind: z.literal('sgd'),
    learningRate: rate,
    momentum: share.default(0).describe('Share of the last step that goes into this one.'),
  }),
]);
export type OptimizerSettings = z.infer<typeof optimizerSettings>;
export type AdamSettings = Extract<OptimizerSettings, { kind: 'adam' }>;
export type SgdSettings = Extract<OptimizerSettings, { kind: 'sgd' }>;
