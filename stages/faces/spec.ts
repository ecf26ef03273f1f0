import { z } from 'zod';
import { mistakeIf } from '../../src/setting-mistakes.ts';
import { count, flag, output, whole } from '../../src/spec-parts.ts';
import { defineKind, type SettingMistake } from '../../src/stage.ts';

const margin = z
  .number()
  .min(0)
  .max(4)
  .default(0.3)
  .describe('Added to the width of a face, half of it at each side, as a share: 0.3 is 1.3 times.');

const colour = z.tuple([z.number(), z.number(), z.number()]);
const pixelForm = {
  side: count.default(640).describe('Pixels a side of the input, where the file leaves them free.'),
  colours: z
    .enum(['rgb', 'bgr'])
    .exactOptional()
    .describe('Order of the colours of the input; default: bgr for a detector, rgb for landmarks.'),
  mean: colour
    .exactOptional()
    .describe('Subtracted from values of 0 to 255, in the order of `colours`.'),
  deviation: colour.exactOptional().describe('What they are then divided by.'),
};

const settings = z.strictObject({
  minScore: z
    .number()
    .min(0.05)
    .max(1)
    .default(0.5)
    .describe('The least score of the detector for a face, 0 to 1.'),
  minSize: whole(1, 10_000)
    .default(32)
    .describe('The least length of the shorter side of a face’s box, in pixels.'),
  pick: z
    .enum(['largest', 'all', 'track', 'mask'])
    .default('largest')
    .describe(
      'Which faces are cut: the `largest` of each image, `all`, those of the `track` that is seen longest in the video, or those that a forgery’s `mask` covers.',
    ),
  align: z
    .strictObject({
      landmarks: z
        .union([z.literal(68), z.literal(5)])
        .default(68)
        .describe('68 landmarks, or the five points of a detector of one’s own.'),
      size: whole(16, 2048).default(256).describe('Pixels a side of a crop.'),
      margin,
    })
    .exactOptional()
    .describe(
      'Faces are turned upright and scaled to one size by eyes, nose and mouth: the default. A face whose landmarks do not fit its box, as of a blurred one, is left out.',
    ),
  crop: z
    .strictObject({
      size: whole(16, 2048)
        .exactOptional()
        .describe(
          'Pixels a side of a crop; default: as many as it has in the image, at most 4096.',
        ),
      margin,
    })
    .exactOptional()
    .describe(
      'In place of `align`: a square around the box, neither turned nor, without `size`, scaled, unless it is larger than 4096 pixels.',
    ),
  quality: whole(1, 100)
    .exactOptional()
    .describe('Crops are JPEG files of this quality; default: PNG, without loss.'),
  persons: flag.describe(
    'Give faces of one person in different videos a common random number, by clustering their descriptors.',
  ),
  personDistance: z
    .number()
    .positive()
    .max(2)
    .default(0.5)
    .describe(
      'Clusters of faces are one person while their mean distance is below this; the descriptor’s authors use 0.6 for pairs.',
    ),
  seed: whole(0).default(7).describe('Seed of the numbers of persons.'),
  detector: z
    .strictObject(pixelForm)
    .prefault({})
    .describe('How images become the input of the network in `detector`.'),
  landmarks: z
    .strictObject({
      ...pixelForm,
      side: count
        .default(112)
        .describe('Pixels a side of the input, where the file leaves them free.'),
      margin: z
        .number()
        .min(0)
        .max(4)
        .default(0)
        .describe('Added to the longer side of a face’s box, as a share.'),
    })
    .prefault({})
    .describe('How faces become the input of the network in `landmarks`.'),
});

export type FacesSettings = z.output<typeof settings>;

export const spec = defineKind<FacesSettings>({
  name: 'faces',
  version: 2,
  summary:
    'Finds the faces of images or of frames of videos, follows them through each video, and cuts them out, upright and of one size. ' +
    'Detector, landmarks and descriptors are the networks of `@vladmandic/face-api`.',
  settings,
  inputs: {
    images: {
      type: ['dataset', 'images', 'files'],
      summary: 'The data set of `frames` or `load-dataset`, or a folder {class}/… of images.',
    },
    masks: {
      type: ['images', 'files'],
      optional: true,
      summary:
        'For `pick: mask`: a folder of pictures that are bright where an image was forged, each with the path of its image.',
    },
    detector: {
      type: 'files',
      optional: true,
      summary: 'A detector as ONNX, with the outputs of RetinaFace or YuNet.',
    },
    landmarks: {
      type: 'files',
      optional: true,
      summary: 'A network for 68 landmarks as ONNX: from a face to x and y of each.',
    },
  },
  outputs: {
    dataset: {
      type: 'dataset',
      summary:
        'The crops in the splits of the input, each with its video, frame, time, track, person, score, box, and the way back into its image.',
    },
    faces: output.table(
      'CSV, a row for each face that counts: its image, video, frame, time, track, person, score, box and landmarks in pixels, and its crop or why it has none.',
    ),
    missing: output.table('CSV, a row for each image and video without a crop, and why.'),
    crops: output.chart('Crops of each class.'),
    boxes: output.chart(
      'Images of each class with a box around each face, thick where it is cut, its score and its landmarks.',
    ),
    leftOut: output.chart('Images without a crop, with what the detector saw in them.'),
    sizes: output.chart('The sizes of faces by class: a shortcut where they differ.'),
  },
  computes: true,
  check: mistakes,
  facts: (_, inputs) => inputs('images')[0]?.facts ?? {},
  example: `frames:
  kind: frames
  inputs: { videos: data/ffpp }
faces:
  kind: faces
  inputs: { images: frames.dataset }
  with: { pick: track, align: { landmarks: 68, size: 256, margin: 0.3 } }
`,
});

function mistakes(
  { align, crop, pick, landmarks, detector }: FacesSettings,
  inputs: ReadonlySet<string>,
): readonly SettingMistake[] {
  const ownPoints = align?.landmarks === 5;
  return [
    ...mistakeIf(
      align !== undefined && crop !== undefined,
      ['crop'],
      'either `align` or `crop`, got both',
    ),
    ...mistakeIf(
      pick === 'mask' && !inputs.has('masks'),
      ['pick'],
      'expected the input `masks`, whose pictures say where a face was forged',
    ),
    ...mistakeIf(
      ownPoints && !inputs.has('detector'),
      ['align', 'landmarks'],
      'expected the input `detector`, whose five points are used: the built-in detector has none',
    ),
    ...mistakeIf(
      ownPoints && inputs.has('landmarks'),
      ['align', 'landmarks'],
      'expected 68, since the input `landmarks` gives as many',
    ),
    ...unused('detector', detector, inputs),
    ...unused('landmarks', landmarks, inputs),
  ];
}

/** Settings of a network that no input brings. */
function unused(
  name: 'detector' | 'landmarks',
  { colours, mean, deviation }: FacesSettings['detector'],
  inputs: ReadonlySet<string>,
): readonly SettingMistake[] {
  const isGiven = [colours, mean, deviation].some((value) => value !== undefined);
  return mistakeIf(
    isGiven && !inputs.has(name),
    [name],
    `expected the input \`${name}\`, an ONNX file`,
  );
}
