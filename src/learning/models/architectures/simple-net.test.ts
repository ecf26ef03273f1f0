import { readFileSync } from 'node:fs';
import { before, test } from 'node:test';
import type { LayersModel, Tensor, Variable } from '@tensorflow/tfjs';
import { losses, tensor, tensor1d, variableGrads } from '@tensorflow/tfjs';
import { assertClose } from '../../../../test/support/assert-close.ts';
import { linearCongruential } from '../../../../test/support/linear-congruential.ts';
import { selectBackend } from '../../../backend/select/select-backend.ts';
import { buildNet } from '../build-net.ts';
import { netOf } from '../model-setting.ts';

interface GoldenGradient {
  readonly norm: number;
  readonly every: number;
  readonly picked: readonly number[];
}

/** Made by PyTorch: test/golden/training.py. */
const golden = (
  JSON.parse(
    readFileSync(new URL('../../../../test/golden/training.json', import.meta.url), 'utf8'),
  ) as {
    readonly simpleNet: {
      readonly imageSize: number;
      readonly loss: number;
      readonly logits: readonly number[];
      readonly gradients: readonly GoldenGradient[];
    };
  }
).simpleNet;

before(() => selectBackend('onnxruntime', { threads: 1 }));

test('its logits, loss and gradients are PyTorch’s', async () => {
  const { imageSize } = golden;
  const model = buildNet(netOf('simple-net'), imageSize);
  const numbers = linearCongruential(2);
  fillWeights(model, numbers);
  const images = tensor(numbers(3 * imageSize * imageSize * 3, 2), [3, imageSize, imageSize, 3]);
  const targets = tensor([1, 0, 0, 1, 0, 1], [3, 2]);
  const weights = model.trainableWeights.map((weight) => weight.read() as Variable);

  const { value, grads } = variableGrads(
    () => losses.softmaxCrossEntropy(targets, model.apply(images) as Tensor).asScalar(),
    weights,
  );

  assertClose(await (model.apply(images) as Tensor).data(), golden.logits, 1e-6);
  assertClose(await value.data(), [golden.loss], 1e-6);
  for (const [i, weight] of weights.entries()) {
    const { norm, every, picked } = golden.gradients[i]!;
    const values = await grads[weight.name]!.data();
    assertClose(
      [
        await tensor1d([...values])
          .norm()
          .asScalar()
          .array(),
      ],
      [norm],
      1e-5 * norm,
    );
    assertClose(
      picked.map((_, at) => values[at * every]!),
      picked,
      1e-5 * norm,
    );
  }
});

function fillWeights(model: LayersModel, numbers: ReturnType<typeof linearCongruential>): void {
  for (const layer of model.layers) {
    const weights = layer.getWeights();
    const bound =
      1 / Math.sqrt(weights[0] === undefined ? 1 : weights[0].size / weights[0].shape.at(-1)!);
    layer.setWeights(weights.map(({ size, shape }) => tensor(numbers(size, bound), shape)));
  }
}
