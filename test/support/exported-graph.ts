import assert from 'node:assert/strict';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { exportGraph } from '../../src/learning/models/export/export-graph.ts';
import {
  imageSizeOf,
  networkWithHead,
  openGraph,
} from '../../src/learning/models/graph-network.ts';
import type { ModelFiles } from '../../src/learning/models/model-files.ts';
import { outputOf } from '../../src/learning/models/model-output.ts';
import { assertClose } from './assert-close.ts';
import { linearCongruential } from './linear-congruential.ts';

const classes = ['real', 'fake'];

/** A model that begins as an ONNX file, with a random head for two classes. */
export async function modelOfFile(
  path: string,
  { imageSize, cut: wanted }: { readonly imageSize: number; readonly cut?: string },
): Promise<ModelFiles> {
  const opened = openGraph(path);
  const size = imageSizeOf(opened, imageSize);
  const options = { imageSize: size, cut: wanted, classes, seed: 1 };
  const { model, cut, head } = await networkWithHead(opened, options);
  const { layout, graph } = opened;
  return {
    model,
    info: {
      architecture: { onnx: opened.digest(), cut, head: [...head], layout, opset: graph.opset },
      classes,
      input: {
        size,
        fit: 'fill',
        kernel: 'linear',
        normalise: { mean: [0, 0, 0], deviation: [1, 1, 1] },
      },
      training: { epochs: 1 },
      chosenEpoch: 1,
      backend: 'cpu',
    },
  };
}

/**
 * Asserts that ONNX Runtime gives the model's scores from its exported file, for one image and for
 * three. Returns the file's bytes.
 */
export async function assertSameScores(files: ModelFiles): Promise<Uint8Array> {
  const bytes = exportGraph(files, {}, { layout: 'NHWC', softmax: false });
  const session = await InferenceSession.create(bytes, { logSeverityLevel: 3 });
  const [, size] = files.model.inputs[0]!.shape as [null, number];
  for (const batch of [1, 3]) {
    const images = linearCongruential(batch)(batch * size * size * 3, 1);
    const image = new Tensor('float32', images, [batch, size, size, 3]);
    const { logits } = await session.run({ image });
    const wanted = await outputOf(files.model, images);
    assert.equal(wanted.length, 2 * batch);
    assertClose(logits!.data as Float32Array, wanted, 1e-4);
  }
  await session.release();
  return bytes;
}
