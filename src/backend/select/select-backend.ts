import { matMul, ready, setBackend, tidy, version } from '@tensorflow/tfjs';
import {
  describeProviderFailure,
  endOnWebgpuErrors,
  loadWebgpu,
  type Provider,
  requireProvider,
} from '../gpu/gpu.ts';
import { BackendError, firstLine } from '../packages/backend-error.ts';
import { env } from '../packages/onnx-runtime.ts';
import {
  BACKEND,
  type BackendOptions,
  nameWith,
  registerOnnxRuntimeBackend,
} from '../registration/register.ts';
import { cpuBackend } from '../running/cpu-fallback.ts';
import { usableCores } from '../running/machine-limits.ts';
import type { BackendName, ConcreteBackendName } from './backend-names.ts';
import { loadTensorflow } from './load-tensorflow.ts';

/** The options of a backend, and where the user's packages are. */
export interface SelectOptions extends BackendOptions {
  /** Folders to look for the user's own packages from, before this one's; none by default. */
  readonly packagesFrom?: readonly string[];
}

/** The backend that computes now. */
export interface RunningBackend {
  /** The name that tfjs knows; never `auto`. */
  readonly name: ConcreteBackendName;
  /** The versions of the packages that compute. */
  readonly versions: Readonly<Record<string, string>>;
  /** The GPU's name by its driver, where the backend reports it. */
  readonly device?: string;
}

/**
 * Sets the backend that tfjs computes with; `auto` is `onnxruntime`. Reads on `webgpu` are
 * asynchronous only: `await tensor.data()`, never `dataSync()`. Throws a BackendError when it does
 * not compute on this machine, or a package that it needs is missing or broken.
 */
export async function selectBackend(
  name: BackendName,
  options: SelectOptions = {},
): Promise<RunningBackend> {
  switch (name) {
    case 'auto':
    case 'onnxruntime':
      registerOnnxRuntimeBackend(options);
      return await start(BACKEND, onnxRuntimeVersions);
    case 'onnxruntime:webgpu':
    case 'onnxruntime:cuda':
      return await startProvider(name === 'onnxruntime:cuda' ? 'cuda' : 'webgpu', options);
    case 'tensorflow':
      return await startTensorflow(options);
    case 'webgpu':
      return await startWebgpu(options);
    case 'cpu':
      cpuBackend(); // which also keeps it from advertising another one
      return await start('cpu', {});
  }
}

const onnxRuntimeVersions = { 'onnxruntime-node': env.versions.node ?? env.versions.common };

async function start(
  name: ConcreteBackendName,
  versions: Readonly<Record<string, string>>,
): Promise<RunningBackend> {
  if (!(await setBackend(name)))
    throw new BackendError(`The backend "${name}" did not start on this machine.`);
  await ready();
  return { name, versions: { '@tensorflow/tfjs': version.tfjs, ...versions } };
}

async function startProvider(provider: Provider, options: BackendOptions): Promise<RunningBackend> {
  requireProvider(provider);
  registerOnnxRuntimeBackend({ ...options, provider });
  const running = await start(nameWith(provider), onnxRuntimeVersions);
  await compute((error) => describeProviderFailure(provider, error));
  return running;
}

async function startTensorflow({ packagesFrom = [], threads = usableCores() }: SelectOptions) {
  const { name, version, folder } = loadTensorflow(packagesFrom, threads);
  const running = await start('tensorflow', { [name]: version });
  await compute(
    (error) => `${name} ${version} in ${folder} loads, but does not compute: ${firstLine(error)}`,
  );
  return running;
}

async function startWebgpu({ packagesFrom = [] }: SelectOptions): Promise<RunningBackend> {
  const { versions, device } = await loadWebgpu(packagesFrom);
  const running = await start('webgpu', versions);
  endOnWebgpuErrors(device);
  await compute(
    (error) => `The backend "webgpu" does not compute on ${device}: ${firstLine(error)}`,
  );
  return { ...running, device };
}

/**
 * A first computation: a driver may load, and then not compute. @throws BackendError with the
 * failure in words
 */
async function compute(inWords: (error: unknown) => string): Promise<void> {
  try {
    const product = tidy(() => matMul([[1, 2]], [[3], [4]]));
    const [value] = await product.data();
    product.dispose();
    if (value !== 11) throw new Error(`Expected 11 from its first computation, got ${value}`);
  } catch (error) {
    throw new BackendError(inWords(error), { cause: error });
  }
}
