/** The split whose numbers are results: no training, epoch or candidate is chosen by it. */
const testSplit = 'test';

export const isTestSplit = (split: string): boolean => split === testSplit;

/** Whether a number is of the test split, by its path in a metrics file: `test.auc`. */
export const isOfTestSplit = (path: string): boolean => path.startsWith(`${testSplit}.`);

/** The split that a result reports on: the test split, else the last; undefined for none. */
export const reportedSplit = (splits: readonly string[]): string | undefined =>
  splits.find(isTestSplit) ?? splits.at(-1);

/** The mistake of whoever would choose by a metric of the test split. */
export const chosenByTest =
  'expected a metric of another split, such as val.auc: a split that decides a choice cannot test it';
