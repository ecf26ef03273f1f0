import { distanceOf } from './descriptors.ts';

/** Clusters whose mean distance is the least, as a pair of rows of the matrix of distances. */
interface Nearest {
  readonly cluster: number;
  readonly distance: number;
}

/**
 * The cluster of every descriptor, numbered from 0 in the order of their first members. Clusters
 * are joined while the mean distance between their members is below the threshold (average linkage;
 * Sokal and Michener 1958), by chains of nearest neighbours (Murtagh 1983), whose result does not
 * depend on the order. Memory and time grow with the square of the number: 10,000 take 400 MB.
 */
export function clusterDescriptors(
  descriptors: readonly Float32Array[],
  threshold: number,
): readonly number[] {
  const count = descriptors.length;
  const distances = new Float32Array(count * count);
  for (let i = 0; i < count; i++) {
    for (let j = i + 1; j < count; j++) {
      const distance = distanceOf(descriptors[i]!, descriptors[j]!);
      distances[i * count + j] = distance;
      distances[j * count + i] = distance;
    }
  }
  const sizes = new Array<number>(count).fill(1);
  const parents = Array.from({ length: count }, (_, i) => i);
  const alive = new Set(parents);
  const nearestOf = (cluster: number, previous: number | undefined): Nearest => {
    const before = previous === undefined ? threshold : distances[cluster * count + previous]!;
    // The previous cluster wins among equally near ones: otherwise a chain could be a circle.
    let nearest = { cluster: previous ?? -1, distance: before };
    for (const other of alive) {
      const distance = distances[cluster * count + other]!;
      if (other !== cluster && distance < nearest.distance) nearest = { cluster: other, distance };
    }
    return nearest;
  };
  const join = (kept: number, joined: number): void => {
    const share = sizes[joined]! / (sizes[kept]! + sizes[joined]!);
    for (const other of alive) {
      const before = distances[kept * count + other]!;
      const mean = before + (distances[joined * count + other]! - before) * share;
      distances[kept * count + other] = mean;
      distances[other * count + kept] = mean;
    }
    sizes[kept]! += sizes[joined]!;
    parents[joined] = kept;
    alive.delete(joined);
  };
  joinNearest(alive, nearestOf, join);
  return numberClusters(parents);
}

/**
 * Joins every pair of clusters that are each other's nearest, until none is below the threshold.
 */
function joinNearest(
  alive: ReadonlySet<number>,
  nearestOf: (cluster: number, previous: number | undefined) => Nearest,
  join: (kept: number, joined: number) => void,
): void {
  const settled = new Set<number>();
  for (const start of [...alive]) {
    let chain = alive.has(start) && !settled.has(start) ? [start] : [];
    while (chain.length > 0) {
      const last = chain.at(-1)!;
      const previous = chain.at(-2);
      const { cluster } = nearestOf(last, previous);
      if (cluster === -1) {
        settled.add(last);
        chain = [];
      } else if (cluster !== previous) {
        chain.push(cluster);
      } else {
        const kept = Math.min(last, cluster);
        join(kept, Math.max(last, cluster));
        chain = chain.length > 2 ? chain.slice(0, -2) : [kept];
      }
    }
  }
}

function numberClusters(parents: readonly number[]): readonly number[] {
  const rootOf = (index: number): number => {
    let root = index;
    while (parents[root] !== root) root = parents[root]!;
    return root;
  };
  const numbers = new Map<number, number>();
  return parents.map((_, index) => {
    const root = rootOf(index);
    const number = numbers.get(root) ?? numbers.size;
    numbers.set(root, number);
    return number;
  });
}
