import { type InputArtifact, StageError } from '../../stage.ts';

/** The singular of what two list ports hold, for messages: `model`, `metrics`. */
type PortWords = Readonly<Record<'one' | 'other', string>>;

/**
 * Pairs artifacts of two list ports in order. Throws a {@link StageError} where they differ in
 * number or axis values.
 */
export function pairByLabels(
  ones: readonly InputArtifact[],
  others: readonly InputArtifact[],
  words: PortWords,
): readonly { readonly one: InputArtifact; readonly other: InputArtifact }[] {
  if (ones.length !== others.length) {
    throw new StageError(
      `Expected ${words.other} for each of ${ones.length} ${words.one}s, got ${others.length}.`,
    );
  }
  return ones.map((artifact, index) => {
    const counterpart = others[index]!;
    const ours = showAxes(artifact);
    const theirs = showAxes(counterpart);
    if (ours === theirs) return { one: artifact, other: counterpart };
    throw new StageError(
      `Expected the ${words.other} of the ${words.one}s in the same order, but the ${words.one} ${index + 1} is ${ours || 'without axes'}, and its ${words.other} are ${theirs || 'without axes'}.`,
    );
  });
}

/**
 * Finds for each artifact of a list port the one of another that belongs to it, such as the data
 * set of a model: the only one there is, or the one that agrees on all axes that both have; without
 * common axes, the one of the same index. Throws a {@link StageError} where none or several remain.
 */
export function matchByLabels(
  ones: readonly InputArtifact[],
  others: readonly InputArtifact[],
  words: PortWords,
): readonly InputArtifact[] {
  const [only] = others;
  if (others.length === 1) return ones.map(() => only!);
  const axesIn = (artifacts: readonly InputArtifact[]) =>
    new Set(artifacts.flatMap((artifact) => Object.keys(axesOf(artifact))));
  const axes = axesIn(ones);
  const otherAxes = axesIn(others);
  const haveCommonAxis = [...axes].some((axis) => otherAxes.has(axis));
  if (!haveCommonAxis) {
    if (ones.length === others.length) return others;
    throw new StageError(
      `Expected one ${words.other} for all ${ones.length} ${words.one}s, or one for each in their order, got ${others.length}.`,
    );
  }
  return ones.map((artifact, index) => {
    const fitting = others.filter((candidate) => agree(artifact, candidate));
    const sameIndex = others[index];
    if (fitting.length === 1) return fitting[0]!;
    if (ones.length === others.length && fitting.includes(sameIndex!)) return sameIndex!;
    const list = (artifacts: readonly InputArtifact[]) =>
      artifacts.map((listed) => showAxes(listed) || 'none').join('; ');
    throw new StageError(
      fitting.length === 0
        ? `Expected a ${words.other} for the ${words.one} of ${showAxes(artifact)}, got those of ${list(others)}.`
        : `Expected one ${words.other} for the ${words.one} of ${showAxes(artifact) || 'no axes'}, got ${fitting.length} that fit: ${list(fitting)}.`,
    );
  });
}

/**
 * The labels without the names of stages and paths, which differ between a model and its metrics.
 */
const axesOf = ({
  labels: { stage: _stage, path: _path, ...axes },
}: InputArtifact): InputArtifact['labels'] => axes;

/** Whether no axis that both have differs. */
function agree(first: InputArtifact, second: InputArtifact): boolean {
  const secondAxes = axesOf(second);
  return Object.entries(axesOf(first)).every(
    ([axis, value]) => (secondAxes[axis] ?? value) === value,
  );
}

/** `net=my-net, seed=2`, in alphabetical order. */
const showAxes = (artifact: InputArtifact): string =>
  showLabels(axesOf(artifact)).sort().join(', ');

const showLabels = (labels: InputArtifact['labels']): string[] =>
  Object.entries(labels).map(([name, value]) => `${name}=${value}`);

/** The name of a model among others: `net=my-net, seed=2`, or its number. */
export const nameByLabels = (
  models: readonly Pick<InputArtifact, 'labels'>[],
  index: number,
): string => showLabels(models[index]!.labels).join(', ') || `model ${index + 1}`;
