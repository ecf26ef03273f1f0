import type { DiagnosticCode } from '../engine/diagnostics/codes.ts';
import { type Diagnostic, lineColumn } from '../engine/diagnostics/diagnostic.ts';
import type { Result } from '../result.ts';
import { UserError } from '../user-error.ts';
import type { PipelineDiagnostic } from './api.ts';

/**
 * The user's mistakes, with their places and remedies, where they end what was asked for. Its
 * message has a line for each.
 */
export class PipelineError extends UserError {
  override readonly name = 'PipelineError';
  /** The mistakes with the texts of their files, as the command shows them. */
  readonly mistakes: readonly Diagnostic[];

  constructor(mistakes: readonly Diagnostic[]) {
    super(mistakes.map((mistake) => lineOf(asData(mistake))).join('\n'));
    this.mistakes = mistakes;
  }

  /** Every mistake, as data. */
  get diagnostics(): readonly PipelineDiagnostic[] {
    return this.mistakes.map(asData);
  }
}

function asData({ code, message, hint, at }: Diagnostic): PipelineDiagnostic {
  return {
    code,
    message,
    ...(hint !== undefined && { hint }),
    ...(at !== undefined && { at: { file: at.file.path, ...lineColumn(at.file, at.start) } }),
  };
}

const lineOf = ({ message, at }: PipelineDiagnostic): string =>
  at === undefined ? message : `${at.file}:${at.line}:${at.column}: ${message}`;

export const mistake = (code: DiagnosticCode, message: string, hint?: string): PipelineError =>
  new PipelineError([{ code, message, hint }]);

/** The value of a result; throws the mistakes of one that has none. */
export function orThrow<T>(result: Result<T, Diagnostic | readonly Diagnostic[]>): T {
  if (result.ok) return result.value;
  throw new PipelineError([result.error].flat());
}
