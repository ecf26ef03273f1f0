import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { usualNormalization } from '../vision/pixels-to-floats.ts';
import { fits, kernels, usualLargest } from '../vision/resize-settings.ts';
import { type Preprocessing, presetNames, presetOf } from './preprocessing/presets.ts';
import { triple } from './preprocessing/triple.ts';

const positive = z.number().positive();
const positiveTriple = z.tuple([positive, positive, positive]);
const side = z.int().positive().max(4096);

/** The length of the shorter side, or height and width. */
export const resizeTo = z.union([side, z.tuple([side, side])], {
  error: 'the length of the shorter side in pixels, or [height, width]',
});

/** Settings that have no default, whatever the kind. */
const cropSettings = {
  preprocessing: z
    .enum(presetNames)
    .exactOptional()
    .describe(
      'The resizing, crop, kernel and constants of a library, as its users evaluate networks of 224 pixels or of imageSize: torchvision and timm (resized to 8/7 of the crop), keras (stretched, -1 to 1), clip. A setting given beside it takes precedence.',
    ),
  resize: resizeTo
    .exactOptional()
    .describe(
      'The length of the shorter side, or [height, width], to which an image is resized exactly as Pillow and torchvision do, before the crop; takes the place of fit.',
    ),
  crop: side
    .exactOptional()
    .describe(
      'Pixels a side of the middle that is taken after resize: the network’s input, so that imageSize is left out.',
    ),
};

/** The settings of images that are not resized, for kinds that make a model. */
const nativeSettings = {
  scale: z
    .enum(['native'])
    .exactOptional()
    .describe(
      'native: images keep their pixels. Training sees random crops of crop x crop, evaluation whole images, for which the network must pool over all places. By default images are resized.',
    ),
  largest: side
    .exactOptional()
    .describe(
      `With scale: native, pixels a side of the largest image that is seen whole; of a larger one the middle is seen. Default: ${usualLargest}.`,
    ),
};

/** The settings of how an image becomes a network's input, for kinds that make a model. */
export const inputSettings = {
  imageSize: side.default(256).describe('Pixels a side of the network’s input.'),
  fit: z
    .enum(fits)
    .default('cover')
    .describe(
      'How an image that is not square becomes square: its middle alone (cover), all of it on black (contain), or stretched (fill).',
    ),
  kernel: z.enum(kernels).default('linear').describe('The interpolation kernel of resizing.'),
  normalise: z
    .strictObject({
      mean: triple.default(usualNormalization.mean).describe('Subtracted from each value.'),
      deviation: positiveTriple
        .default(usualNormalization.deviation)
        .describe('The divisor of each difference.'),
    })
    .exactOptional()
    .describe(
      '(value - mean) / deviation for red, green and blue, of values from 0 to 1. By default as the initial weights require; for random weights the constants of CIFAR-10.',
    ),
  ...cropSettings,
  ...nativeSettings,
};

/**
 * The same for kinds where a model or file may bring them along: without defaults, which shows
 * whether they were given.
 */
export const optionalInputSettings = {
  imageSize: inputSettings.imageSize
    .unwrap()
    .exactOptional()
    .describe('Pixels a side of the network’s input; default: 256.'),
  fit: inputSettings.fit
    .unwrap()
    .exactOptional()
    .describe('How an image that is not square becomes square; default: cover, its middle alone.'),
  kernel: inputSettings.kernel
    .unwrap()
    .exactOptional()
    .describe('The interpolation kernel of resizing; default: linear.'),
  normalise: inputSettings.normalise,
  ...cropSettings,
  ...nativeSettings,
};

/** What these are where nothing brings them along. */
export const usualInput = { imageSize: 256, fit: 'cover', kernel: 'linear' } as const;

/** The names of the settings of the input. */
export const inputSettingNames = Object.keys(inputSettings) as readonly (keyof InputSettings)[];
export type InputSettings = {
  -readonly [Name in keyof typeof optionalInputSettings]?: z.output<
    (typeof optionalInputSettings)[Name]
  >;
};

/**
 * The names under which settings of the input are to be refused: a preset alone, since it fills in
 * the others.
 */
export const refusedNames = (given: InputSettings): readonly (keyof InputSettings)[] =>
  given.preprocessing === undefined ? inputSettingNames : ['preprocessing'];

/**
 * Settings in which the values of `preprocessing` and of `crop` are filled in where they were not
 * given. This happens before defaults are, since a value at its default may have been given.
 */
export const withInput = <S extends z.ZodType>(settings: S) => z.preprocess(fillInput, settings);

function fillInput(given: unknown): unknown {
  if (given === null || typeof given !== 'object') return given;
  const settings = given as Readonly<Record<string, unknown>>;
  const size = sizeIn(settings);
  const name = presetNames.find((preset) => preset === settings['preprocessing']);
  if (name !== undefined) return fillFrom(presetOf(name, size), settings);
  const isCropped = settings['resize'] !== undefined || settings['scale'] === 'native';
  if (!isCropped || size === undefined) return given;
  return { imageSize: size, crop: size, ...settings };
}

/**
 * Settings with the values of a preprocessing where they have none. An explicit `fit` takes the
 * place of its resizing, and native scale has none.
 */
function fillFrom<S extends object>(
  { crop, resize, ...others }: Preprocessing,
  settings: S & { readonly fit?: unknown; readonly resize?: unknown; readonly scale?: unknown },
) {
  const isFitted = settings.fit !== undefined && settings.resize === undefined;
  const cropping = settings.scale === undefined ? { crop, resize } : { crop };
  const resizing = isFitted ? {} : cropping;
  return { imageSize: crop, ...resizing, ...others, ...settings };
}

/**
 * Settings with the values of the file that authors published, where they have none or, for a kind
 * with `defaults`, have their default.
 */
export function fillFromFile<S extends InputSettings>(
  preprocessing: Preprocessing,
  settings: S,
  defaults: Partial<InputSettings>,
) {
  const given = Object.entries(settings).filter(
    ([name, value]) => !isDeepStrictEqual(value, defaults[name as keyof InputSettings]),
  );
  const explicit = Object.fromEntries(given) as Partial<S>;
  const crop = sizeIn(explicit) ?? preprocessing.crop;
  return { ...settings, ...fillFrom({ ...preprocessing, crop }, explicit) };
}

/** The size of the network's input that settings as they were written name, if any does. */
function sizeIn({ crop, imageSize, resize, preprocessing }: Readonly<Record<string, unknown>>) {
  const shorter = Array.isArray(resize) ? Math.min(...(resize as number[])) : resize;
  const sizes = [crop, imageSize, ...(preprocessing === undefined ? [shorter] : [])];
  return sizes.find((size): size is number => Number.isInteger(size) && Number(size) > 0);
}

export const resizeFor = (crop = 224): number => Math.round((crop * 256) / 224);
