import { type InputArtifact, StageError } from './stage.ts';

/** What two list ports hold, in the singular and for messages: `model`, `metrics`. */
interface PortWords {
  readonly one: string;
  readonly other: string;
}

/**
 * Each artifact of a list port with that of another: a model with its metrics. They come in one order; where both are told by
 * axis values, these must agree. Throws a {@link StageError} otherwise.
 */
export function pairByLabels(
  ones: readonly InputArtifact[],
  others: readonly InputArtifact[],
  words: PortWords,
): readonly { readonly one: InputArtifact; readonly other: InputArtifact }[] {
  if (ones.length !== others.length) {
    throw new StageError(`Expected ${words.other} for each of ${ones.length} ${words.one}s, got ${others.length}.`);
  }
  return ones.map((one, index) => {
    const other = others[index]!;
    const [ours, theirs] = [axesOf(one.labels), axesOf(other.labels)];
    if (ours !== theirs) {
      throw new StageError(
        `Expected the ${words.other} of the ${words.one}s in the same order, but the ${words.one} ${index + 1} is ${ours || 'without axes'}, and its ${words.other} are ${theirs || 'without axes'}.`,
      );
    }
    return { one, other };
  });
}

/** `net=my-net, seed=2`, whatever the order; the names of stages and paths differ between a model and its metrics. */
function axesOf(labels: Readonly<Record<string, string>>): string {
  const axes = Object.entries(labels).filter(([name]) => name !== 'stage' && name !== 'path');
  return axes
    .map(([name, value]) => `${name}=${value}`)
    .sort()
    .join(', ');
}

/** How a model is told from the others: `net=my-net, seed=2`, or its place. */
export function nameByLabels(
  models: readonly { readonly labels: Readonly<Record<string, string>> }[],
  index: number,
): string {
  const labels = Object.entries(models[index]!.labels);
  return labels.map(([name, value]) => `${name}=${value}`).join(', ') || `model ${index + 1}`;
}
