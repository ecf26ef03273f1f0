/** The sets of hand-made features, in the order of their values. */
export const featureSets = ['residuals', 'spectrum', 'dct'] as const;
export type FeatureSet = (typeof featureSets)[number];
