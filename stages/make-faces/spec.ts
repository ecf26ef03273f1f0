import { z } from 'zod';
import { output } from '../../src/spec-parts.ts';
import { defineKind } from '../../src/stage.ts';

const forgeries = ['blended', 'upsampled'] as const;
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
    .default([...forgeries])
    .describe(
      '`blended`: the face replaced by a warped and tinted one; `upsampled`: a periodic trace.',
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
      'JPEG files in {split}/real, {split}/fake/blended, {split}/fake/upsampled; masks of what was blended; manifest.csv.',
    ),
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
