import { formatCount } from './format-numbers.ts';

/** Longer names are not compared: that takes time quadratic in their length. */
const longestName = 64;

/**
 * The candidate with the least edit distance, at most a third of the name's length, or another
 * `share` of it; the first of equals. One without a shared letter does not count.
 */
export function closest(
  name: string,
  candidates: Iterable<string>,
  share = 1 / 3,
): string | undefined {
  if (name.length > longestName) return undefined;
  let best: string | undefined;
  let least = Math.max(1, Math.floor(name.length * share)) + 1;
  const lower = name.toLowerCase();
  for (const candidate of candidates) {
    if (candidate === name || Math.abs(candidate.length - name.length) >= least) continue;
    const distance = editDistance(lower, candidate.toLowerCase());
    if (distance < least && distance < Math.max(name.length, candidate.length)) {
      best = candidate;
      least = distance;
    }
  }
  return best;
}

/** If there are more names than this, only the nearest are listed. */
const mostListed = 12;
const nearestListed = 5;

/** `Did you mean "dataset"?`; undefined where no candidate is near. */
export function didYouMean(name: string, candidates: Iterable<string>): string | undefined {
  const near = closest(name, candidates);
  return near === undefined ? undefined : `Did you mean "${near}"?`;
}

/** The same, or a list of the names if none is near and they are few. */
export function suggest(name: string, candidates: Iterable<string>): string | undefined {
  const names = [...candidates];
  const isShort = names.length > 0 && names.length <= mostListed;
  return didYouMean(name, names) ?? (isShort ? `Known: ${names.join(', ')}.` : undefined);
}

/** Lists existing names, the likeliest first: `Did you mean "seed"? There are net, seed.` */
export function thereAre(name: string, candidates: Iterable<string>): string {
  const names = [...new Set(candidates)];
  const meant = didYouMean(name, names)?.concat(' ') ?? '';
  if (names.length < 2) return names.length === 0 ? 'There is none.' : `There is only ${names[0]}.`;
  if (names.length <= mostListed) return `${meant}There are ${names.join(', ')}.`;
  const listed = nearest(name, names).slice(0, nearestListed);
  return `${meant}The nearest of ${formatCount(names.length)} are ${listed.join(', ')}.`;
}

/** Names that hold the wanted one first, `test.auc` for `auc`, then by distance, then as given. */
function nearest(name: string, candidates: readonly string[]): readonly string[] {
  if (name.length > longestName) return candidates;
  const lower = name.toLowerCase();
  const rated = candidates.map((candidate) => {
    const text = candidate.toLowerCase();
    const distance = candidate.length > longestName ? Infinity : editDistance(lower, text);
    return { candidate, lacks: text.includes(lower) ? 0 : 1, distance };
  });
  // Not the difference alone: infinity minus infinity is NaN.
  const order = (a: number, b: number) => (a === b ? 0 : a - b);
  rated.sort((a, b) => a.lacks - b.lacks || order(a.distance, b.distance));
  return rated.map(({ candidate }) => candidate);
}

/**
 * Optimal string alignment (Damerau 1964, Levenshtein 1966): insertions, deletions, substitutions,
 * swaps of neighbours.
 */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let distance = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + cost);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) distance = Math.min(distance, beforeLast[j - 2]! + 1);
      row.push(distance);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length]!;
}
