import { formatDiagnostics, formatWarning } from '../../engine/diagnostics/format-diagnostic.ts';
import { printableJson } from '../../json.ts';
import { PipelineError } from '../../project/pipeline-error.ts';
import { wantsColour } from '../../reporting/terminal/colour.ts';
import { describeError, isForUser, UsageError } from '../../user-error.ts';
import { exitCodes } from './exit-codes.ts';

/** Prints an error for the user, and returns the exit code; throws any other. */
export function reportError(error: unknown): number {
  if (!isForUser(error)) throw error;
  const isColoured = wantsColour(process.stderr, process.env);
  const text =
    error instanceof PipelineError
      ? formatDiagnostics(error.mistakes, isColoured)
      : `error: ${describeError(error)}`;
  process.stderr.write(`${text}\n`);
  return error instanceof UsageError ? exitCodes.usage : exitCodes.failed;
}

export function printWarnings(warnings: PipelineError['mistakes']): void {
  for (const warning of warnings) warnOnStderr(formatWarning(warning));
}

export const warnOnStderr = (message: string): void =>
  void process.stderr.write(`warning: ${message}\n`);

/** Prints lines for people. */
export const print = (text: string): void => void process.stdout.write(`${text}\n`);

export const printJson = (value: unknown): void =>
  void process.stdout.write(`${printableJson(value, 2)}\n`);
