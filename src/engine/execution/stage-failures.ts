import { UserError } from '../../user-error.ts';

/** A failed attempt. */
export class StageFailure extends UserError {
  /** Whether somebody killed its process, so that another attempt may succeed. */
  readonly killed: boolean;

  constructor(message: string, { killed = false }: { readonly killed?: boolean } = {}) {
    super(message);
    this.killed = killed;
  }
}

/** A stage has not ended in this run: it is left to a job, or somebody cancelled it. */
export class UnfinishedStage extends UserError {}

/** A job brings the stage to its end after this run. */
export class StageLeftToJob extends UnfinishedStage {}

/**
 * The code that decided about a stage changed while the stage waited: only a new process, with the
 * new code, can decide again.
 */
export class OldCode extends UnfinishedStage {}

/**
 * An input changed while the stage waited or ran: nothing was recorded, and the stage must be
 * examined again.
 */
export class OutdatedInput extends UserError {}

/** How often a stage is decided whose inputs change again and again. */
export const mostDecisions = 3;
