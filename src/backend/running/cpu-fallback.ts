import {
  type BackendValues,
  backend_util,
  findBackend,
  getKernel,
  type KernelBackend,
  type NamedAttrMap,
  type NamedTensorInfoMap,
  type TensorInfo,
} from '@tensorflow/tfjs';

/**
 * Runs a kernel on tfjs's own cpu backend. `own`, the backend of the inputs, which reads complex64
 * as real and imaginary parts in turn, gets the results.
 */
export function runOnCpu(
  kernelName: string,
  inputs: NamedTensorInfoMap,
  attributes: NamedAttrMap | undefined,
  ownBackend: KernelBackend,
): TensorInfo | TensorInfo[] {
  const cpu = cpuBackend();
  const written = new Map<object, TensorInfo>();
  const copy = (tensor: TensorInfo): TensorInfo => {
    let copied = written.get(tensor.dataId);
    if (copied === undefined) {
      copied = writeTo(cpu, ownBackend.readSync(tensor.dataId), tensor);
      written.set(tensor.dataId, copied);
    }
    const { shape, dtype } = tensor;
    // The engine hands kernels whole tensors, and some of cpu's ask for the rank.
    return Object.assign({ dataId: copied.dataId, shape, dtype }, { rank: shape.length });
  };
  try {
    const { kernelFunc } = getKernel(kernelName, 'cpu');
    const outputs = kernelFunc({
      inputs: copies(inputs, copy),
      backend: cpu,
      attrs: attributes ?? {},
    });
    for (const output of [outputs].flat()) written.set(output.dataId, output);
    const take = ({ dataId, shape, dtype }: TensorInfo): TensorInfo => {
      return { dataId: ownBackend.write(cpu.readSync(dataId), shape, dtype), shape, dtype };
    };
    return Array.isArray(outputs) ? outputs.map(take) : take(outputs);
  } finally {
    for (const { dataId } of written.values()) cpu.disposeData(dataId, true);
  }
}

/**
 * Some kernels take a list where others take names, and the ragged ones lists under names, which
 * tfjs's types leave out.
 */
type Inputs =
  | TensorInfo
  | readonly TensorInfo[]
  | { readonly [name: string]: Inputs | null | undefined };

function copies(
  inputs: NamedTensorInfoMap,
  copy: (tensor: TensorInfo) => TensorInfo,
): NamedTensorInfoMap {
  const all = (given: Inputs): unknown => {
    if (Array.isArray(given)) return given.map(all);
    if ('dataId' in given) return copy(given as TensorInfo);
    return Object.fromEntries(
      Object.entries(given).map(([name, input]) => [name, input && all(input as Inputs)]),
    );
  };
  return all(inputs as Inputs) as NamedTensorInfoMap;
}

/** tfjs's own cpu backend. */
export function cpuBackend(): KernelBackend {
  const cpu = findBackend('cpu') as KernelBackend & { firstUse?: boolean };
  // On its first use the cpu backend prints an advertisement for another backend.
  cpu.firstUse = false;
  return cpu;
}

function writeTo(
  cpu: KernelBackend,
  values: BackendValues,
  { shape, dtype }: TensorInfo,
): TensorInfo {
  if (dtype !== 'complex64') return { dataId: cpu.write(values, shape, dtype), shape, dtype };
  // A complex tensor of the cpu backend refers to two others.
  const halves = Object.entries(backend_util.splitRealAndImagArrays(values as Float32Array));
  const parts = halves.map(([name, part]): [string, TensorInfo] => {
    return [name, { dataId: cpu.write(part, shape, 'float32'), shape, dtype: 'float32' }];
  });
  const { kernelFunc } = getKernel('Complex', 'cpu');
  const complex = kernelFunc({ inputs: Object.fromEntries(parts), backend: cpu }) as TensorInfo;
  for (const [, { dataId }] of parts) cpu.disposeData(dataId);
  return complex;
}
