import assert from 'node:assert/strict';
import { type LayersModel, type Tensor, tensor, tidy } from '@tensorflow/tfjs';
import { assertClose } from '../../../../test/support/assert-close.ts';
import { linearCongruential } from '../../../../test/support/linear-congruential.ts';
import { untrainedInfo } from '../../../../test/support/untrained-model.ts';
import { InferenceSession, Tensor as OrtTensor } from '../../../backend/packages/onnx-runtime.ts';
import { buildNet } from '../build-net.ts';
import { type ModelSetting, netOf } from '../model-setting.ts';
import { exportOnnx } from './export-onnx.ts';
import { type WeightedNet, weightedNet } from './weighted-net.ts';

/**
 * A model in which no weight has its default: BatchNorm's weights, moving statistics and biases are
 * random, too.
 */
export function randomModel(
  setting: ModelSetting,
  imageSize: number,
): { readonly model: LayersModel; readonly net: WeightedNet } {
  const model = buildNet(netOf(setting), imageSize);
  const random = linearCongruential(5);
  tidy(() => {
    for (const layer of model.layers) {
      const values = layer.weights.map(({ shape, originalName }) => {
        const size = shape.reduce<number>((product, length) => product * length!, 1);
        const inputs = shape.length === 4 && shape[3] === 1 ? 9 : Math.max(1, size / shape.at(-1)!);
        const scale = shape.length === 1 ? 0.1 : Math.sqrt(3 / inputs);
        const centre = /gamma|variance/.test(originalName) ? 1 : 0;
        return tensor(
          random(size, scale).map((value) => centre + value),
          shape as number[],
        );
      });
      if (values.length > 0) layer.setWeights(values);
    }
  });
  const info = untrainedInfo(setting, imageSize);
  return { model, net: weightedNet({ model, info }) };
}

/** Asserts that ONNX Runtime gives the model's scores from its ONNX file, for any batch. */
export async function checkExport(setting: ModelSetting, imageSize: number): Promise<void> {
  const { model, net } = randomModel(setting, imageSize);
  const session = await InferenceSession.create(exportOnnx(net, {}));
  for (const batch of [1, 3]) {
    const images = linearCongruential(batch)(batch * imageSize * imageSize * 3, 1.5);
    const shape = [batch, imageSize, imageSize, 3];
    const expected = (model.predict(tensor(images, shape)) as Tensor).dataSync();
    const { logits } = await session.run({ image: new OrtTensor('float32', images, shape) });
    assert.deepEqual(logits!.dims, [batch, 2]);
    const size = Math.max(...expected.map(Math.abs));
    assert.ok(size > 0.01, `logits of ${expected}`);
    assertClose(logits!.data as Float32Array, expected, 1e-4 * Math.max(1, size));
  }
}
