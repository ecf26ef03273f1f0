import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { StageError } from '../../../stage.ts';
import { reasonOf } from '../../../user-error.ts';
import type { Kernel } from '../../vision/resize-settings.ts';
import type { Preprocessing, PreprocessingSizes } from './presets.ts';
import { triple } from './triple.ts';

/**
 * The preprocessing that a network's authors published beside it. The file is one of
 *
 * - `preprocessor_config.json` of Hugging Face's Transformers,
 * - `config.json` of timm, with `pretrained_cfg`, as the Hugging Face hub has it,
 * - `preprocessor.json` or `image_converter.json` of KerasHub,
 *
 * or a folder with one of them. Throws a {@link StageError} that says what the file asks for and
 * Restage cannot do.
 */
export function readPreprocessing(path: string): Preprocessing {
  const file = statSync(path).isDirectory() ? fileIn(path) : path;
  return preprocessingOf(jsonObjectIn(file), file);
}

/** The same of the content of such a file; `source` is where it stands, for messages. */
export function preprocessingOf(
  config: Readonly<Record<string, unknown>>,
  source: string,
): Preprocessing {
  const form = forms.find(({ marks }) => marks.some((mark) => Object.hasOwn(config, mark)));
  if (form === undefined) {
    throw new StageError(
      `Expected how images are prepared, as ${formNames}, but ${source} has ${Object.keys(config).slice(0, 5).join(', ') || 'nothing'}.`,
    );
  }
  const parsed = form.schema.safeParse(config);
  if (parsed.success) return fitting(parsed.data, source);
  const [issue] = parsed.error.issues;
  throw new StageError(
    `Expected ${form.name}, but in ${source} at ${issue!.path.join('.') || 'its top'}: ${issue!.message}.`,
  );
}

/** Pixels a side, as the settings of stages allow. */
const mostPixels = 4096;
/** For values from 0 to 1; those of published networks are from 0.001 to 300. */
const leastDeviation = 1e-6;
const mostValue = 1e6;

/**
 * Throws a {@link StageError} for sizes that no memory holds, and numbers that no value survives.
 */
function fitting(preprocessing: Preprocessing, file: string): Preprocessing {
  const { crop, resize, normalise } = preprocessing;
  const sides = typeof resize === 'number' ? [resize] : resize;
  if (sides.some((side) => !Number.isInteger(side) || side > mostPixels)) {
    throw new StageError(
      `Expected that images are resized to at most ${mostPixels} pixels, got ${sides.join(' x ')} by what ${file} says: mend its size or its share of the crop.`,
    );
  }
  const isUsable = (value: number, least: number) =>
    Math.abs(value) >= least && Math.abs(value) <= mostValue;
  if (!normalise.mean.every((value) => isUsable(value, 0))) {
    throw new StageError(
      `Expected means of values from 0 to 1 of at most ${mostValue}, got ${normalise.mean.join(', ')} by what ${file} says.`,
    );
  }
  if (!normalise.deviation.every((value) => isUsable(value, leastDeviation))) {
    throw new StageError(
      `Expected deviations of values from 0 to 1 between ${leastDeviation} and ${mostValue}, got ${normalise.deviation.join(', ')} by what ${file} says.`,
    );
  }
  // Some authors enlarge a frame around images that are smaller than the crop; Restage does not.
  const shorter = Math.min(...sides);
  if (shorter >= crop) return preprocessing;
  throw new StageError(
    `Expected a crop of at most ${shorter} pixels, to which images are resized, got ${crop} in ${file}.`,
  );
}

/** The names of such files, the likelier ones first. */
const fileNames = [
  'preprocessor_config.json',
  'preprocessor.json',
  'image_converter.json',
  'config.json',
] as const;

function fileIn(folder: string): string {
  const names = readdirSync(folder);
  const name = fileNames.find((candidate) => names.includes(candidate));
  if (name !== undefined) return join(folder, name);
  throw new StageError(
    `Expected ${fileNames.join(', ')} in the folder ${folder}, got ${names.sort().join(', ') || 'none'}.`,
  );
}

