import { z } from 'zod';
import { formatFew } from '../../../format-numbers.ts';
import { uniqueList } from '../../../unique-list.ts';

/** Settings of kinds that read scores; light, for their specs. */
export const classSettings = {
  positive: uniqueList(z.string().min(1), 'class')
    .min(1)
    .exactOptional()
    .describe(
      'The classes that a detector searches for, such as [Deepfakes, FaceSwap]; all others are the other side. By default the second of two classes.',
    ),
  scoresAre: z
    .enum(['logits', 'probabilities'])
    .exactOptional()
    .describe(
      'What the scores are if their file does not say; by default probabilities if those of every image sum to 1, otherwise logits.',
    ),
};

/** How a setting names the positive side: `positive: [dog, owl]`. */
export const positiveExample = (classes: readonly string[]): string =>
  `positive: [${classes.slice(1, 3).join(', ')}]`;

/** Asks for the positive side of more than two classes. */
export const whichArePositive = (classes: readonly string[]): string =>
  `expected "positive" to say which of the classes ${formatFew(classes, 10)} count as positive, as in ${positiveExample(classes)}`;
