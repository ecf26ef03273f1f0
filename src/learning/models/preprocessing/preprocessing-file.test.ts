import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { assertClose } from '../../../../test/support/assert-close.ts';
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts';
import type { Json } from '../../../json.ts';
import { StageError } from '../../../stage.ts';
import { readPreprocessing } from './preprocessing-file.ts';

function read(t: TestContext, content: Json, name = 'preprocessor_config.json') {
  const path = join(temporaryFolder(t), name);
  writeFileSync(path, JSON.stringify(content));
  return readPreprocessing(path);
}

const half = [0.5, 0.5, 0.5];

test('the file of a vision transformer of Hugging Face stretches images to its size', (t) => {
  const { normalise, ...sizes } = read(t, {
    do_normalize: true,
    do_rescale: true,
    do_resize: true,
    image_mean: half,
    image_processor_type: 'ViTImageProcessor',
    image_std: half,
    resample: 2,
    rescale_factor: 0.00392156862745098,
    size: { height: 224, width: 224 },
  });
  assert.deepEqual(sizes, { crop: 224, resize: [224, 224], kernel: 'linear' });
  assertClose(normalise.mean, half, 1e-12);
  assertClose(normalise.deviation, half, 1e-12);
});

test('CLIP’s takes the middle, with the shorter side as a map or, in older files, as a number', (t) => {
  const config = (type: string, size: Json, crop: Json) =>
    read(t, {
      [`${type}_type`]: 'CLIPImageProcessor',
      size,
      crop_size: crop,
      do_center_crop: true,
      resample: 3,
    });
  const expected = { crop: 224, resize: 232, kernel: 'cubic' };
  for (const { normalise: _, ...sizes } of [
    config('image_processor', { shortest_edge: 232 }, { height: 224, width: 224 }),
    config('feature_extractor', 232, 224),
  ])
    assert.deepEqual(sizes, expected);
});

test('ConvNeXt’s shows a share of the resized image, and stretches large ones', (t) => {
  const sizes = (size: number, more: Record<string, Json> = {}) => {
    const type = { feature_extractor_type: 'ConvNextFeatureExtractor' };
    const { crop, resize } = read(t, { ...type, ...more, resample: 3, size });
    return [crop, resize];
  };
  assert.deepEqual(sizes(224, { crop_pct: 0.95 }), [224, 235]);
  assert.deepEqual(sizes(224), [224, 256]);
  assert.deepEqual(sizes(384, { crop_pct: 1 }), [384, [384, 384]]);
});

test('values that are not rescaled to 0 to 1 have constants of 0 to 255', (t) => {
  const { normalise } = read(t, {
    image_processor_type: 'ViTImageProcessor',
    size: { height: 32, width: 32 },
    do_rescale: false,
    image_mean: [123.675, 116.28, 103.53],
    image_std: [58.395, 57.12, 57.375],
  });
  assertClose(normalise.mean, [0.485, 0.456, 0.406], 1e-12);
  assertClose(normalise.deviation, [0.229, 0.224, 0.225], 1e-12);
});

test('timm’s config.json says the share of the crop, and whether images are squashed', (t) => {
  const config = (more: Record<string, Json>) =>
    read(
      t,
      {
        architecture: 'resnet18',
        num_classes: 1000,
        pretrained_cfg: {
          input_size: [3, 224, 224],
          interpolation: 'bicubic',
          crop_pct: 0.95,
          mean: [0.485, 0.456, 0.406],
          std: [0.229, 0.224, 0.225],
          ...more,
        },
      },
      'config.json',
    );
  assert.deepEqual(config({}), {
    crop: 224,
    resize: 235,
    kernel: 'cubic',
    normalise: { mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] },
  });
  assert.deepEqual(config({ crop_mode: 'squash' }).resize, [235, 235]);
});

