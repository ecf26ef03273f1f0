import type { layers as Layers, LayersModel, Tensor } from '@tensorflow/tfjs';
import { dispose, grad, keep, tidy, zeros } from '@tensorflow/tfjs';
import { StageError } from '../../../stage.ts';
import { inputOf, type Network, outputOf, readValues } from '../../models/model-output.ts';
import { OnnxNetwork } from '../../models/onnx/onnx-network.ts';
import { explainedScore } from '../questions/explained-score.ts';
import type { Question } from '../questions/question.ts';
import { gridOf } from './layer-grid.ts';

/**
 * The feature maps of a layer for one image, and the gradient of the explained score by them.
 * Tokens of patches are the places of such maps; the class token, which has no place, is left out.
 */
export interface LayerView {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** A in the papers: `[height, width, channels]`. */
  readonly activations: Float32Array;
  /** ∂score/∂A: `[height, width, channels]`; empty for an ONNX file. */
  readonly gradients: Float32Array;
}

type LayerViews = { readonly views: readonly LayerView[]; readonly logits: Float32Array };

/**
 * Views of a layer's feature maps, by one pass forward and one back from the score, beside the
 * logits, `[batch, classes]`.
 */
export async function viewLayer(
  model: Network,
  name: string,
  question: Question,
): Promise<LayerViews> {
  if (model instanceof OnnxNetwork) return viewTensor(model, name, question);
  const batch = question.classes.length;
  const layer = model.getLayer(name);
  const { height, width, placeless } = gridOf(layer);
  const [, ...shape] = layer.outputShape as number[];
  const channels = shape.at(-1)!;
  const tensors = tidy(() => {
    const images = inputOf(model, question.images);
    const kept: { activations?: Tensor; logits?: Tensor } = {};
    // The gradient by zeros that are added to the layer's output is the gradient by that output.
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
    return [score(zeros([batch, ...shape])), kept.activations!, kept.logits!];
  });
  const [gradients, activations, logits] = await readValues(tensors);
  dispose(tensors);
  const size = (placeless + height * width) * channels;
  const partOf = (all: Float32Array, i: number) =>
    all.subarray(i * size + placeless * channels, (i + 1) * size);
  const views = Array.from({ length: batch }, (_, i) => {
    return {
      height,
      width,
      channels,
      activations: partOf(activations!, i),
      gradients: partOf(gradients!, i),
    };
  });
  return { views, logits: logits! };
}

/**
 * Views of a tensor of an ONNX file, without gradients. Throws a {@link StageError} if it holds no
 * feature maps.
 */
async function viewTensor(model: OnnxNetwork, name: string, { images }: Question) {
  using part = await OnnxNetwork.open(model.path, {
    threads: 1,
    imageSize: model.input.size,
    tensor: name,
  });
  const { values, shape } = await part.run(images);
  const [channels, height, width] = shape as [number, number, number];
  if (shape.length !== 3 || height * width < 2) {
    throw new StageError(
      `Expected a tensor of [channels, height, width], but "${name}" has ${shape.join(' x ')}.`,
    );
  }
  const size = channels * height * width;
  const views = Array.from({ length: values.length / size }, (_, i): LayerView => {
    const at = (position: number) =>
      i * size + (position % channels) * height * width + Math.floor(position / channels);
    const activations = Float32Array.from({ length: size }, (_, position) => values[at(position)]!);
    return { height, width, channels, activations, gradients: new Float32Array(0) };
  });
  return { views, logits: await outputOf(model, images) };
}

/**
 * A model's output for images, `[batch, height, width, channels]`, in inference mode, layer by
 * layer. `after` receives each layer's output and returns the input of the layers after it, so a
 * value can be read or changed anywhere, also inside a residual block.
 */
export function walkLayers(
  model: LayersModel,
  images: Tensor,
  after: (layer: Layers.Layer, output: Tensor) => Tensor,
): Tensor {
  const outputs = new Map<string, Tensor>();
  let last = images;
  // tfjs keeps layers in the order of the graph.
  for (const layer of model.layers) {
    const { inboundLayers } = layer.inboundNodes[0]!;
    // A model may leave out its input layer.
    const inputs = inboundLayers.map(({ name }) => outputs.get(name) ?? images);
    const layerInput = inputs.length === 1 ? inputs[0]! : inputs;
    const output = inputs.length === 0 ? images : layer.apply(layerInput, inference);
    last = after(layer, output as Tensor);
    outputs.set(layer.name, last);
  }
  return last;
}

const inference = { training: false };
