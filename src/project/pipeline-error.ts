import type { DiagnosticCode } from '../engine/diagnostics/codes.ts';
import type { Diagnostic } from '../engine/diagnostics/diagnostic.ts';
import type { Result } from '../result.ts';
import { UserError } from '../user-error.ts';

/** The user's mistakes, with their places and remedies, where they end what was asked for. */
export class PipelineError extends UserError {
  readonly mistakes: readonly Diagnostic[];

  constructor(mistakes: readonly Diagnostic[]) {
    super(mistakes.map(({ message }) => message).join('\n'));
    this.mistakes = mistakes;
  }
}

export const mistake = (code: DiagnosticCode, message: string, hint?: string): PipelineError =>
  new PipelineError([{ code, message, hint }]);

/** The value of a result; throws the mistakes of one that has none. */
export function orThrow<T>(result: Result<T, Diagnostic | readonly Diagnostic[]>): T {
  if (result.ok) return result.value;
  throw new PipelineError([result.error].flat());
}
