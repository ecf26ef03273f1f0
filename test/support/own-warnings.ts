/**
 * The warnings of a run, without that of outputs which an earlier pipeline left: of examples that
 * run one after another in a project, each takes the place of the one before.
 */
export const ownWarnings = (warnings: readonly string[]): readonly string[] =>
  warnings.filter((warning) => !/belongs? to no stage any more/.test(warning));
