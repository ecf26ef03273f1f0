import type { layers as Layers, LayersModel, Tensor } from '@tensorflow/tfjs';
import { dispose, keep, tidy } from '@tensorflow/tfjs';
import { walkLayers } from '../../src/learning/attribution/cam/layer-view.ts';
import { inputOf, readValues } from '../../src/learning/models/model-output.ts';

/** The greatest value of each unit of a layer of ReLUs over all images: a channel, or a neuron. */
export interface UnitActivity {
  readonly layer: string;
  readonly greatest: Float32Array;
}

/** Follows the ReLUs of a network over batches of images. */
export class LayerWatch {
  readonly #model: LayersModel;
  readonly #units: readonly UnitActivity[];

  constructor(model: LayersModel) {
    this.#model = model;
    this.#units = model.layers.filter(isRelu).map((layer) => {
      const units = (layer.outputShape as readonly number[]).at(-1)!;
      return { layer: layer.name, greatest: new Float32Array(units) };
    });
  }

  get units(): readonly UnitActivity[] {
    return this.#units;
  }

  /** Passes a batch through the network, `[batch, …]`; its logits, `[batch, classes]`. */
  async pass(images: Float32Array): Promise<Float32Array> {
    const tensors = tidy(() => {
      const most = new Map<string, Tensor>();
      const logits = walkLayers(this.#model, inputOf(this.#model, images), (layer, output) => {
        const axes = Array.from({ length: output.rank - 1 }, (_, axis) => axis);
        if (isRelu(layer)) most.set(layer.name, keep(output.max(axes)));
        return output;
      });
      return [keep(logits), ...this.#units.map(({ layer }) => most.get(layer)!)];
    });
    const [logits, ...most] = await readValues(tensors);
    dispose(tensors);
    for (const [i, { greatest }] of this.#units.entries())
      for (const [unit, value] of most[i]!.entries())
        greatest[unit] = Math.max(greatest[unit]!, value);
    return logits!;
  }
}

/** A layer that is a ReLU, alone or after its convolution or product. */
function isRelu(layer: Layers.Layer): boolean {
  if (layer.getClassName() === 'ReLU') return true;
  return layer.getConfig()['activation'] === 'relu';
}
