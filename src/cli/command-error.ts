import type { Diagnostic } from '../engine/diagnostics/diagnostic.ts';
import type { Result } from '../result.ts';
import { UserError } from '../user-error.ts';

/** The user's mistakes, with their places and remedies, where they end a command. */
export class MistakesError extends UserError {
  readonly mistakes: readonly Diagnostic[];

  constructor(mistakes: readonly Diagnostic[]) {
    super(mistakes.map(({ message }) => message).join('\n'));
    this.mistakes = mistakes;
  }
}

/** Words or options that do not fit together, in a sentence without a capital and a full stop. */
export class UsageError extends UserError {}

/** The value of a result; a command ends with the mistakes of one that has none. */
export function orThrow<T>(result: Result<T, Diagnostic | readonly Diagnostic[]>): T {
  if (result.ok) return result.value;
  throw new MistakesError([result.error].flat());
}
