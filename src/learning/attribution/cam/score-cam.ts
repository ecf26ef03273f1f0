import { image as imageOps, type Tensor, tensor, tensor4d, tidy } from '@tensorflow/tfjs';
import { softmax } from '../../metrics/arithmetic/logits.ts';
import { type Network, outputOf } from '../../models/model-output.ts';
import { OnnxNetwork } from '../../models/onnx/onnx-network.ts';
import { rowOf } from '../../models/row-of.ts';
import { scoreOf } from '../questions/explained-score.ts';
import type { Question } from '../questions/question.ts';
import { weighChannels } from './cam-methods.ts';
import type { LayerView } from './layer-view.ts';

/**
 * Score-CAM (Wang et al. 2020, "Score-CAM: score-weighted visual explanations for convolutional
 * neural networks", algorithm 1) of one image. Each channel's map, resized to the image and scaled
 * to 0 to 1, masks the image; its weight is how much the masked image raises the explained score
 * above that of an empty image, by the softmax over channels. A constant channel counts as empty.
 * An empty image is zeros as the network sees it: the mean colour if normalising centres values,
 * else black. It takes a forward pass for each channel.
 */
export async function scoreCam(
  model: Network,
  view: LayerView,
  question: Question,
  batchSize: number,
): Promise<Float32Array> {
  const { channels } = view;
  const c = question.classes[0]!;
  const scores: number[] = [];
  for (let first = 0; first < channels; first += batchSize) {
    const count = Math.min(batchSize, channels - first);
    const positions = view.height * view.width;
    const masks = Float32Array.from({ length: count * positions }, (_, i) => {
      return view.activations[(i % positions) * channels + first + Math.floor(i / positions)]!;
    });
    const size = Math.sqrt(question.images.length / 3);
    const output = tidy(() => {
      const maps = tensor4d(masks, [count, view.height, view.width, 1]);
      const image = tensor(question.images, [1, size, size, 3]);
      // Half-pixel centres, as everywhere else.
      const large = imageOps.resizeBilinear(maps, [size, size], false, true);
      const masked = image.mul(scaled(large));
      return model instanceof OnnxNetwork
        ? masked
        : (model.apply(masked, { training: false }) as Tensor);
    });
    const raw = await output.data<'float32'>();
    const values = model instanceof OnnxNetwork ? await outputOf(model, raw) : raw;
    for (let i = 0; i < count; i++)
      scores.push(scoreOf(rowOf(values, i, count), c, question.score));
    output.dispose();
  }
  // The empty image's score is the same for all channels, so it cancels in the softmax.
  return weighChannels(view, softmax(scores));
}

/** Each map scaled to 0 to 1; zeros for a constant one. */
function scaled(maps: Tensor): Tensor {
  const least = maps.min([1, 2], true);
  const range = maps.max([1, 2], true).sub(least);
  return maps.sub(least).divNoNan(range);
}
