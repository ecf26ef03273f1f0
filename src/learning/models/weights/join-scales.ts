import type { StoredTensor } from './weight-files.ts';

type Tensors = ReadonlyMap<string, StoredTensor>;

/**
 * The tensors of a file, those of FaceResNet in `@vladmandic/face-api` as plain convolutions. There, a factor s and a summand t for each filter
 * follow a convolution by k with bias b: s (x * k + b) + t = x * (s k) + (s b + t). A shortcut to more channels appends zeros, which is a
 * convolution of 1 x 1 by a part of the identity.
 */
export function joinScales(tensors: Tensors): Tensors {
  const joined = [...tensors.values()].flatMap((filters) => {
    const layer = /^(.+)\/conv\/filters$/.exec(filters.name)?.[1];
    return layer === undefined ? filters : joinLayer(tensors, layer, filters);
  });
  return new Map(joined.filter(({ name }) => !/\/(conv\/bias|scale\/.+)$/.test(name)).map((one) => [one.name, one]));
}

function joinLayer(tensors: Tensors, layer: string, filters: StoredTensor): readonly StoredTensor[] {
  const [bias, scale, summand] = ['conv/bias', 'scale/weights', 'scale/biases'].map((end) => {
    return tensors.get(`${layer}/${end}`)?.read() ?? new Float32Array();
  });
  const outputs = filters.shape.at(-1)!;
  const scaled = (values: Float32Array) => values.map((value, i) => value * scale![i % outputs]!);
  const [inputs] = filters.shape.slice(-2) as [number];
  const identity = () => Float32Array.from({ length: inputs * outputs }, (_, i) => Number(i % (outputs + 1) === 0));
  const isWider = layer.endsWith('_down/conv1') && inputs < outputs;
  return [
    { ...filters, name: `${layer}/filters`, read: () => scaled(filters.read()) },
    { name: `${layer}/bias`, shape: [outputs], read: () => scaled(bias!).map((value, i) => value + summand![i]!) },
    ...(isWider
      ? [{ name: layer.replace(/conv1$/, 'shortcut/filters'), shape: [1, 1, inputs, outputs], read: identity }]
      : []),
  ];
}
