import { unreachable } from '../../result.ts';
import type { PlateauSettings, ScheduleSettings } from './schedule-settings.ts';

/** Where training stands: what a schedule may go by. It has no memory of its own, so that nothing of it need be kept. */
export interface Moment {
  /** Counted from 1. */
  readonly epoch: number;
  /** Of all. */
  readonly epochs: number;
  /** Validation losses of the epochs before. */
  readonly losses: readonly number[];
}

/** What the optimizer's learning rate is multiplied by in an epoch, warm-up left out. */
export function scheduleFactor(settings: ScheduleSettings, { epoch, epochs, losses }: Moment): number {
  switch (settings.kind) {
    case 'constant':
      return 1;
    case 'step':
      return settings.factor ** Math.floor((epoch - 1) / settings.every);
    case 'cosine':
      // Loshchilov and Hutter 2017 ("SGDR"), equation 5, without restarts.
      return settings.final + ((1 - settings.final) * (1 + Math.cos((Math.PI * (epoch - 1)) / epochs))) / 2;
    case 'plateau':
      return plateauFactor(settings, losses);
    default:
      return unreachable(settings);
  }
}

/** What a step's learning rate is multiplied by beside that: 1/n, 2/n, … 1 in the n steps of the warm-up. */
export function warmUpFactor({ warmUp = 0 }: ScheduleSettings, step: number, stepsOfEpoch: number): number {
  const steps = Math.round(warmUp * stepsOfEpoch);
  return step < steps ? (step + 1) / steps : 1;
}

/** Whether the rate of an epoch is the same however many follow, so that training for longer is going on. */
export function isOpenEnded(settings: ScheduleSettings | undefined): boolean {
  return settings?.kind !== 'cosine';
}

function plateauFactor({ factor, patience, threshold }: PlateauSettings, losses: readonly number[]): number {
  let [reductions, best, borne] = [0, Number.POSITIVE_INFINITY, 0];
  for (const loss of losses) {
    if (loss < best * (1 - threshold)) [best, borne] = [loss, 0];
    else borne++;
    if (borne > patience) [reductions, borne] = [reductions + 1, 0];
  }
  return factor ** reductions;
}
