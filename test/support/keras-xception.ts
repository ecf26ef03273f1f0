import { plainLayers, traceLayers } from '../../src/learning/models/layers/trace-net.ts';
import { netOf } from '../../src/learning/models/model-setting.ts';
import type { NamedTensor } from '../../src/learning/models/weights/safetensors.ts';
import { compare } from '../../src/sort-order.ts';
import { linearCongruential } from './linear-congruential.ts';

/**
 * Tensors of the names and shapes of Keras's
 * `xception_weights_tf_dim_ordering_tf_kernels_notop.h5`, in the order of their layers' names, as
 * HDF5 gives them back; kernels are small numbers, statistics such that signals keep their size.
 */
export function kerasXception(): readonly NamedTensor[] {
  const traced = traceLayers(netOf('xception').layers, [299, 299, 3]);
  if (!traced.ok) throw new Error(traced.error.message);
  const random = linearCongruential(11);
  const values = (name: string, size: number, shape: readonly number[]) => {
    if (name === 'gamma' || name === 'moving_variance')
      return random(size, 0.1).map((value) => 1 + value);
    const inputs =
      name === 'depthwise_kernel'
        ? 9
        : shape.slice(0, -1).reduce((product, length) => product * length, 1);
    return random(size, shape.length === 1 ? 0.1 : Math.sqrt(6 / inputs));
  };
  const tensors = plainLayers(traced.value)
    .filter(({ layer }) => layer.name !== 'logits')
    .flatMap(({ layer, weights }) =>
      weights.map(({ name, shape }) => {
        const size = shape.reduce((product, length) => product * length, 1);
        return {
          name: `${kerasLayer(layer.name)}/${name}`,
          shape,
          values: values(name, size, shape),
        };
      }),
    );
  return tensors.sort((a, b) => compare(layerOf(a), layerOf(b)));
}

const layerOf = ({ name }: NamedTensor): string => name.split('/')[0]!;

const shortcuts = [2, 3, 4, 13].map((block) => `block${block}_shortcut`);

/** The layers around the modules have no names in Keras's code. */
function kerasLayer(name: string): string {
  const number = shortcuts.indexOf(name.replace(/_bn$/, '')) + 1;
  if (number === 0) return name;
  return name.endsWith('_bn') ? `batch_normalization_${number}` : `conv2d_${number}`;
}
