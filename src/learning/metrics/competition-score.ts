/**
 * The score of a competition's model: 1 / (1 + log10 n) · 100^(10 (A − 90) / 100), with the AUC A
 * in per cent and n learnable parameters, at least 1. Higher is better: ten per cent more AUC are
 * worth a factor of 100; ten times the parameters cost about as much as 0.3 per cent. It grows with
 * the AUC, so the ends of an interval of the AUC give those of the score. Frozen parameters count,
 * moving statistics do not. An AUC of NaN gives NaN; throws a RangeError for another number of
 * parameters.
 *
 * Example: 34,850 parameters and an AUC of 0.958 give 2.608.
 */
export function competitionScore(area: number, parameters: number): number {
  if (!Number.isInteger(parameters) || parameters < 1) {
    throw new RangeError(`Expected a whole number of parameters of at least 1, got ${parameters}.`);
  }
  return 100 ** ((10 * (100 * area - 90)) / 100) / costOf(parameters);
}

/** What a score is divided by. */
const costOf = (parameters: number): number => 1 + Math.log10(parameters);

/**
 * How many times a model's {@link competitionScore} is that of another, which depends on their
 * areas by their difference alone. Example: 0.1 more area with as many parameters gives 100.
 */
export const scoreRatio = (difference: number, parameters: number, others: number): number =>
  (100 ** (10 * difference) * costOf(others)) / costOf(parameters);

/**
 * The difference of two areas at which the scores are equal. Example: 0 with as many parameters.
 */
export const equalScoreGap = (parameters: number, others: number): number =>
  Math.log(costOf(parameters) / costOf(others)) / (10 * Math.log(100));
