import type { Highlight } from '../../stage.ts';
import type { Outputs } from '../plan/examine.ts';

/** How a stage ended in a run, with its outputs for the stages that read it. */
export type StageOutcome =
  | DoneStage
  | { readonly outcome: 'failed' | 'blocked' | 'cancelled'; readonly message: string };

/** A stage that is up to date now. */
export interface DoneStage {
  readonly outcome: 'up to date' | 'restored' | 'ran';
  readonly outputs: Outputs;
  readonly highlights: readonly Highlight[];
  /** False where an input changed meanwhile: the outputs serve this run only. */
  readonly recorded: boolean;
  /** Of the work done now. */
  readonly seconds: number;
  /** Of a stage that ran twice: whether both runs gave the same bytes. */
  readonly repeats?: boolean;
}

export const isDone = (outcome: StageOutcome): outcome is DoneStage => 'outputs' in outcome;
