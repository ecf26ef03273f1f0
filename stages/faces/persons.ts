import { clusterDescriptors } from '../../src/learning/faces/people/cluster.ts';
import { Random } from '../../src/random.ts';
import { StageError } from '../../src/stage.ts';

/** The faces of one track, or one face of a picture. */
export interface Appearance {
  /** Unique in the data set. */
  readonly name: string;
  /** The mean of its faces. */
  readonly descriptor: Float32Array;
}

/** The distances of more would take over 1.6 GB. */
const mostAppearances = 20_000;

/** Numbers of persons are below this, so that they do not show how many there are. */
const numbers = 1_000_000;

/**
 * The person of every appearance, a random number, drawn from the seed and the first name of the
 * person: it stays where videos are added, unless these join or divide persons. Throws a
 * {@link StageError} for too many.
 */
export function numberPersons(
  appearances: readonly Appearance[],
  distance: number,
  seed: number,
): ReadonlyMap<string, string> {
  if (appearances.length > mostAppearances) {
    throw new StageError(
      `Expected at most ${mostAppearances} tracks to find persons among, got ${appearances.length}: divide the videos among several stages.`,
    );
  }
  const descriptors = appearances.map(({ descriptor }) => descriptor);
  const clusters = clusterDescriptors(descriptors, distance);
  const persons = new Map<number, string>();
  const taken = new Set<number>();
  return new Map(
    appearances.map(({ name }, index) => {
      const cluster = clusters[index]!;
      const person = persons.get(cluster) ?? drawNumber(new Random('person', seed, name), taken);
      persons.set(cluster, person);
      return [name, person];
    }),
  );
}

function drawNumber(random: Random, taken: Set<number>): string {
  let number = random.integer(numbers);
  while (taken.has(number)) number = random.integer(numbers);
  taken.add(number);
  return String(number).padStart(6, '0');
}
