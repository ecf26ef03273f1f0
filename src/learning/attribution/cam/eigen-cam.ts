import { leadingDirections } from '../../metrics/multivariate/leading-directions.ts';
import type { LayerView } from './layer-view.ts';
import { sumPlaces, weighChannels } from './weigh-channels.ts';

/**
 * Eigen-CAM (Muhammad and Yeasin 2020, "Eigen-CAM: class activation map using principal components", section III): the layer's
 * maps along the first right singular vector of `A = [places, channels]`, `A V_1`. It asks for no class and no gradient.
 *
 * A singular vector has no sign: it is taken so that the map's sum is not negative, and the part above zero is kept.
 */
export function eigenCam(view: LayerView): Float32Array {
  const activations = Float64Array.from(view.activations);
  if (activations.every((value) => value === 0)) return new Float32Array(view.height * view.width);
  const [direction] = leadingDirections(activations, view.channels, 1).directions as [Float64Array];
  const sum = sumPlaces(view, (at, k) => activations[at]! * direction[k]!).reduce((total, value) => total + value, 0);
  return weighChannels(view, sum < 0 ? direction.map((value) => -value) : direction);
}