test('KerasHub’s converter scales and shifts values of 0 to 255', (t) => {
  const converter = {
    class_name: 'ResNetImageConverter',
    config: {
      image_size: [224, 224],
      scale: [0.017124753831663668, 0.01750700280112045, 0.017429193899782137],
      offset: [-2.1179039301310043, -2.0357142857142856, -1.8044444444444445],
      interpolation: 'bilinear',
      crop_to_aspect_ratio: true,
    },
  };
  const preprocessor = {
    class_name: 'ResNetImageClassifierPreprocessor',
    config: { image_converter: converter },
  };
  for (const { normalise, ...sizes } of [
    read(t, preprocessor, 'preprocessor.json'),
    read(t, converter, 'image_converter.json'),
  ]) {
    assert.deepEqual(sizes, { crop: 224, resize: 224, kernel: 'linear' });
    assertClose(normalise.mean, [0.485, 0.456, 0.406], 1e-9);
    assertClose(normalise.deviation, [0.229, 0.224, 0.225], 1e-9);
  }
});

test('a folder of the hub has the file, and one without it says which names are read', (t) => {
  const folder = temporaryFolder(t);
  assert.throws(
    () => readPreprocessing(folder),
    new StageError(
      `Expected preprocessor_config.json, preprocessor.json, image_converter.json, config.json in the folder ${folder}, got none.`,
    ),
  );
  const snapshot = join(folder, 'snapshot');
  mkdirSync(snapshot);
  writeFileSync(join(snapshot, 'config.json'), '{"model_type": "vit"}');
  const config = { image_processor_type: 'ViTImageProcessor', size: { height: 8, width: 8 } };
  writeFileSync(join(snapshot, 'preprocessor_config.json'), JSON.stringify(config));
  assert.equal(readPreprocessing(snapshot).crop, 8);
});

test('sizes that no memory holds, and constants that leave no values, are refused', (t) => {
  const message = (content: Json) => {
    try {
      read(t, content);
    } catch (error) {
      assert.ok(error instanceof StageError);
      return error.message.replace(/\S*\/preprocessor_config\.json/, 'FILE');
    }
    return undefined;
  };
  const timm = (share: number) => ({
    pretrained_cfg: { input_size: [3, 224, 224], crop_pct: share },
  });
  assert.equal(
    message(timm(1e-3)),
    'Expected that images are resized to at most 4096 pixels, got 224000 by what FILE says: mend its size or its share of the crop.',
  );
  assert.match(message(timm(1e-320))!, /^Expected that images are resized .* got Infinity by/);
  const vit = { image_processor_type: 'ViTImageProcessor', size: { height: 8, width: 8 } };
  assert.equal(
    message({ ...vit, image_std: [0, 1, 1] }),
    'Expected deviations of values from 0 to 1 between 0.000001 and 1000000, got 0, 1, 1 by what FILE says.',
  );
  assert.equal(
    message({ ...vit, image_mean: [1e300, 0, 0] }),
    'Expected means of values from 0 to 1 of at most 1000000, got 1e+300, 0, 0 by what FILE says.',
  );
  const keras = { class_name: 'a', config: { image_size: [8, 8], scale: 0 } };
  assert.match(message(keras)!, /^Expected (means|deviations) of values/);
});

test('what a file asks for and Restage cannot do is named, with its place', (t) => {
  const message = (content: Json) => {
    try {
      read(t, content);
    } catch (error) {
      assert.ok(error instanceof StageError);
      return error.message.replace(/\S*\/preprocessor_config\.json/, 'FILE');
    }
    return undefined;
  };
  const vit = { image_processor_type: 'ViTImageProcessor', size: { height: 8, width: 8 } };
  assert.equal(
    message({ ...vit, resample: 5 }),
    'Expected a preprocessor_config.json of Transformers, but in FILE at resample: expected 0, 1, 2, 3, got 5.',
  );
  assert.equal(
    message({ ...vit, do_pad: true }),
    'Expected a preprocessor_config.json of Transformers, but in FILE at do_pad: expected no padding.',
  );
  assert.equal(
    message({ ...vit, do_center_crop: true, crop_size: 12 }),
    'Expected a crop of at most 8 pixels, to which images are resized, got 12 in FILE.',
  );
  assert.equal(
    message({ model_type: 'vit' }),
    'Expected how images are prepared, as a config.json of timm, a preprocessor_config.json of Transformers, a preprocessor of KerasHub, but FILE has model_type.',
  );
});
