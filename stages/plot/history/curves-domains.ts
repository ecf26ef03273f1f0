/** Cross-entropy of a half for each of two classes. */
export const chanceLoss = Math.LN2;

/** The range of accuracies, a tenth wide at least, so that noise is not blown up, and inside 0 to 1. */
export function accuracyDomain(low: number, high: number): [number, number] {
  const missing = Math.max(0, 0.1 - (high - low));
  const start = Math.min(Math.max(0, low - missing / 2), 0.9);
  return [start, Math.min(1, Math.max(high, start + 0.1))];
}

/** With a margin, from zero where that is not far, and with the loss of guessing where it is a quarter of the range away. */
export function lossDomain(low: number, high: number): [number, number] {
  const near = Math.max(high - low, 0.02) / 4;
  const bottom = chanceLoss < low && chanceLoss >= low - near ? chanceLoss : low;
  const top = chanceLoss > high && chanceLoss <= high + near ? chanceLoss : high;
  const margin = Math.max((top - bottom) * 0.05, (0.02 - (top - bottom)) / 2);
  const start = bottom < top / 3 ? 0 : Math.max(0, bottom - margin);
  return [start, Math.max(top + margin, start + 0.02)];
}
