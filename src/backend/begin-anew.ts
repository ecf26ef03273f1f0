import { engine, type Tensor } from '@tensorflow/tfjs';
import { OrtBackend } from './ort-backend.ts';

/**
 * Has what follows computed as in a process that begins here, to the bit, on the backend in use: it forgets which weights
 * were the same for how many runs, which only says how to compute. To be called where a program may be broken off and gone
 * on with, such as between two epochs. `lasting` are weights that will not change, and so never need be counted.
 *
 * Other backends than ours remember nothing.
 */
export function beginAnew(lasting: readonly Tensor[] = []): void {
  const { backend } = engine();
  if (backend instanceof OrtBackend) backend.beginAnew(lasting);
}
