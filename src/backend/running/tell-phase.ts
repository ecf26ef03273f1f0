import { engine } from '@tensorflow/tfjs';
import type { Phase } from '../trace.ts';

/**
 * What the kernel that is being called is for. tfjs tells by the names of its scopes while it takes a gradient; what
 * comes after a gradient, and outside of one, is the update of what it was taken for.
 *
 * @param hadGradient whether a gradient was taken since the last run
 */
export function tellPhase(hadGradient: boolean): Phase {
  const { scopeStack } = engine().state;
  if (scopeStack.some(({ name }) => name === 'backward')) return 'backward';
  if (scopeStack.some(({ name }) => name === 'forward')) return 'forward';
  return hadGradient ? 'update' : 'forward';
}
