import { z } from 'zod';
import { negativeName, positiveName } from '../../src/default-class-names.ts';
import { knownClasses } from '../../src/learning/metrics/known-classes.ts';
import { selectionSplit, splitList, trainSplit } from '../../src/learning/training/splits.ts';
import { mistakeIf } from '../../src/setting-mistakes.ts';
import { count, output, text, whole } from '../../src/spec-parts.ts';
import { defineKind } from '../../src/stage.ts';
import { uniqueList } from '../../src/unique-list.ts';

/** The ways to forge a photograph. */
export const methods = ['self-blended', 'swap', 'retouch'] as const;
export type Method = (typeof methods)[number];

const settings = z.strictObject({
  methods: uniqueList(z.enum(methods), 'method')
    .min(1)
    .default(['self-blended'])
    .describe(
      'How photographs are forged. self-blended: a changed copy of the photograph is blended into it, within its face. swap: the face of another person is. retouch: eyes, nose or mouth are warped and recoloured.',
    ),
  forgeries: count
    .default(1)
    .describe(
      'Forgeries of each photograph. They take the methods in turn, from a random one on; so as many as there are methods are one of each.',
    ),
  ratios: z
    .array(z.number().positive().max(1))
    .min(1)
    .default([0.25, 0.5, 0.75, 1, 1, 1])
    .describe(
      'For self-blended: the weights of the copy, one of which is drawn for each forgery; 1 replaces the face.',
    ),
  class: text
    .default(negativeName)
    .describe('The class of the photographs. Images of other classes are left out.'),
  forged: text.default(positiveName).describe('The class that forgeries get.'),
  splits: splitList
    .min(1)
    .default([trainSplit, selectionSplit])
    .describe('The splits whose photographs are forged. A donor is of the split of its forgery.'),
  quality: z
    .union([whole(1, 100), z.literal('same')], {
      error: 'a whole number from 1 to 100, or same',
    })
    .exactOptional()
    .describe(
      'Photographs and forgeries are JPEG files of this quality; `same`: of the quality and chroma of the photograph’s file. Default: PNG, without loss.',
    ),
  seed: whole(0).default(7).describe('Seed of everything that is drawn.'),
});
export type ForgeSettings = z.output<typeof settings>;
export type Quality = ForgeSettings['quality'];

export const spec = defineKind<ForgeSettings>({
  name: 'forge',
  version: 3,
  summary:
    'Makes forgeries of photographs of faces, so that a detector can train without forgeries of others: self-blended images, swapped faces and retouched parts, each with its mask.',
  settings,
  inputs: {
    dataset: {
      type: 'dataset',
      summary: 'Photographs of faces: images in which `faces` found one, or its crops.',
      parts: ({ splits }) => splits,
    },
    faces: {
      type: 'table',
      summary: 'The table `faces` of these images, as the kind faces writes it: their landmarks.',
    },
  },
  outputs: {
    dataset: {
      type: 'dataset',
      summary:
        'Each photograph, followed by its forgeries in the same split and group, encoded alike. The source of a forgery is its method.',
    },
    masks: output.files(
      'Grey PNG files at the paths of the forgeries below `masks`, 255 where the photograph was replaced, 0 where every pixel is that of the photograph.',
    ),
    forgeries: output.table(
      'CSV, a row for each forgery: its method, target and donor by their keys, its seed, the ratio of blending, and the share of the image that was replaced.',
    ),
    sheet: output.chart('A few forgeries of each method, with their photographs and masks.'),
  },
  usesAllCores: true,
  check: ({ class: ofPhotographs, forged }) =>
    mistakeIf(ofPhotographs === forged, ['forged'], 'expected another class than `class`'),
  checkInputs: ({ class: wanted }, inputs) => {
    const [known] = knownClasses(inputs, 'dataset');
    if (known === undefined || known.includes(wanted)) return [];
    const message = 'expected a class of the data set';
    return [{ at: ['class'], message, unknown: { name: wanted, known } }];
  },
  facts: ({ class: ofPhotographs, forged }) => ({ classes: [ofPhotographs, forged] }),
  example: `faces:
  kind: faces
  inputs: { images: photographs.dataset }
forged:
  kind: forge
  inputs: { dataset: faces.dataset, faces: faces.faces }
  with: { methods: [self-blended, swap] }
fit:
  kind: train
  inputs: { dataset: forged.dataset }
  with: { model: simple-net, imageSize: 128, batches: paired }
`,
});
