import { Random } from '../../../random.ts';
import { leadingDirections } from '../../metrics/multivariate/principal-components.ts';
import type { LayerView } from './layer-view.ts';

/*
 * Class activation maps: sums over the channels k of a layer's feature maps A^k, weighted by the
 * gradient g of the explained score, and cut off at zero: `[height, width]`, at least 0. Score-CAM,
 * which asks the network again, has its own file.
 */

/**
 * Grad-CAM (Selvaraju et al. 2017, "Grad-CAM: visual explanations from deep networks via
 * gradient-based localization"): the weight of a channel is the mean of its gradient,
 * `α_k = 1/Z Σ_ij g_ij^k` (equation 1), and the map is `ReLU(Σ_k α_k A^k)` (equation 2).
 */
export function gradCam(view: LayerView): Float32Array {
  const { height, width, gradients } = view;
  const weights = sumPositions(view, (at) => gradients[at]!).map((sum) => sum / (height * width));
  return weighChannels(view, weights);
}

/**
 * Grad-CAM++ (Chattopadhay et al. 2018, "Grad-CAM++: generalized gradient-based visual explanations
 * for deep convolutional networks"), for the score's exponential, whose higher derivatives are
 * powers of the gradient (section 3.3):
 *
 *     α_ij^k = g² / (2 g² + Σ_ab A_ab^k g³)      (equation 19; 0 where g is 0)
 *     w_k = Σ_ij α_ij^k ReLU(g)                  (equation 14)
 *
 * The exponential itself scales all weights alike. The method assumes activations after a ReLU.
 * Before a ReLU, a sum of both signs may bring the denominator near 0.
 */
export function gradCamPlusPlus(view: LayerView): Float32Array {
  const { activations, gradients } = view;
  const sums = sumPositions(view, (at) => activations[at]!);
  const weights = sumPositions(view, (at, k) => {
    const g = gradients[at]!;
    const below = 2 * g * g + sums[k]! * g ** 3;
    return g <= 0 || below === 0 ? 0 : ((g * g) / below) * g;
  });
  return weighChannels(view, weights);
}

/**
 * HiResCAM (Draelos and Carin 2020, "Use HiResCAM instead of Grad-CAM for faithful explanations of
 * convolutional neural networks", equation 4): each activation times its own gradient,
 * `Σ_k g^k ⊙ A^k`. Of a network with a single dense layer at its end it sums to the score.
 */
export const hiresCam = (view: LayerView): Float32Array =>
  sumChannels(view, (at) => view.gradients[at]! * view.activations[at]!);

/**
 * XGrad-CAM (Fu et al. 2020, "Axiom-based Grad-CAM: towards accurate visualization and explanation
 * of CNNs", equation 8): the mean gradient, each position weighted by its share of the channel's
 * activation, `w_k = Σ_ij (A_ij^k / Σ_ab A_ab^k) g_ij^k`; 0 for a channel whose sum is zero. It
 * assumes activations after a ReLU: before one, values of both signs may nearly cancel in the sum,
 * and such a channel outweighs all others.
 */
export function xgradCam(view: LayerView): Float32Array {
  const { activations, gradients } = view;
  const sums = sumPositions(view, (at) => activations[at]!);
  const products = sumPositions(view, (at) => activations[at]! * gradients[at]!);
  const weights = products.map((product, k) => (sums[k] === 0 ? 0 : product / sums[k]!));
  return weighChannels(view, weights);
}

/**
 * LayerCAM (Jiang et al. 2021, "LayerCAM: exploring hierarchical class activation maps for
 * localization", equations 6 to 8): each activation times the positive part of its own gradient,
 * `ReLU(Σ_k ReLU(g^k) ⊙ A^k)`, so that early layers give useful maps too.
 */
export const layerCam = (view: LayerView): Float32Array =>
  sumChannels(view, (at) => Math.max(0, view.gradients[at]!) * view.activations[at]!);

/**
 * Eigen-CAM (Muhammad and Yeasin 2020, "Eigen-CAM: class activation map using principal
 * components", section III): the feature maps projected on the first right singular vector of
 * `A = [positions, channels]`, `A V_1`. It uses no class and no gradient. The sign of a singular
 * vector is arbitrary: here it makes the sum of the map positive.
 */
export function eigenCam(view: LayerView): Float32Array {
  const activations = Float64Array.from(view.activations);
  if (activations.every((value) => value === 0)) return new Float32Array(view.height * view.width);
  const [direction] = leadingDirections(activations, view.channels, 1).directions as [Float64Array];
  const sum = sumPositions(view, (at, k) => activations[at]! * direction[k]!).reduce(
    (total, value) => total + value,
    0,
  );
  return weighChannels(view, sum < 0 ? direction.map((value) => -value) : direction);
}

/**
 * RandomCAM, the control: channels weighted by random numbers from -1 to 1, which explains nothing
 * about the decision.
 */
export function randomCam(view: LayerView, seed: number): Float32Array {
  const random = new Random('random-cam', seed);
  const weights = Float64Array.from({ length: view.channels }, () => random.between(-1, 1));
  return weighChannels(view, weights);
}

/** `ReLU(Σ_k w_k A^k)`: `[height, width]`. */
export const weighChannels = (view: LayerView, weights: ArrayLike<number>): Float32Array =>
  sumChannels(view, (at, k) => weights[k]! * view.activations[at]!);

/** A number for a channel at a position; `at` is an index into `[height, width, channels]`. */
type Term = (at: number, channel: number) => number;

/** At each position, the positive part of the sum over channels of a term. */
const sumChannels = ({ height, width, channels }: LayerView, term: Term): Float32Array =>
  Float32Array.from({ length: height * width }, (_, position) => {
    let sum = 0;
    for (let k = 0; k < channels; k++) sum += term(position * channels + k, k);
    return Math.max(0, sum);
  });

/** For each channel, the sum over positions of a term. */
function sumPositions({ height, width, channels }: LayerView, term: Term): Float64Array {
  const sums = new Float64Array(channels);
  for (let position = 0; position < height * width; position++) {
    for (let k = 0; k < channels; k++) sums[k]! += term(position * channels + k, k);
  }
  return sums;
}
