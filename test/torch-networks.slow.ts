import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import {
  dispose,
  type LayersModel,
  norm,
  type Scalar,
  type Tensor,
  tensor,
  type Variable,
  variableGrads,
} from '@tensorflow/tfjs';
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { selectBackend } from '../src/backend/select/select-backend.ts';
import { buildNet } from '../src/learning/models/build-net.ts';
import { exportOnnx } from '../src/learning/models/export/export-onnx.ts';
import { weightedNet } from '../src/learning/models/export/weighted-net.ts';
import { initialiseWeights } from '../src/learning/models/initial-weights.ts';
import { totals } from '../src/learning/models/layers/net-facts.ts';
import { traceLayers } from '../src/learning/models/layers/trace-net.ts';
import { loadModel, saveModel } from '../src/learning/models/model-files.ts';
import { netOf } from '../src/learning/models/model-setting.ts';
import { loadWeights } from '../src/learning/models/weights/load-weights.ts';
import { netWeights, pytorchName } from '../src/learning/models/weights/net-weights.ts';
import { openWeights } from '../src/learning/models/weights/open-weights.ts';
import { noPyTorch, writeNetworkWeights } from './support/pytorch.ts';
import { untrainedInfo } from './support/untrained-model.ts';

/** What PyTorch computes with a network, by `writeNetworkWeights`. */
interface Expected {
  readonly parameters: number;
  /** `[2, size, size, 3]` */
  readonly images: readonly number[];
  /** `[2, 10]` */
  readonly logits: readonly number[];
  /** The norm of the gradient of the sum of squared logits by each parameter. */
  readonly norms: Readonly<Record<string, number>>;
}

/** Each network, its name there, and the side of its images in the test and in publications. */
const networks = [
  ['resnet-50', 'resnet50', 66, 224],
  ['mobilenet-v2', 'mobilenet_v2', 64, 224],
  ['efficientnet-b0', 'efficientnet_b0', 64, 224],
  ['convnext-tiny', 'convnext_tiny', 64, 224],
  ['vit-small', 'vit_small', 64, 224],
  ['inception-v3', 'inception_v3', 107, 299],
] as const;

const classes = Array.from({ length: 10 }, (_, i) => `class ${i}`);

suite('networks of torchvision and timm', { skip: noPyTorch ?? false }, () => {
  let folder: string;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'torch-networks-'));
    await selectBackend('onnxruntime', { threads: 1 });
  });
  after(() => rmSync(folder, { recursive: true }));

  for (const [name, theirName, size, published] of networks) {
    test(`${name} takes their weights, and has PyTorch's parameters, scores and gradients, also as ONNX and read back`, async () => {
      writeNetworkWeights(folder, theirName, size);
      const path = join(folder, `${theirName}.json`);
      const expected = JSON.parse(readFileSync(path, 'utf8')) as Expected;
      const traced = traceLayers(netOf(name, 1000).layers, [published, published, 3]);
      assert.ok(traced.ok);
      assert.equal(totals(traced.value).learnable, expected.parameters);

      const net = netOf(name, classes.length);
      const model = buildNet(net, size);
      initialiseWeights(model, 1);
      using stored = await openWeights([join(folder, `${theirName}.pth`)]);
      const loaded = loadWeights(model, { net, imageSize: size }, stored);
      assert.deepEqual(
        [loaded.random, loaded.unused.filter((name) => !name.endsWith('num_batches_tracked'))],
        [[], []],
      );
      const images = tensor([...expected.images], [2, size, size, 3]);
      assertClose(await scores(model, images), expected.logits);
      await assertGradients(model, images, { name, size, norms: expected.norms });

      const info = { ...untrainedInfo(name, size), classes };
      const session = await InferenceSession.create(exportOnnx(weightedNet({ model, info }), {}));
      const image = new OrtTensor('float32', Float32Array.from(expected.images), images.shape);
      const { logits } = await session.run({ image });
      assertClose(logits!.data as Float32Array, expected.logits);

      await saveModel(join(folder, name), { model, info });
      const again = await loadModel(join(folder, name));
      assertClose(await scores(again.model, images), expected.logits);
      dispose([images]);
      model.dispose();
    });
  }
});

async function scores(model: LayersModel, images: Tensor): Promise<Float32Array> {
  const logits = model.apply(images, { training: false }) as Tensor;
  const values = (await logits.data()) as Float32Array;
  logits.dispose();
  return values;
}

function assertClose(actual: Float32Array, expected: readonly number[]): void {
  assert.equal(actual.length, expected.length);
  const most = Math.max(1, ...expected.map(Math.abs));
  for (const [i, value] of expected.entries()) {
    assert.ok(Math.abs(actual[i]! - value) < 1e-4 * most, `expected ${value}, got ${actual[i]}`);
  }
}

async function assertGradients(
  model: LayersModel,
  images: Tensor,
  wanted: {
    readonly name: (typeof networks)[number][0];
    readonly size: number;
    readonly norms: Readonly<Record<string, number>>;
  },
): Promise<void> {
  const loss = () => (model.apply(images, { training: false }) as Tensor).square().sum() as Scalar;
  const { value, grads } = variableGrads(loss);
  const traced = traceLayers(netOf(wanted.name, classes.length).layers, [
    wanted.size,
    wanted.size,
    3,
  ]);
  assert.ok(traced.ok);
  const names = new Map(
    netWeights(traced.value).map((weight) => [
      `${weight.layer.name}/${weight.name}`,
      pytorchName(weight),
    ]),
  );
  const norms = new Map<string, number>();
  for (const weight of model.trainableWeights) {
    const gradient = grads[(weight.read() as Variable).name]!;
    norms.set(names.get(weight.originalName)!, (await norm(gradient).data())[0]!);
  }
  dispose([value, ...Object.values(grads)]);
  assert.deepEqual([...norms.keys()].sort(), Object.keys(wanted.norms).sort());
  const whole = Math.hypot(...Object.values(wanted.norms));
  for (const [parameter, expected] of Object.entries(wanted.norms)) {
    const difference = Math.abs(norms.get(parameter)! - expected);
    assert.ok(difference < 1e-3 * whole, `${parameter}: ${norms.get(parameter)}, not ${expected}`);
  }
}
