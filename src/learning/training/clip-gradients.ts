import { addN, minimum, type NamedTensorMap, scalar, type Tensor, tidy } from '@tensorflow/tfjs';
import type { ClipSettings } from './clip-settings.ts';

/**
 * Gradients that are no larger than wanted, as PyTorch's `clip_grad_norm_` and `clip_grad_value_` leave them. By norm, all
 * keep their direction: each is multiplied by norm / (‖g‖ + 1e-6), ‖g‖ over all of them, where that is below 1 (Pascanu et al.
 * 2013, "On the difficulty of training recurrent neural networks", algorithm 1). By value, each number is clipped for itself.
 *
 * The result is the caller's to dispose, as `gradients` are. What is no number stays none.
 */
export function clipGradients(gradients: NamedTensorMap, clip: ClipSettings): NamedTensorMap {
  return tidy(() => {
    const map = (change: (gradient: Tensor) => Tensor) =>
      Object.fromEntries(Object.entries(gradients).map(([name, gradient]) => [name, change(gradient)]));
    if ('value' in clip) return map((gradient) => gradient.clipByValue(-clip.value, clip.value));
    const norm = addN(Object.values(gradients).map((gradient) => gradient.square().sum())).sqrt();
    const factor = minimum(scalar(clip.norm).div(norm.add(scalar(1e-6))), scalar(1));
    return map((gradient) => gradient.mul(factor));
  });
}
