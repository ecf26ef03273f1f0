import type { LayerItem } from '../layers/layer-items.ts';
import { inceptionV3 } from './inception-v3.ts';

/**
 * Inception V3 as Keras has it: layers are numbered in their order, modules are `mixed0` to
 * `mixed10`, and the mean of a window leaves out what lies beyond the border. Keras's BatchNorm has
 * no factor, so that a file without one leaves it at 1.
 */
export function inceptionV3Keras(classes: number): readonly LayerItem[] {
  const counts = { conv: 0, module: 0, fork: 0 };
  return renamed(inceptionV3(classes), '', counts);
}

interface Counts {
  /** Convolutions so far; each has one normalisation and one activation. */
  conv: number;
  module: number;
  /** Forks within modules so far, of which each module has none or two. */
  fork: number;
}

function renamed(
  items: readonly LayerItem[],
  module: string,
  counts: Counts,
): readonly LayerItem[] {
  return items.flatMap((item): readonly LayerItem[] => {
    if (typeof item === 'string' || 'residual' in item || 'gate' in item) return [item];
    if ('concat' in item) {
      const name = module === '' ? `mixed${counts.module++}` : `${module}_${counts.fork++ % 2}`;
      const concat = item.concat.map((branch) => renamed(branch, name, counts));
      return [{ concat, name }];
    }
    if ('zeroPad' in item) return [];
    if ('averagePool' in item) return [{ ...item, padding: 'same', name: `${module}_mean` }];
    if ('conv' in item) return [{ ...item, name: `conv2d_${++counts.conv}` }];
    if ('batchNorm' in item) return [{ ...item, name: `batch_normalization_${counts.conv}` }];
    if ('activation' in item) return [{ ...item, name: `activation_${counts.conv}` }];
    if ('maxPool' in item && module !== '') return [{ ...item, name: `${module}_max` }];
    return 'dense' in item ? [{ ...item, name: 'predictions' }] : [item];
  });
}
