import type { Target } from '../../src/learning/training/open-classes.ts';
import type { Sample } from '../../src/learning/vision/dataset/dataset.ts';

/** An image of a dataset, or its features, as far as scores say what it is. */
export type Scorable = Pick<Sample, 'key' | 'class' | 'source' | 'group' | 'slices'>;

/** What a row of scores holds of an image besides its label. */
export const factsOf = ({ class: of, source, group, slices }: Scorable, target: Target = 'class') => ({
  ...(target === 'source' && { class: of }),
  source,
  ...(group !== undefined && { group }),
  ...(slices !== undefined && { slices }),
});
