/** The variables of an environment, such as `process.env` or what `openProject` was given. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Restage's own variables. Those of others are read where they count: `NO_COLOR` and `FORCE_COLOR`
 * in `reporting/terminal/colour.ts`, `AWS_…` in `aws-settings.ts`, those of a scheduler in its
 * file.
 */
export const ownVariables = {
  /** To a program: the JSON file that describes its stage. */
  stage: 'RESTAGE_STAGE',
  /** To a program: the file to which it appends messages. */
  events: 'RESTAGE_EVENTS',
  /** To a program: the path of its checkpoint. */
  checkpoint: 'RESTAGE_CHECKPOINT',
  /** To the job of a detached run: the folder of its step. */
  step: 'RESTAGE_STEP',
  /**
   * To a job whose scheduler does not tell it: its id and how often it was started, such as
   * `17_3 1`.
   */
  job: 'RESTAGE_JOB',
  /** To the command, from `bin/restage.js`: whether SIGHUP was `ignored` or `heeded`. */
  hangup: 'RESTAGE_HANGUP',
  /** For tests: how patient a run is with jobs, such as `silence=2000,cancel=5000`. */
  patience: 'RESTAGE_PATIENCE',
} as const;
