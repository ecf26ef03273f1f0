import { type TracedLayer, totals } from './trace-net.ts';

/** `34,850 parameters, all trained; 176,993,256 multiply-adds an image`. */
export function formatTotals(traced: readonly TracedLayer[]): string {
  const { trained, untrained, multiplyAdds } = totals(traced);
  const which = untrained === 0 ? 'all trained' : `${count(trained)} of them trained`;
  return `${count(trained + untrained)} parameters, ${which}; ${count(multiplyAdds)} multiply-adds an image`;
}

const count = (value: number): string => value.toLocaleString('en');
