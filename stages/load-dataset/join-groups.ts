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

/** Union-find over names; a set is known by its first name. */
class DisjointSets {
  readonly #parents = new Map<string, string>();

  first(name: string): string {
    let root = name;
    for (let up = this.#parents.get(root); up !== undefined; up = this.#parents.get(root)) root = up;
    // Later searches are short: everything on the way points to the root.
    for (let at = name; at !== root; ) {
      const up = this.#parents.get(at)!;
      this.#parents.set(at, root);
      at = up;
    }
    return root;
  }

  join(a: string, b: string): void {
    const [first, second] = [this.first(a), this.first(b)].sort();
    if (first !== second) this.#parents.set(second!, first!);
  }
}
