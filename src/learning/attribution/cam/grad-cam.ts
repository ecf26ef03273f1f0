import type { LayerView } from './layer-view.ts';
import { sumPlaces, weighChannels } from './weigh-channels.ts';

/**
 * Grad-CAM (Selvaraju et al. 2017, "Grad-CAM: visual explanations from deep networks via gradient-based localization"). Each
 * channel k weighs its gradient's mean over places: `α_k = 1/Z Σ_ij ∂y/∂A_ij^k` (equation 1); the map is `ReLU(Σ_k α_k A^k)`
 * (equation 2).
 */
export function gradCam(view: LayerView): Float32Array {
  const { height, width, gradients } = view;
  const weights = sumPlaces(view, (at) => gradients[at]!).map((sum) => sum / (height * width));
  return weighChannels(view, weights);
}
