import { twoSidedT } from '../intervals/student-t.ts';

/** With more degrees of freedom Student's distribution is the normal one to three digits. */
const mostFreedom = 1000;

/**
 * Welch's test of a difference whose variance is a sum of parts, each estimated with its own
 * degrees of freedom (Welch 1947, "The generalization of Student's problem when several different
 * population variances are involved"); Satterthwaite's degrees of freedom, rounded down. p is NaN
 * if the variance is 0 or unknown.
 *
 * Example: a difference of 1 with parts of 0.25 and 2 degrees each has 4 degrees of freedom and p =
 * 0.2302.
 */
export function welch(
  difference: number,
  parts: readonly (readonly [variance: number, freedom: number])[],
): { readonly p: number; readonly freedom: number; readonly error: number } {
  const total = parts.reduce((sum, [variance]) => sum + variance, 0);
  if (!(total > 0)) return { p: Number.NaN, freedom: Number.NaN, error: Number.NaN };
  const lost = parts.reduce((sum, [variance, freedom]) => sum + variance ** 2 / freedom, 0);
  const freedom = Math.max(1, Math.min(mostFreedom, Math.floor(total ** 2 / lost)));
  const error = Math.sqrt(total);
  return { p: twoSidedT(difference / error, freedom), freedom, error };
}

/** Marks of significance for tables: `*` below 0.05, `**` below 0.01, `***` below 0.001. */
export function markOf(p: number): string {
  if (p < 0.001) return '***';
  if (p < 0.01) return '**';
  return p < 0.05 ? '*' : '';
}

/** What these marks mean, for a note. */
export const markLegend = '* p < 0.05, ** p < 0.01, *** p < 0.001';
