import { csvLine } from '../../src/csv.ts';
import type { AuditedImage } from './audited-image.ts';
import { type Copy, type CopyKind, copyKinds } from './find-copies.ts';
import type { SplitGroup } from './groups-across-splits.ts';

interface Counts {
  readonly pairs: number;
  readonly acrossSplits: number;
  readonly acrossClasses: number;
}

/** How many pairs of each kind there are. */
export function copyCounts(pairs: readonly Copy[]): Readonly<Record<CopyKind, Counts>> {
  const counts = copyKinds.map((kind) => {
    const own = pairs.filter((pair) => pair.kind === kind);
    const acrossSplits = own.filter((pair) => pair.acrossSplits).length;
    const acrossClasses = own.filter((pair) => pair.acrossClasses).length;
    return [kind, { pairs: own.length, acrossSplits, acrossClasses }] as const;
  });
  return Object.fromEntries(counts) as Record<CopyKind, Counts>;
}

/** A row for each pair, then for each group in two splits. */
export function formatDuplicates(
  pairs: readonly Copy[],
  groups: readonly SplitGroup[],
  images: readonly AuditedImage[],
  classes: readonly string[],
): string {
  const described = (place: number) => {
    const { split, label, key, path } = images[place]!;
    return [split, classes[label]!, key, path];
  };
  const named = (number: string) => ['split', 'class', 'key', 'path'].map((column) => `${column}_${number}`);
  const lines = [csvLine(['kind', 'distance', 'correlation', 'group', ...named('one'), ...named('other')])];
  for (const { kind, distance = '', correlation, one, other } of pairs) {
    lines.push(csvLine([kind, distance, correlation?.toFixed(4) ?? '', '', ...described(one), ...described(other)]));
  }
  for (const { group, one, other } of groups) {
    lines.push(csvLine(['group', '', '', group, ...described(one), ...described(other)]));
  }
  return lines.join('');
}