function jsonObjectIn(file: string): Readonly<Record<string, unknown>> {
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    const reason = error instanceof z.ZodError ? 'it is no map' : reasonOf(error);
    throw new StageError(`Expected a JSON file, but ${basename(file)} cannot be read: ${reason}`);
  }
}

const pixels = z.int().positive().max(mostPixels);
const square = z
  .strictObject({ height: pixels, width: pixels })
  .refine(({ height, width }) => height === width, 'expected a square');

/** Pillow's numbers of its filters. */
const pillowKernels: Readonly<Record<number, Kernel>> = {
  0: 'nearest',
  1: 'lanczos3',
  2: 'linear',
  3: 'cubic',
};

const pillowKernel = z.int().transform((number, { addIssue }) => {
  const kernel = pillowKernels[number];
  if (kernel !== undefined) return kernel;
  addIssue(`expected ${Object.keys(pillowKernels).join(', ')}, got ${number}`);
  return z.NEVER;
});

/** The names of interpolations in timm and Keras. */
const namedKernels = {
  nearest: 'nearest',
  bilinear: 'linear',
  bicubic: 'cubic',
  lanczos: 'lanczos3',
  lanczos3: 'lanczos3',
} as const satisfies Readonly<Record<string, Kernel>>;

const namedKernel = z
  .enum(Object.keys(namedKernels) as (keyof typeof namedKernels)[])
  .transform((name) => namedKernels[name]);

/** `(value * factor - mean) / deviation` of values from 0 to 255, for values from 0 to 1. */
const scaled = (values: readonly [number, number, number], factor: number) =>
  values.map((value) => value / (255 * factor)) as [number, number, number];

/** https://huggingface.co/docs/transformers/main_classes/image_processor */
const transformers = z
  .object({
    image_processor_type: z.string().optional(),
    feature_extractor_type: z.string().optional(),
    do_resize: z.literal(true, 'expected true').default(true),
    size: z.union([pixels, z.strictObject({ shortest_edge: pixels }), square]),
    resample: pillowKernel.default('linear'),
    crop_pct: z.number().positive().max(1).nullish(),
    do_center_crop: z.boolean().default(false),
    crop_size: z.union([pixels, square]).nullish(),
    do_rescale: z.boolean().default(true),
    rescale_factor: z
      .number()
      .positive()
      .default(1 / 255),
    rescale_offset: z.literal(false, 'expected no offset').optional(),
    do_normalize: z.boolean().default(true),
    image_mean: triple.default([0, 0, 0]),
    image_std: triple.default([1, 1, 1]),
    do_pad: z.literal(false, 'expected no padding').optional(),
  })
  .transform((config): Preprocessing => {
    const factor = config.do_rescale ? config.rescale_factor : 1;
    const normalise = {
      mean: scaled(config.do_normalize ? config.image_mean : [0, 0, 0], factor),
      deviation: scaled(config.do_normalize ? config.image_std : [1, 1, 1], factor),
    };
    return { ...sizesOf(config), kernel: config.resample, normalise };
  });

type TransformersSizes = Pick<
  z.input<typeof transformers>,
  | 'size'
  | 'crop_pct'
  | 'do_center_crop'
  | 'crop_size'
  | 'image_processor_type'
  | 'feature_extractor_type'
>;

/**
 * ConvNeXt's processor shows a share of the resized image, and from this side on it stretches it
 * instead.
 */
const usualShare = 224 / 256;
const leastStretched = 384;

