import { fill, type Tensor } from '@tensorflow/tfjs';

/**
 * A tensor broadcast to a shape. tfjs's own way repeats it, and cuts its gradient into as many
 * parts; the gradient of a sum is one sum.
 */
export function spreadTo(x: Tensor, shape: readonly number[]): Tensor {
  if (x.shape.join() === shape.join()) return x;
  return x.add(fill([...shape], 0));
}
