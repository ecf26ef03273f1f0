import type { LayerView } from './layer-view.ts';
import { sumChannels } from './weigh-channels.ts';

/**
 * HiResCAM (Draelos and Carin 2020, "Use HiResCAM instead of Grad-CAM for faithful explanations of convolutional neural
 * networks", equation 4): each value of a layer times its own gradient, `Σ_k g^k ⊙ A^k`, so that for a net which ends in one
 * dense layer the map sums to the score. Of it the part above zero, as with the others.
 */
export function hiresCam({ activations, gradients, channels }: LayerView): Float32Array {
  return sumChannels(activations, channels, (at) => gradients[at]! * activations[at]!);
}
