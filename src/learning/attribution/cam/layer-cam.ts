import type { LayerView } from './layer-view.ts';
import { sumChannels } from './weigh-channels.ts';

/**
 * LayerCAM (Jiang et al. 2021, "LayerCAM: exploring hierarchical class activation maps for localization", equations 6 to 8):
 * each value of a layer weighs its own gradient where that is positive, `ReLU(Σ_k ReLU(g^k) ⊙ A^k)`, so that early layers give
 * maps as well.
 */
export function layerCam({ activations, gradients, channels }: LayerView): Float32Array {
  return sumChannels(activations, channels, (at) => Math.max(0, gradients[at]!) * activations[at]!);
}
