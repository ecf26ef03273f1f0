import { writeFileSync } from 'node:fs';
import type { DiagnosticCode } from '../engine/diagnostics/codes.ts';
import type { Diagnostic } from '../engine/diagnostics/diagnostic.ts';
import { formatDiagnostics, formatWarning } from '../engine/diagnostics/format-diagnostic.ts';
import { writing } from '../engine/files/write-error.ts';
import { printableJson } from '../json.ts';
import { wantsColour } from '../reporting/terminal/colour.ts';
import type { Result } from '../result.ts';
import { describeError, isForUser, UserError } from '../user-error.ts';
import { exitCodes } from './process-end.ts';

/** The user's mistakes, with their places and remedies, where they end a command. */
export class MistakesError extends UserError {
  readonly mistakes: readonly Diagnostic[];

  constructor(mistakes: readonly Diagnostic[]) {
    super(mistakes.map(({ message }) => message).join('\n'));
    this.mistakes = mistakes;
  }
}

/** A mistake in the words or options of a command. Its message has no full stop. */
export class UsageError extends UserError {}

export const mistake = (code: DiagnosticCode, message: string, hint?: string): MistakesError =>
  new MistakesError([{ code, message, hint }]);

/** The value of a result; a command ends with the mistakes of one that has none. */
export function orThrow<T>(result: Result<T, Diagnostic | readonly Diagnostic[]>): T {
  if (result.ok) return result.value;
  throw new MistakesError([result.error].flat());
}

/** Prints an error for the user, and returns the exit code; throws any other. */
export function reportError(error: unknown): number {
  if (!isForUser(error)) throw error;
  const isColoured = wantsColour(process.stderr, process.env);
  const told =
    error instanceof MistakesError
      ? formatDiagnostics(error.mistakes, isColoured)
      : `error: ${describeError(error)}`;
  process.stderr.write(`${told}\n`);
  return error instanceof UsageError ? exitCodes.usage : exitCodes.failed;
}

export function printWarnings(warnings: readonly Diagnostic[]): void {
  for (const warning of warnings) warnOnStderr(formatWarning(warning));
}

export const warnOnStderr = (message: string): void =>
  void process.stderr.write(`warning: ${message}\n`);

/** Prints lines for people. */
export const print = (text: string): void => void process.stdout.write(`${text}\n`);

export const printJson = (value: unknown): void =>
  void process.stdout.write(`${printableJson(value, 2)}\n`);

/** Writes a file that the user named. Throws a `WriteError`. */
export const writeUserFile = (path: string, content: string | Buffer): void =>
  writing(path, () => writeFileSync(path, content));
