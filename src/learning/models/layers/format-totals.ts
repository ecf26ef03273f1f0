import { formatCount } from '../../../format-numbers.ts';
import { type TracedLayer, totals } from './trace-net.ts';

/** `34,850 learnable parameters; 176,993,256 multiply-adds an image`, with moving statistics where there are any. */
export function formatTotals(traced: readonly TracedLayer[]): string {
  const { learnable, movingStatistics, multiplyAdds } = totals(traced);
  const beside = movingStatistics === 0 ? '' : `, beside ${formatCount(movingStatistics)} moving statistics`;
  return `${formatCount(learnable)} learnable parameters${beside}; ${formatCount(multiplyAdds)} multiply-adds an image`;
}
