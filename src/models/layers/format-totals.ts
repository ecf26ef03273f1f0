import { formatCount } from '../../charts/format-number.ts';
import { type TracedLayer, totals } from './trace-net.ts';

/** `34,850 parameters, all trained; 176,993,256 multiply-adds an image`. */
export function formatTotals(traced: readonly TracedLayer[]): string {
  const { trained, untrained, multiplyAdds } = totals(traced);
  const which = untrained === 0 ? 'all trained' : `${formatCount(trained)} of them trained`;
  return `${formatCount(trained + untrained)} parameters, ${which}; ${formatCount(multiplyAdds)} multiply-adds an image`;
}
