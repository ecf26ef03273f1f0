/** The split that is trained on. */
export const trainSplit = 'train';
/** The split that chooses the epoch. A test split never does. */
export const selectionSplit = 'val';
