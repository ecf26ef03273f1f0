import type { PlannedDecision } from '../../engine/plan/decide.ts';

/** What a plan says of a stage. */
export interface PlanLine {
  readonly stage: string;
  readonly state: PlannedDecision['state'];
  /** Reasons and remarks, the most important first. */
  readonly notes: readonly string[];
  /** For a stage of a trial of a search; absent: of none. */
  readonly trial?: PlannedTrial;
}

/** The trial of a search that a stage belongs to. */
export interface PlannedTrial {
  readonly axis: string;
  readonly number: number;
  /** Whether its notes name the values of the trial. */
  readonly hasValues: boolean;
}
