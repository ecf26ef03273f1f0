import { formatEstimate, formatMetric, formatSigned } from '../../../format-numbers.ts';
import type { Estimate } from '../intervals/interval.ts';

/** An area under a ROC curve as tables and titles show it, `0.9123`. */
export const formatArea = (area: number): string => formatMetric(area, 4);

/** The difference of two areas with its interval, `−0.0123 (−0.0200 to −0.0046)`. */
export const formatAreaDifference = (difference: Estimate): string =>
  formatEstimate(difference, (value) => formatSigned(value, 4));
