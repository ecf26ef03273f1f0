import type { AuditedImage } from './audited-image.ts';

/** A group with images in two splits: the first of it in each. */
export interface SplitGroup {
  readonly group: string;
  readonly one: number;
  readonly other: number;
}

/** For each group in several splits, its first image with the first in each further split. */
export function groupsAcrossSplits(images: readonly AuditedImage[]): readonly SplitGroup[] {
  const firsts = new Map<string, Map<string, number>>();
  for (const [place, { group, split }] of images.entries()) {
    if (group === undefined) continue;
    const places = firsts.get(group) ?? new Map<string, number>();
    firsts.set(group, places);
    if (!places.has(split)) places.set(split, place);
  }
  return [...firsts].flatMap(([group, places]) => {
    const [one, ...others] = places.values();
    return others.map((other) => ({ group, one: one!, other }));
  });
}
