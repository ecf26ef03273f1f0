import type { LayersModel, Scalar, Tensor, Variable } from '@tensorflow/tfjs';
import { keep, losses, oneHot, randomUniform, tensor1d, tidy, variableGrads } from '@tensorflow/tfjs';
import { simpleNet } from '../../src/models/simple-net.ts';
import { Adam } from '../../src/training/optimizers/adam.ts';

/** SimpleNet with its training, on random images `[batch, size, size, 3]`. */
export interface Bench {
  /** The logits of the batch. */
  forward(): Promise<void>;
  /** Forward, backward and Adam; the logits are read, as the training loop does. */
  step(): Promise<Float32Array>;
}

export function simpleNetBench(batch: number, size: number): Bench {
  const model = simpleNet(size);
  spreadWeights(model);
  const images = randomUniform([batch, size, size, 3], -2, 2, 'float32', 1);
  const labels = oneHot(
    tensor1d(
      Array.from({ length: batch }, (_, i) => i % 2),
      'int32',
    ),
    2,
  );
  const weights = model.trainableWeights.map((weight) => weight.read() as Variable);
  const optimizer = new Adam({ kind: 'adam', learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 }, weights);
  const read = async (logits: Tensor) => {
    const values = await logits.data<'float32'>();
    logits.dispose();
    return values;
  };
  return {
    async forward() {
      await read(tidy(() => model.predict(images) as Tensor));
    },
    async step() {
      const logits = tidy(() => {
        let output: Tensor | undefined;
        const { grads } = variableGrads(() => {
          output = keep(model.apply(images, { training: true }) as Tensor);
          return losses.softmaxCrossEntropy(labels, output) as Scalar;
        }, weights);
        optimizer.step(grads);
        return output as Tensor;
      });
      return read(logits);
    },
  };
}

/** PyTorch's initial spread: uniform within 1 / √(inputs of a unit). */
function spreadWeights(model: LayersModel): void {
  tidy(() => {
    const spread = model.getWeights().map(({ shape }, i) => {
      const inputs = shape.slice(0, -1).reduce((product, length) => product * length, 1);
      const bound = 1 / Math.sqrt(shape.length === 1 ? 1000 : inputs);
      return randomUniform(shape, -bound, bound, 'float32', i + 1);
    });
    model.setWeights(spread);
  });
}
