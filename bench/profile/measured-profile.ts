import type { StepProfile } from './step-profile.ts';

/** What the process of a profiled stage leaves in its scratch folder, as {@link profileFile}. */
export interface MeasuredProfile extends StepProfile {
  /** What the stage counts, in the plural: `images`. */
  readonly unit?: string;
}

export const profileFile = 'profile.json';

/** The environment variable that says how many steps to measure. */
export const stepsVariable = 'RESTAGE_PROFILE_STEPS';
