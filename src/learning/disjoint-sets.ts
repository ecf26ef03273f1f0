/**
 * Union-find over names (Galler and Fischer 1964); a set is known by its first name in code-unit
 * order.
 */
export class DisjointSets {
  readonly #parents = new Map<string, string>();

  first(name: string): string {
    let root = name;
    for (let up = this.#parents.get(root); up !== undefined; up = this.#parents.get(root))
      root = up;
    // Path compression: later searches are short.
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
