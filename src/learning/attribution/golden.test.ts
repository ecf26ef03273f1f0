import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, test } from 'node:test';
import { type LayersModel, tensor } from '@tensorflow/tfjs';
import { assertClose } from '../../../test/support/assert-close.ts';
import { linearCongruential } from '../../../test/support/linear-congruential.ts';
import { selectBackend } from '../../backend/select/select-backend.ts';
import { buildNet } from '../models/build-net.ts';
import { netOf } from '../models/model-setting.ts';
import { channelMaximum } from './attribution-map.ts';
import {
  eigenCam,
  gradCam,
  gradCamPlusPlus,
  hiresCam,
  layerCam,
  xgradCam,
} from './cam/cam-methods.ts';
import { viewLayer } from './cam/layer-view.ts';
import { scoreCam } from './cam/score-cam.ts';
import {
  guidedGradient,
  inputGradient,
  inputTimesGradient,
  integratedGradient,
} from './gradients.ts';
import type { Question } from './questions/question.ts';

interface GoldenValues {
  readonly norm: number;
  readonly every: number;
  readonly picked: readonly number[];
}

/** Made by PyTorch: test/golden/attribution.py. */
const golden = JSON.parse(
  readFileSync(new URL('../../../test/golden/attribution.json', import.meta.url), 'utf8'),
) as Readonly<
  Record<
    'gradient' | 'saliency' | 'inputTimesGradient' | 'margin' | 'guided' | 'integrated',
    GoldenValues
  >
> & {
  readonly imageSize: number;
  readonly classes: readonly number[];
  readonly logits: readonly number[];
  /**
   * By layer and method, of each image its map; of a middle layer that of the first image alone.
   */
  readonly cams: Readonly<Record<string, Readonly<Record<string, readonly (readonly number[])[]>>>>;
  /** The map of each image at the last convolution. */
  readonly scoreCam: readonly (readonly number[])[];
};

let model: LayersModel;
let question: Question;

before(async () => {
  await selectBackend('onnxruntime', { threads: 1 });
  const { imageSize, classes } = golden;
  model = buildNet(netOf('simple-net'), imageSize);
  const numbers = linearCongruential(5);
  for (const layer of model.layers) {
    const weights = layer.getWeights();
    const bound =
      3 / Math.sqrt(weights[0] === undefined ? 1 : weights[0].size / weights[0].shape.at(-1)!);
    layer.setWeights(weights.map(({ size, shape }) => tensor(numbers(size, bound), shape)));
  }
  const images = numbers(classes.length * imageSize * imageSize * 3, 2);
  question = {
    images,
    classes: Int32Array.from(classes),
    score: 'score',
    seeds: classes.map((_, i) => i),
  };
});

test('the gradient by the image is PyTorch’s, of a score and of a margin', async () => {
  const { gradient, logits } = await inputGradient(model, question);
  assertClose(logits, golden.logits, 1e-5 * Math.max(...golden.logits.map(Math.abs)));
  assertLike(gradient, golden.gradient);
  assertLike(
    (await inputGradient(model, { ...question, score: 'margin' })).gradient,
    golden.margin,
  );
  assertLike(channelMaximum(gradient), golden.saliency);
  assertLike(await inputTimesGradient(model, question), golden.inputTimesGradient);
});

test('guided backpropagation is PyTorch’s with such a ReLU, and leaves the model as it was', async () => {
  assertLike(await guidedGradient(model, question), golden.guided);
  assertLike((await inputGradient(model, question)).gradient, golden.gradient);
});

test('integrated gradients are those of PyTorch’s gradients along the same path', async () => {
  const baseline = new Float32Array(question.images.length);
  assertLike(
    (await integratedGradient(model, question, { baseline, steps: 16 })).attribution,
    golden.integrated,
  );
});

test('class activation maps are those of the papers’ equations on PyTorch’s activations and gradients', async () => {
  const methods = {
    'grad-cam': gradCam,
    'grad-cam++': gradCamPlusPlus,
    'hires-cam': hiresCam,
    'xgrad-cam': xgradCam,
    'layer-cam': layerCam,
    'eigen-cam': eigenCam,
  };
  for (const [layer, maps] of Object.entries(golden.cams)) {
    const { views } = await viewLayer(model, layer, question);
    assert.deepEqual(Object.keys(maps).toSorted(), Object.keys(methods).toSorted());
    for (const [name, method] of Object.entries(methods)) {
      for (const [i, expected] of maps[name]!.entries()) {
        const view = views[i]!;
        assertClose(
          method(view),
          expected,
          1e-4 * Math.max(...expected),
          `${name} of image ${i} at ${layer}`,
        );
      }
    }
  }
});

test('Score-CAM is that of the paper’s algorithm on PyTorch’s scores', async () => {
  const { views } = await viewLayer(model, 'conv3', question);
  const size = question.images.length / views.length;
  for (const [i, view] of views.entries()) {
    const imageQuestion = {
      ...question,
      images: question.images.subarray(i * size, (i + 1) * size),
      classes: question.classes.subarray(i, i + 1),
    };
    const expected = golden.scoreCam[i]!;
    assertClose(
      await scoreCam(model, view, imageQuestion, 16),
      expected,
      1e-4 * Math.max(...expected),
      `image ${i}`,
    );
  }
});

function assertLike(values: Float32Array, { norm, every, picked }: GoldenValues): void {
  const length = Math.hypot(
    ...Array.from({ length: Math.ceil(values.length / 1000) }, (_, i) =>
      Math.hypot(...values.subarray(1000 * i, 1000 * (i + 1))),
    ),
  );
  assert.ok(Math.abs(length - norm) <= 1e-4 * norm, `Expected the length ${norm}, got ${length}`);
  const scale = Math.max(...picked.map(Math.abs));
  assertClose(
    picked.map((_, i) => values[i * every]!),
    picked,
    1e-4 * scale,
  );
}
