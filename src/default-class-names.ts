// THE table of names by default: of the two classes of a model, of whose names nobody said
// anything. Files of such models have these names as columns and keys, so they never change.

/** The class that a detector does not search for, of label 0. */
export const negativeName = 'real';

/** The class that a detector searches for, of label 1. */
export const positiveName = 'fake';

/** Both, in the order of their labels. */
export const defaultNames = [negativeName, positiveName] as const;

/** Several images of the positive class, in running text. */
export const positivePlural = 'fakes';
