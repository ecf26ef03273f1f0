import { DisjointSets } from '../../src/learning/disjoint-sets.ts';
import { StageError } from '../../src/stage.ts';
import type { FoundImage } from './found-image.ts';

/**
 * Joins images that have a capture of `pattern`, or the group of their list, in common, and whatever these join in
 * turn: a forged video shows one identity and moves as another, so both must stay on one side of a split.
 *
 * A group is named by the first of its captures in code-unit order. An image without any stands alone.
 */
export function joinGroups<T extends FoundImage>(images: readonly T[], pattern: string | undefined): readonly T[] {
  const expression = pattern === undefined ? undefined : new RegExp(pattern);
  const names = images.map(({ path, group }) => {
    const captures =
      expression
        ?.exec(path)
        ?.slice(1)
        .filter((capture) => capture !== undefined && capture !== '') ?? [];
    return group === undefined ? captures : [group, ...captures];
  });
  if (expression !== undefined && images.length > 0 && names.every((own) => own.length === 0)) {
    throw new StageError(
      `Expected \`group: ${pattern}\` to capture something of the paths, such as ${images[0]!.path}; it matches none.`,
    );
  }
  const sets = new DisjointSets();
  for (const own of names) for (const name of own) sets.join(own[0]!, name);
  return images.map((image, index) => {
    const own = names[index]![0];
    return own === undefined ? image : { ...image, group: sets.first(own) };
  });
}
