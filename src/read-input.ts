import { readFileSync } from 'node:fs';
import type { Result } from './result.ts';
import { type InputArtifact, StageError } from './stage.ts';

type Labels = InputArtifact['labels'];

/** `net=my-net, seed=2`. */
export const describeLabels = (labels: Labels): string =>
  Object.entries(labels)
    .map((label) => label.join('='))
    .join(', ');

/** The name of an input in messages: `input "scores"`, or `input "scores" of seed=2`. */
export function describeInput(port: string, labels: Labels): string {
  const which = describeLabels(labels);
  return `input "${port}"${which && ` of ${which}`}`;
}

/** Reads the file of a port's artifact. Throws a {@link StageError} that names the input where the parser finds a mistake. */
export function readInput<T>(
  port: string,
  { path, labels }: InputArtifact,
  parse: (text: string) => Result<T, string>,
): T {
  const parsed = parse(readFileSync(path, 'utf8'));
  if (parsed.ok) return parsed.value;
  throw new StageError(`${describeInput(port, labels)}: ${parsed.error}`);
}