function sizesOf(config: TransformersSizes): PreprocessingSizes {
  const { size, do_center_crop: isCropped, crop_size: cropSize } = config;
  const type = config.image_processor_type ?? config.feature_extractor_type ?? '';
  // Older files have one number, which CLIP and ConvNeXt take for the shorter side.
  const isShorter =
    typeof size === 'number' ? /^(CLIP|ChineseCLIP|ConvNext)/.test(type) : 'shortest_edge' in size;
  const side = sideOf(size);
  const share = config.crop_pct ?? (type.startsWith('ConvNext') ? usualShare : undefined);
  if (share !== undefined) {
    const isStretched = side >= leastStretched;
    return { crop: side, resize: isStretched ? [side, side] : Math.trunc(side / share) };
  }
  return {
    crop: isCropped === true ? sideOf(cropSize ?? side) : side,
    resize: isShorter ? side : [side, side],
  };
}

function sideOf(size: number | Readonly<Record<string, number>>): number {
  return typeof size === 'number' ? size : Object.values(size)[0]!;
}

/** `timm.data.config.resolve_data_config` and `timm.data.transforms_factory`. */
const timm = z
  .object({
    pretrained_cfg: z.object({
      input_size: z
        .tuple([z.literal(3), pixels, pixels])
        .refine(([, height, width]) => height === width, 'expected a square'),
      interpolation: namedKernel.default('cubic'),
      crop_pct: z.number().positive().max(1).default(0.875),
      crop_mode: z.enum(['center', 'squash']).default('center'),
      mean: triple.default([0.485, 0.456, 0.406]),
      std: triple.default([0.229, 0.224, 0.225]),
    }),
  })
  .transform(({ pretrained_cfg: config }): Preprocessing => {
    const [, crop] = config.input_size;
    const resized = Math.floor(crop / config.crop_pct);
    return {
      crop,
      resize: config.crop_mode === 'squash' ? [resized, resized] : resized,
      kernel: config.interpolation,
      normalise: { mean: config.mean, deviation: config.std },
    };
  });

const perChannel = z.union([triple, z.number().transform((value) => [value, value, value])]);

/** `keras_hub.layers.ImageConverter`. */
const imageConverter = z
  .object({
    image_size: z
      .union([pixels, z.tuple([pixels, pixels])])
      .transform((size) => (typeof size === 'number' ? [size, size] : size))
      .refine(([height, width]) => height === width, 'expected a square'),
    scale: perChannel.nullish(),
    offset: perChannel.nullish(),
    crop_to_aspect_ratio: z.boolean().default(true),
    pad_to_aspect_ratio: z.literal(false, 'expected no padding').optional(),
    interpolation: namedKernel.default('linear'),
    antialias: z.boolean().default(false),
  })
  .transform((config): Preprocessing => {
    const side = config.image_size[0]!;
    const scale = config.scale ?? [1, 1, 1];
    const offset = config.offset ?? [0, 0, 0];
    const deviation = scale.map((factor) => 1 / (255 * factor)) as [number, number, number];
    const mean = offset.map((value, i) => -value / (255 * scale[i]!)) as [number, number, number];
    return {
      crop: side,
      resize: config.crop_to_aspect_ratio ? side : [side, side],
      kernel: config.interpolation,
      normalise: { mean, deviation },
    };
  });

const keras = z
  .object({ config: z.object({ image_converter: z.object({ config: imageConverter }) }) })
  .transform(({ config }) => config.image_converter.config);

interface Form {
  readonly name: string;
  /** Keys of which such a file has one at its top. */
  readonly marks: readonly string[];
  readonly schema: z.ZodType<Preprocessing>;
}

const forms: readonly Form[] = [
  { name: 'a config.json of timm', marks: ['pretrained_cfg'], schema: timm },
  {
    name: 'a preprocessor_config.json of Transformers',
    marks: ['image_processor_type', 'feature_extractor_type', 'image_mean', 'do_resize'],
    schema: transformers,
  },
  {
    name: 'a preprocessor of KerasHub',
    marks: ['class_name'],
    schema: z.union([
      keras,
      z.object({ config: imageConverter }).transform(({ config }) => config),
    ]),
  },
];
const formNames = forms.map(({ name }) => name).join(', ');
