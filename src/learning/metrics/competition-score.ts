/**
 * The score of a competition's model: 1 / (1 + log10 n) · 100^(10 (A − 90) / 100), with the AUC A in per cent. Higher is better: ten per
 * cent more AUC are worth a factor of 100; ten times the parameters cost about as much as 0.3 per cent. It grows with the AUC, so the
 * ends of an interval of the AUC give those of the score.
 *
 * Example: 34,850 parameters and an AUC of 0.958 give 2.608.
 *
 * @param area The AUC, 0 to 1; NaN gives NaN.
 * @param parameters Learnable ones, a whole number of at least 1: with frozen ones, since otherwise a large network would count as a
 * small one, but without moving statistics. Throws a RangeError otherwise.
 */
export function competitionScore(area: number, parameters: number): number {
  if (!Number.isInteger(parameters) || parameters < 1) {
    throw new RangeError(`Expected a whole number of parameters of at least 1, got ${parameters}.`);
  }
  return 100 ** ((10 * (100 * area - 90)) / 100) / (1 + Math.log10(parameters));
}
