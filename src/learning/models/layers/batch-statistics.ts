/** What is known of a BatchNorm layer, of tfjs or of an ONNX file. */
interface Freezable {
  readonly trainable: boolean;
}

const fixed = new WeakSet<Freezable>();

/** From now on these layers normalise by their moving statistics, also while their scales train. */
export function fixStatistics(layers: readonly Freezable[]): void {
  for (const layer of layers) fixed.add(layer);
}

/** Whether a BatchNorm normalises a training step by the batch, and its statistics follow it. */
export const usesBatch = (layer: Freezable): boolean => layer.trainable && !fixed.has(layer);
