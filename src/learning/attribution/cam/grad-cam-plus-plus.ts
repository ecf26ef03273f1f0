import type { LayerView } from './layer-view.ts';
import { sumPlaces, weighChannels } from './weigh-channels.ts';

/**
 * Grad-CAM++ (Chattopadhay et al. 2018, "Grad-CAM++: generalized gradient-based visual explanations for deep convolutional
 * networks"), for the score's exponential, whose higher derivatives are powers of the gradient g (section 3.3):
 *
 *     α_ij^k = g² / (2 g² + Σ_ab A_ab^k g³)      (equation 19)
 *     w_k = Σ_ij α_ij^k ReLU(g)                   (equation 14; the exponential itself scales all weights alike)
 *
 * and the map is `ReLU(Σ_k w_k A^k)`. Where g is 0, so is α.
 *
 * Made for activations behind a ReLU. Of a layer before its ReLU, a sum of both signs may bring the denominator near 0.
 */
export function gradCamPlusPlus(view: LayerView): Float32Array {
  const { activations, gradients } = view;
  const sums = sumPlaces(view, (at) => activations[at]!);
  const weights = sumPlaces(view, (at, k) => {
    const g = gradients[at]!;
    const below = 2 * g * g + sums[k]! * g ** 3;
    return g <= 0 || below === 0 ? 0 : ((g * g) / below) * g;
  });
  return weighChannels(view, weights);
}
