import { UserError } from '../../user-error.ts';

/** Why an output cannot be put where it is wanted, as a sentence; the user's to mend. */
export class PublishError extends UserError {
  override readonly name = 'PublishError';
}
