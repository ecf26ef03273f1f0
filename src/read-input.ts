import { readFileSync } from 'node:fs';
import type { Result } from './result.ts';
import { type InputArtifact, StageError } from './stage.ts';
import { thereAre } from './suggest.ts';

type Labels = InputArtifact['labels'];

/** Labels of an input for messages: `net=my-net, seed=2`. */
export const describeLabels = (labels: Labels): string =>
  Object.entries(labels)
    .map((label) => label.join('='))
    .join(', ');

/** The name of an input in messages: `input "scores"`, or `input "scores" of seed=2`. */
export function describeInput(port: string, labels: Labels): string {
  const which = describeLabels(labels);
  return `input "${port}"${which && ` of ${which}`}`;
}

/** Throws a {@link StageError} for the first unknown name, which says that `what` was expected. */
export function requireKnown(what: string, names: Iterable<string>, known: Iterable<string>): void {
  const all = new Set(known);
  for (const name of names) {
    if (!all.has(name))
      throw new StageError(`Expected ${what}, got "${name}". ${thereAre(name, all)}`);
  }
}

/**
 * Reads and parses the file of an input. Throws a {@link StageError} that names the input if the
 * parser finds a mistake.
 */
export function readInput<T>(
  port: string,
  { path, labels }: InputArtifact,
  parse: (text: string) => Result<T, string>,
): T {
  const parsed = parse(readFileSync(path, 'utf8'));
  if (parsed.ok) return parsed.value;
  throw new StageError(`${describeInput(port, labels)}: ${parsed.error}`);
}
