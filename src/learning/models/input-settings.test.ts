import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { keyedSettings } from '../../engine/config/stages/settings.ts';
import type { JsonObject } from '../../json.ts';
import { inputMistakes } from './input-mistakes.ts';
import { inputSettings, withInput } from './input-settings.ts';

const schema = withInput(z.strictObject(inputSettings));
const parse = (given: JsonObject) => schema.parse(given);
const imagenet = { mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] };

test('the name of a library stands for its resizing, crop, kernel and constants', () => {
  assert.deepEqual(parse({ preprocessing: 'torchvision' }), {
    preprocessing: 'torchvision',
    resize: 256,
    crop: 224,
    imageSize: 224,
    fit: 'cover',
    kernel: 'linear',
    normalise: imagenet,
  });
  const { kernel, resize, normalise } = parse({ preprocessing: 'timm' });
  assert.deepEqual([kernel, resize, normalise], ['cubic', 256, imagenet]);
  const keras = parse({ preprocessing: 'keras', imageSize: 299 });
  assert.deepEqual([keras.kernel, keras.resize, keras.crop], ['nearest', [299, 299], 299]);
  assert.deepEqual(keras.normalise?.mean, [0.5, 0.5, 0.5]);
  const clip = parse({ preprocessing: 'clip' });
  assert.deepEqual([clip.kernel, clip.resize, clip.crop], ['cubic', 224, 224]);
  assert.deepEqual(clip.normalise?.mean, [0.48145466, 0.4578275, 0.40821073]);
});

test('the sizes of a library follow the network’s: torchvision rounds, timm cuts', () => {
  const sizes = (given: JsonObject) => [parse(given).resize, parse(given).crop];
  assert.deepEqual(sizes({ preprocessing: 'torchvision', imageSize: 299 }), [342, 299]);
  assert.deepEqual(sizes({ preprocessing: 'timm', crop: 299 }), [341, 299]);
});

test('a setting beside the name takes precedence, also at its default', () => {
  const given = { preprocessing: 'clip', kernel: 'linear', resize: 240 };
  const { kernel, resize, crop } = parse(given);
  assert.deepEqual([kernel, resize, crop], ['linear', 240, 224]);
  const contained = parse({ preprocessing: 'torchvision', fit: 'contain' });
  assert.deepEqual(
    [contained.fit, contained.resize, contained.crop, contained.imageSize],
    ['contain', undefined, undefined, 224],
  );
});

test('resize alone is a square of the shorter side, and imageSize says the crop as well', () => {
  const { crop, imageSize } = parse({ resize: [96, 128] });
  assert.deepEqual([crop, imageSize], [96, 96]);
  assert.equal(parse({ resize: 96, imageSize: 80 }).crop, 80);
});

test('a fingerprint holds what was written, and nothing where nothing is set', () => {
  const keyed = (given: JsonObject) => keyedSettings(schema, given, parse(given) as JsonObject);
  assert.deepEqual(keyed({}), {});
  assert.deepEqual(keyed({ imageSize: 256, fit: 'cover', kernel: 'linear' }), {});
  assert.deepEqual(keyed({ imageSize: 64, normalise: imagenet }), {
    imageSize: 64,
    normalise: imagenet,
  });
  assert.deepEqual(keyed({ preprocessing: 'timm', kernel: 'cubic', imageSize: 224 }), {
    preprocessing: 'timm',
  });
  assert.deepEqual(keyed({ preprocessing: 'timm', kernel: 'linear' }), {
    preprocessing: 'timm',
    kernel: 'linear',
  });
});

test('native scale has crops of the network’s size, and a library’s constants alone', () => {
  const { crop, imageSize, resize, normalise } = parse({
    scale: 'native',
    crop: 192,
    preprocessing: 'torchvision',
  });
  assert.deepEqual([crop, imageSize, resize, normalise], [192, 192, undefined, imagenet]);
  assert.deepEqual(parse({ scale: 'native' }).imageSize, 256);
});

test('contradictions name both settings and the largest crop', () => {
  const mistakes = (given: JsonObject, inputs: readonly string[] = []) =>
    inputMistakes(parse(given), new Set(inputs)).map(({ at, message }) => `${at}: ${message}`);
  assert.deepEqual(mistakes({ resize: 256, crop: 224 }), []);
  assert.deepEqual(mistakes({ resize: 224, crop: 256 }), [
    'crop: expected at most 224, the shorter side after "resize", got 256',
  ]);
  assert.deepEqual(mistakes({ preprocessing: 'torchvision', resize: 200 }), [
    'crop: expected at most 200, the shorter side after "resize" (preprocessing: torchvision), got 224',
  ]);
  assert.deepEqual(mistakes({ crop: 224 }), [
    'crop: expected "resize" with it, the length of the shorter side before the crop, such as 256',
  ]);
  assert.deepEqual(mistakes({ resize: 256, crop: 224, imageSize: 96 }), [
    'imageSize: expected none, or 224, since "crop" is the size of the network’s input, got 96',
  ]);
  assert.deepEqual(mistakes({ resize: 256, crop: 224, fit: 'contain' }), [
    'fit: expected none with "resize", which decides how an image is scaled',
  ]);
  assert.deepEqual(mistakes({ scale: 'native', crop: 192 }), []);
  const noResizing = 'expected none with scale: native, which keeps the pixels of the files';
  assert.deepEqual(mistakes({ scale: 'native', resize: 256, fit: 'fill' }), [
    `resize: ${noResizing}`,
    `fit: ${noResizing}`,
  ]);
  assert.deepEqual(mistakes({ largest: 512 }), [
    'largest: is for scale: native, which sees whole images',
  ]);
  assert.deepEqual(mistakes({ preprocessing: 'timm' }, ['preprocessing']), [
    'preprocessing: either the setting or the input `preprocessing`, got both',
  ]);
});
