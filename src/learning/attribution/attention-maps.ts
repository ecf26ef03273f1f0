import type { LayersModel, Tensor } from '@tensorflow/tfjs';
import { customGrad, dispose, eye, grad, keep, tidy } from '@tensorflow/tfjs';
import { StageError } from '../../stage.ts';
import { inputOf, readValues } from '../models/model-output.ts';
import {
  type AttentionLayer,
  type ClassAttention,
  findClassAttention,
} from './attention-layers.ts';
import { type AttributionMap, resizeMap } from './attribution-map.ts';
import { type AttentionMethod, isAttention, type Method } from './methods.ts';
import { explainedScore } from './questions/explained-score.ts';
import type { Question } from './questions/question.ts';

/*
 * Maps from the weights of attention: how much the class token takes from each patch, through all
 * layers of attention in turn, each with a shortcut past it.
 */

/** The maps of a batch, of the size of its images, and the logits, `[batch, classes]`. */
interface AttentionMaps {
  readonly maps: readonly AttributionMap[];
  readonly logits: Float32Array;
}

/**
 * Attention rollout (Abnar and Zuidema 2020, "Quantifying attention flow in transformers", section
 * 3): the product over layers of `0.5 A + 0.5 I`, where A is the mean of the heads' weights and I
 * stands for the shortcut. It uses no class.
 *
 * Gradient-weighted attention (Chefer, Gur and Wolf 2021, "Generic attention-model explainability
 * for interpreting bi-modal and encoder-decoder transformers"): the product over layers of
 * `I + E_h ReLU(∇A ⊙ A)` (equations 5 and 6), where ∇A is the gradient of the explained score by
 * the weights and `E_h` the mean over heads. No relevance is propagated.
 *
 * The map is the row of the class token, of which the patches are left. Throws a
 * {@link StageError} for a network whose class token does not attend to all patches.
 */
export async function attentionMaps(
  model: LayersModel,
  question: Question,
  method: AttentionMethod,
): Promise<AttentionMaps> {
  const { layers, grid } = attentionOf(model, method);
  const tensors = tidy(() => {
    const { observe, share } = methodParts[method];
    const { means, logits } = observe(model, layers, question);
    const matrices = means.map((mean) => mean.add(eye(mean.shape[1]!)).mul(share));
    dispose(means as Tensor[]);
    return [classTokenRow(matrices), logits];
  });
  const [rows, logits] = await readValues(tensors);
  dispose(tensors);
  const patches = grid.height * grid.width;
  const [, height, width] = model.inputs[0]!.shape as [number, number, number];
  const maps = Array.from(question.classes, (_, i) => {
    const first = i * (grid.placeless + patches) + grid.placeless;
    const values = rows!.subarray(first, first + patches);
    return resizeMap({ ...grid, values }, { height, width });
  });
  return { maps, logits: logits! };
}

/** Throws a {@link StageError} if a method needs attention that the network does not have. */
export function expectAttention(model: LayersModel, methods: readonly Method[]): void {
  const method = methods.find(isAttention);
  if (method !== undefined) attentionOf(model, method);
}

function attentionOf(model: LayersModel, method: AttentionMethod): ClassAttention {
  const attention = findClassAttention(model);
  if (attention.ok) return attention.value;
  throw new StageError(
    `Expected a network whose class token attends to all patches for ${method}, such as vit-small or a ViT of an ONNX file, but ${attention.error}: use another method, such as grad-cam or gradient.`,
  );
}

/** A pass through the network, with one matrix from each layer of attention. */
interface Passage {
  /** `[batch, tokens, tokens]`, kept: tfjs disposes what a layer leaves behind. */
  readonly means: readonly Tensor[];
  readonly logits: Tensor;
}

type Observe = (
  model: LayersModel,
  layers: readonly AttentionLayer[],
  question: Question,
) => Passage;

/** The mean of the heads' weights. */
const meanWeights: Observe = (model, layers, { images }) => {
  const means: Tensor[] = [];
  const seen = (i: number) => (weights: Tensor) => {
    means[i] = keep(layers[i]!.meanOverHeads(weights));
    return weights;
  };
  const logits = withWeights(
    layers,
    seen,
    () => model.apply(inputOf(model, images), inference) as Tensor,
  );
  return { means, logits };
};

/** The mean over heads of the positive part of gradient times weight. */
const meanRelevance: Observe = (model, layers, question) => {
  const means: Tensor[] = [];
  const seen = (i: number) =>
    tapGradient((weights, gradients) => {
      means[i] = keep(layers[i]!.meanOverHeads(weights.mul(gradients).relu()));
    });
  let logits: Tensor | undefined;
  const gradient = grad((images) => {
    logits = keep(model.apply(images, inference) as Tensor);
    return explainedScore(logits, question);
  });
  withWeights(layers, seen, () => gradient(inputOf(model, question.images)));
  return { means, logits: logits! };
};

/** What is observed, and by how much the sum of it and the shortcut is scaled. */
const methodParts = {
  'attention-rollout': { observe: meanWeights, share: 0.5 },
  'gradient-attention': { observe: meanRelevance, share: 1 },
} as const satisfies Readonly<Record<AttentionMethod, object>>;

const inference = { training: false };

/** Runs a pass whose weights of attention are seen, those of layer `i` by `seen(i)`. */
function withWeights(
  layers: readonly AttentionLayer[],
  seen: (i: number) => (weights: Tensor) => Tensor,
  pass: () => Tensor,
): Tensor {
  for (const [i, { layer }] of layers.entries()) layer.onWeights = seen(i);
  try {
    return pass();
  } finally {
    for (const { layer } of layers) layer.onWeights = undefined;
  }
}

/** Passes weights on as they are; their gradient is seen on its way back. */
const tapGradient = (seen: (weights: Tensor, gradients: Tensor) => void) =>
  customGrad((x, save) => {
    const weights = x as Tensor;
    (save as (tensors: Tensor[]) => void)([weights]);
    const gradFunc = (gradients: Tensor, [saved]: Tensor[]) => {
      seen(saved!, gradients);
      return gradients;
    };
    return { value: weights.clone(), gradFunc };
  });

/** The first row of the matrices' product, the last layer first: `[batch, tokens]`. */
function classTokenRow(matrices: readonly Tensor[]): Tensor {
  const [batch, tokens] = matrices[0]!.shape as [number, number, number];
  const row = matrices
    .toReversed()
    .reduce(
      (product, matrix) => product.matMul(matrix),
      eye(tokens).slice([0, 0], [1, tokens]).expandDims(0).tile([batch, 1, 1]) as Tensor,
    );
  return row.reshape([batch, tokens]);
}
