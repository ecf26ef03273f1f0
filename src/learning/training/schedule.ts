import { z } from 'zod';
import { unreachable } from '../../result.ts';
import { count } from '../../spec-parts.ts';

const warmUp = z
  .number()
  .positive()
  .exactOptional()
  .describe(
    'Epochs, also fractions of one, in which the rate rises linearly from 0; none when left out.',
  );
const factor = z
  .number()
  .positive()
  .lt(1)
  .default(0.1)
  .describe('Factor by which the rate is multiplied.');

/**
 * The learning rate over the epochs. Defaults are PyTorch's. This module imports nothing heavy,
 * because a kind's spec imports it.
 */
export const scheduleSettings = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('constant'), warmUp }),
  z.strictObject({
    kind: z.literal('step'),
    every: count.describe('Epochs between two steps.'),
    factor,
    warmUp,
  }),
  z.strictObject({
    kind: z.literal('cosine'),
    final: z
      .number()
      .min(0)
      .lt(1)
      .default(0)
      .describe(
        'Share of the rate that it would reach after the last epoch, as in PyTorch; the last one itself runs slightly above.',
      ),
    epochs: count
      .exactOptional()
      .describe(
        'The epochs that it spans, if not those of the training: a shorter training can then be continued.',
      ),
    warmUp,
  }),
  z.strictObject({
    kind: z.literal('plateau'),
    factor,
    patience: z
      .int()
      .nonnegative()
      .default(10)
      .describe('Epochs to wait for a lower validation loss.'),
    threshold: z
      .number()
      .min(0)
      .lt(1)
      .default(1e-4)
      .describe('Share by which a loss must be lower to count.'),
    warmUp,
  }),
]);
export type ScheduleSettings = z.infer<typeof scheduleSettings>;

/**
 * The factor of the learning rate in an epoch, counted from 1, after validation `losses`, before
 * warm-up. It has no memory.
 */
export function scheduleFactor(
  settings: ScheduleSettings,
  {
    epoch,
    epochs,
    losses,
  }: { readonly epoch: number; readonly epochs: number; readonly losses: readonly number[] },
): number {
  switch (settings.kind) {
    case 'constant':
      return 1;
    case 'step':
      return settings.factor ** Math.floor((epoch - 1) / settings.every);
    case 'cosine': {
      // Loshchilov and Hutter 2017 ("SGDR"), equation 5, without restarts.
      const angle = (Math.PI * (epoch - 1)) / (settings.epochs ?? epochs);
      return settings.final + ((1 - settings.final) * (1 + Math.cos(angle))) / 2;
    }
    case 'plateau': {
      let reductions = 0;
      let best = Number.POSITIVE_INFINITY;
      let waited = 0;
      for (const loss of losses) {
        if (loss < best * (1 - settings.threshold)) [best, waited] = [loss, 0];
        else waited++;
        if (waited > settings.patience) [reductions, waited] = [reductions + 1, 0];
      }
      return settings.factor ** reductions;
    }
    default:
      return unreachable(settings);
  }
}

/** The additional factor of a step's learning rate: 1/n, 2/n, … 1 in the n steps of the warm-up. */
export function warmUpFactor(
  { warmUp = 0 }: ScheduleSettings,
  step: number,
  stepsOfEpoch: number,
): number {
  const steps = Math.round(warmUp * stepsOfEpoch);
  return step < steps ? (step + 1) / steps : 1;
}

/**
 * The epochs that a schedule spans: those of the training, or a number of its own. Undefined where
 * the rate of an epoch does not depend on how many follow.
 */
function spanOf(settings: ScheduleSettings | undefined): number | 'training' | undefined {
  switch (settings?.kind) {
    case 'cosine':
      return settings.epochs ?? 'training';
    case undefined:
    case 'constant':
    case 'step':
    case 'plateau':
      return undefined;
    default:
      return unreachable(settings);
  }
}

/** Whether a longer training can resume from a shorter one. */
export const isOpenEnded = (settings: ScheduleSettings | undefined): boolean =>
  spanOf(settings) !== 'training';

/** The most epochs that a training with a schedule can have; infinite without a limit. */
export function mostEpochs(settings: ScheduleSettings | undefined): number {
  const span = spanOf(settings);
  return typeof span === 'number' ? span : Number.POSITIVE_INFINITY;
}
