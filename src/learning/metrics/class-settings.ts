import { z } from 'zod';
import { uniqueList } from '../../unique-list.ts';

/** Settings of kinds that read scores; light, for their specs. */
export const classSettings = {
  positive: uniqueList(z.string().min(1), 'class')
    .min(1)
    .exactOptional()
    .describe(
      'The classes that a detector searches for, such as [Deepfakes, FaceSwap]; all others are the other side. Of two classes the second by default.',
    ),
  scoresAre: z
    .enum(['logits', 'probabilities'])
    .exactOptional()
    .describe(
      'What scores are whose file does not say; by default probabilities where those of every image sum to 1, otherwise logits.',
    ),
};
