import { z } from 'zod';
import { knownClasses } from '../../src/learning/metrics/known-classes.ts';
import { splitList } from '../../src/learning/training/splits.ts';
import { output, whole } from '../../src/spec-parts.ts';
import { defineKind } from '../../src/stage.ts';

/** What an image can take from another one. */
const properties = ['encoding', 'size', 'detail', 'brightness', 'framing', 'background'] as const;
export type Property = (typeof properties)[number];

const share = (what: string) => z.number().min(0).max(1).describe(what);

const settings = z.strictObject({
  property: z
    .enum(properties)
    .describe(
      'What every image takes from its partner. encoding: quality and chroma of its JPEG, or PNG. size: its area, the aspect stays. detail: the deviation of its values in three bands of scale. brightness: mean and deviation of each colour. framing: place and size of the face. background: all pixels outside of an ellipse around the face.',
    ),
  partner: z
    .enum(['other', 'own'])
    .default('other')
    .describe(
      'The class of the partner: another one than the image’s, or its own, the control, which is computed in the same way.',
    ),
  splits: splitList.min(1).default(['test']).describe('The splits whose images are changed.'),
  ellipse: z
    .strictObject({
      x: share('Its middle, from the left.'),
      y: share('Its middle, from the top.'),
      width: share('Its axis across.'),
      height: share('Its axis down.'),
    })
    .default({ x: 0.5, y: 0.5, width: 0.6, height: 0.8 })
    .describe(
      'For a background: middle and axes of the ellipse that keeps its pixels, as shares of the image; that around the box of the face where the data set has one.',
    ),
  seed: whole(0).default(7).describe('Seed of the draw of partners.'),
});
export type ExchangeSettings = z.output<typeof settings>;

export const spec = defineKind<ExchangeSettings>({
  name: 'exchange',
  version: 1,
  summary:
    'Gives every image one property of a random image of another class, or of its own as a control, and leaves the rest of it: what a detector decides by shows in how its scores move.',
  settings,
  inputs: {
    dataset: {
      type: 'dataset',
      summary: 'Labelled images. Framing needs the boxes of faces, as the kind faces finds them.',
      parts: ({ splits }) => splits,
      sealedHint:
        'Exchange a property of `val` instead: `splits: [val]` here and in the stages that score, and `split: val` in `bias`.',
    },
  },
  outputs: {
    dataset: {
      type: 'dataset',
      summary:
        'The same images with the same keys, labels and groups, as PNG or, where the encoding is exchanged, as its partner is encoded.',
    },
    partners: output.table('CSV split,key,partner: from which image each took the property.'),
  },
  facts: (_, inputs) => {
    const [classes] = knownClasses(inputs, 'dataset');
    return classes === undefined ? {} : { classes };
  },
  example: `exchanged:
  kind: exchange
  inputs: { dataset: faces.dataset }
  with: { property: brightness, partner: other }
`,
});
