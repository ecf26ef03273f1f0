import { UserError } from '../../user-error.ts';

/** Why a stage failed, in a sentence for its user. Not a bug: it has no interesting stack. */
export class StageFailure extends UserError {
  override readonly name = 'StageFailure';
}
