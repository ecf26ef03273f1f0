import { isCam, type Method } from '../../src/learning/attribution/methods.ts';

/** A pass back costs about two forward. */
const there = 1;
const thereAndBack = 3;

/** What a map of one image costs, in forward passes: for the time left. Class activation maps share a view, which is the control's. */
export function mapCost(
  method: Method,
  { samples, steps, channels }: { readonly samples: number; readonly steps: number; readonly channels: number },
): number {
  switch (method) {
    case 'smooth-grad':
    case 'smooth-grad-squared':
    case 'var-grad':
      return samples * thereAndBack;
    case 'integrated-gradients':
      return (steps + 2) * thereAndBack;
    case 'score-cam':
      return channels * there;
    case 'random-cam':
      return thereAndBack;
    default:
      return isCam(method) ? 0 : thereAndBack;
  }
}
