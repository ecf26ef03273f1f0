import { z } from 'zod';

const warmUp = z
  .number()
  .positive()
  .exactOptional()
  .describe(
    'So many epochs, or parts of one, in which the rate rises evenly from 0, step by step; none when left out.',
  );
const factor = z.number().positive().lt(1).default(0.1).describe('What the rate is multiplied by.');

/** How the learning rate goes over the epochs; light, since a spec has it. Defaults are PyTorch's. */
export const scheduleSettings = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('constant'), warmUp }),
  z.strictObject({
    kind: z.literal('step'),
    every: z.int().positive().describe('Epochs between two steps.'),
    factor,
    warmUp,
  }),
  z.strictObject({
    kind: z.literal('cosine'),
    final: z.number().min(0).lt(1).default(0).describe('Share of the rate towards which it falls by the last epoch.'),
    warmUp,
  }),
  z.strictObject({
    kind: z.literal('plateau'),
    factor,
    patience: z.int().nonnegative().default(10).describe('Epochs without a lower validation loss that are borne.'),
    threshold: z.number().min(0).lt(1).default(1e-4).describe('Share by which a loss must be lower to count as that.'),
    warmUp,
  }),
]);
export type ScheduleSettings = z.infer<typeof scheduleSettings>;
export type PlateauSettings = Extract<ScheduleSettings, { kind: 'plateau' }>;
