import type { NamedTensor } from '../../src/learning/models/weights/safetensors.ts';

/** A version of Keras: they name weights differently. */
type KerasVersion = 1 | 2;

const keras1: Readonly<Record<string, string>> = {
  kernel: 'W',
  bias: 'b',
  moving_mean: 'running_mean',
  moving_variance: 'running_std',
};

/**
 * Writes weights called `layer/weight` as Keras saves them: a group for each layer, and lists of
 * names as attributes.
 */
export async function writeKerasH5(
  path: string,
  tensors: readonly NamedTensor[],
  version: KerasVersion = 2,
) {
  const { default: h5wasm } = await import('h5wasm/node');
  await h5wasm.ready;
  const file = new h5wasm.File(path, 'w');
  const layers = byLayer(tensors);
  file.create_attribute('layer_names', ['input_1', ...layers.keys()]);
  file.create_group('input_1').create_attribute('weight_names', [], [0], 'S1');
  for (const [layer, tensors] of layers) {
    const group = file.create_group(layer);
    const names = tensors.map(({ name }) =>
      tensorName(layer, name.slice(layer.length + 1), version),
    );
    group.create_attribute('weight_names', names);
    // A slash in a name is a group in HDF5.
    if (version === 2) group.create_group(layer);
    for (const [i, { shape, values }] of tensors.entries()) {
      group.create_dataset({ name: names[i]!, data: values, shape: [...shape], dtype: '<f4' });
    }
  }
  file.close();
}

function tensorName(layer: string, name: string, version: KerasVersion): string {
  return version === 1 ? `${layer}_${keras1[name] ?? name}:0` : `${layer}/${name}:0`;
}

function byLayer(tensors: readonly NamedTensor[]): ReadonlyMap<string, readonly NamedTensor[]> {
  const layers = new Map<string, NamedTensor[]>();
  for (const tensor of tensors) {
    const layer = tensor.name.slice(0, tensor.name.lastIndexOf('/'));
    layers.set(layer, [...(layers.get(layer) ?? []), tensor]);
  }
  return layers;
}
