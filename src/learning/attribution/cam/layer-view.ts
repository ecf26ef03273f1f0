import type { LayersModel, Tensor } from '@tensorflow/tfjs';
import { grad, keep, tensor, tidy, zeros } from '@tensorflow/tfjs';
import { explainedScore } from '../explained-score.ts';
import type { Question } from '../question.ts';
import { walkLayers } from '../walk-layers.ts';

/** What a layer leaves of one image, and how the explained score changes with it. */
export interface LayerView {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** A in the papers: `[height, width, channels]`. */
  readonly activations: Float32Array;
  /** ∂score/∂A: `[height, width, channels]`. */
  readonly gradients: Float32Array;
}

/**
 * Views of a layer with maps of features, `[batch, height, width, channels]`, one for each image, with one pass forward and
 * one from the score back to the layer.
 *
 * @returns Beside them the logits, `[batch, 2]`.
 */
export async function viewLayer(
  model: LayersModel,
  name: string,
  question: Question,
): Promise<{ readonly views: readonly LayerView[]; readonly logits: Float32Array }> {
  const batch = question.classes.length;
  const [, ...imageShape] = model.inputs[0]!.shape as number[];
  const [, height, width, channels] = model.getLayer(name).outputShape as [number, number, number, number];
  const tensors = tidy(() => {
    const images = tensor(question.images, [batch, ...imageShape]);
    const kept: { activations?: Tensor; logits?: Tensor } = {};
    // Zeros added behind the layer: the score's gradient by them is that by what the layer leaves.
    const score = grad((added) => {
      kept.logits = keep(
        walkLayers(model, images, (layer, output) => {
          if (layer.name !== name) return output;
          kept.activations = keep(output);
          return output.add(added);
        }),
      );
      return explainedScore(kept.logits, question);
    });
    return [score(zeros([batch, height, width, channels])), kept.activations!, kept.logits!];
  });
  const [gradients, activations, logits] = await Promise.all(
    tensors.map(async (each) => (await each.data<'float32'>()).slice()), // a backend may hand out its own memory
  );
  for (const each of tensors) each.dispose();
  const size = height * width * channels;
  const views = Array.from({ length: batch }, (_, i) => ({
    ...{ height, width, channels },
    activations: activations!.subarray(i * size, (i + 1) * size),
    gradients: gradients!.subarray(i * size, (i + 1) * size),
  }));
  return { views, logits: logits! };
}
