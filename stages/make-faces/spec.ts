import { z } from 'zod';
import { mistakeIf } from '../../src/setting-mistakes.ts';
import { output, whole } from '../../src/spec-parts.ts';
import { defineKind } from '../../src/stage.ts';

const forgeries = ['blended', 'upsampled', 'swapped'] as const;
export type Forgery = (typeof forgeries)[number];

const settings = z.strictObject({
  images: z
    .record(
      z.string().regex(/^[\w-]+$/, 'expected letters, digits, "-" and "_"'),
      z.int().min(1).max(100_000),
    )
    .default({ train: 800, val: 150, test: 150 })
    .describe(
      'Real pictures per split; as many forged ones are made, divided equally among the forgeries.',
    ),
  size: z.int().min(32).max(1024).default(256).describe('Width and height in pixels.'),
  forgeries: z
    .array(z.enum(forgeries))
    .min(1)
    .default(['blended', 'upsampled'])
    .describe(
      '`blended`: the face replaced by itself, warped and tinted; `swapped`: by that of a donor; `upsampled`: a periodic trace.',
    ),
  frames: whole(2, 999)
    .exactOptional()
    .describe(
      'Makes clips in place of pictures: so many pictures a portrait, in a folder of its own, through which head and face move. Each person has a real clip, and swapped ones show the faces of each other; a quarter of the clips shows a guest beside the person.',
    ),
  quality: z
    .int()
    .min(1)
    .max(100)
    .default(92)
    .describe('Quality of the JPEG files, the same for all.'),
  seed: z
    .int()
    .nonnegative()
    .default(7)
    .describe('Seed of the drawings: another one makes other people.'),
});

export type MakeFacesSettings = z.output<typeof settings>;

export const spec = defineKind<MakeFacesSettings>({
  name: 'make-faces',
  version: 3,
  summary:
    'Draws portraits of people who do not exist, and forgeries of such: toy data to try a pipeline on.',
  settings,
  inputs: {},
  outputs: {
    faces: output.files(
      'JPEG files in {split}/real, {split}/fake/blended, {split}/fake/upsampled, {split}/fake/swapped; masks of what was replaced; manifest.csv. Of a clip, {split}/real/00003/000.jpg and so on; 00003_00002 has the face of person 2 in the clip of person 3.',
    ),
  },
  check: ({ frames, forgeries, images }) => {
    const lonely = Object.entries(images).find(([, count]) => count < 2);
    const isSwapped = frames !== undefined && forgeries.includes('swapped');
    return mistakeIf(
      isSwapped && lonely !== undefined,
      ['images', lonely?.[0] ?? ''],
      'expected two people or more, who swap their faces, got one',
    );
  },
  example: `faces:
  kind: make-faces
  with: { images: { train: 400, val: 100, test: 100 }, seed: 7 }
dataset:
  kind: load-dataset
  inputs: { images: faces.faces }
  with: { classes: { real: [real], fake: [fake/blended, fake/upsampled] } }
`,
});
