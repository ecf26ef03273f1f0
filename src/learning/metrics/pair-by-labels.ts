import { type InputArtifact, StageError } from '../../stage.ts';

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

/**
 * For each artifact of a list port the one of another that it goes with: a model with the data set that it is tried on. That is the
 * only one there is, or the one with the same axis values as far as both have the axes; where they have none in common, the one in
 * the same place. Throws a {@link StageError} where that leaves none, or several.
 */
export function matchByLabels(
  ones: readonly InputArtifact[],
  others: readonly InputArtifact[],
  words: PortWords,
): readonly InputArtifact[] {
  const [only] = others;
  if (others.length === 1) return ones.map(() => only!);
  const [ours, theirs] = [ones, others].map(
    (list) => new Set(list.flatMap(({ labels }) => Object.keys(axesIn(labels)))),
  );
  const isTold = [...ours!].some((axis) => theirs!.has(axis));
  if (!isTold && ones.length === others.length) return others;
  if (!isTold) {
    throw new StageError(
      `Expected one ${words.other} for all ${ones.length} ${words.one}s, or one for each in their order, got ${others.length}.`,
    );
  }
  return ones.map((one, index) => {
    const fitting = others.filter((other) => agree(one.labels, other.labels));
    const [match, ...more] = fitting;
    if (match === undefined) {
      const there = others.map(({ labels }) => axesOf(labels) || 'none').join('; ');
      throw new StageError(
        `Expected a ${words.other} for the ${words.one} of ${axesOf(one.labels)}, got those of ${there}.`,
      );
    }
    if (more.length === 0) return match;
    const inPlace = others[index];
    if (ones.length === others.length && fitting.includes(inPlace!)) return inPlace!;
    throw new StageError(
      `Expected one ${words.other} for the ${words.one} of ${axesOf(one.labels) || 'no axes'}, got ${fitting.length} that fit: ${fitting.map(({ labels }) => axesOf(labels)).join('; ')}.`,
    );
  });
}

type Labels = Readonly<Record<string, string>>;

/** Without the names of stages and paths, which differ between a model and its metrics. */
function axesIn(labels: Labels): Labels {
  const { stage: _stage, path: _path, ...axes } = labels;
  return axes;
}

/** Whether no axis that both have differs. */
function agree(one: Labels, other: Labels): boolean {
  return Object.entries(axesIn(one)).every(([axis, value]) => (axesIn(other)[axis] ?? value) === value);
}

/** `net=my-net, seed=2`, whatever the order. */
function axesOf(labels: Labels): string {
  return Object.entries(axesIn(labels))
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
