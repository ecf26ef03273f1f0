import type { LayerView } from './layer-view.ts';
import { sumPlaces, weighChannels } from './weigh-channels.ts';

/**
 * XGrad-CAM (Fu et al. 2020, "Axiom-based Grad-CAM: towards accurate visualization and explanation of CNNs", equation 8): the
 * gradient's mean over places, each counting as much as its activation has of the channel's sum,
 * `w_k = Σ_ij (A_ij^k / Σ_ab A_ab^k) g_ij^k`. A channel whose sum is zero has none.
 *
 * Made for activations behind a ReLU. Of a layer before its ReLU, values of both signs may nearly cancel in the sum, and such a channel
 * outweighs all others.
 */
export function xgradCam(view: LayerView): Float32Array {
  const { activations, gradients } = view;
  const sums = sumPlaces(view, (at) => activations[at]!);
  const weights = sumPlaces(view, (at) => activations[at]! * gradients[at]!);
  return weighChannels(
    view,
    weights.map((weight, k) => (sums[k] === 0 ? 0 : weight / sums[k]!)),
  );
}
