import {
  engine,
  findBackend,
  getKernelsForBackend,
  registerBackend,
  registerKernel,
  type Tensor,
} from '@tensorflow/tfjs';
import type { Provider } from '../gpu/gpu.ts';
import { kernels } from '../kernels/index.ts';
import { cacheMemory, usableCores } from '../running/machine-limits.ts';
import { registerGradients } from './gradients.ts';
import { OrtBackend, type OrtBackendOptions } from './ort-backend.ts';

/** The name under which tfjs knows this backend. */
export const BACKEND = 'onnxruntime';

/** The name under which tfjs knows this backend with an execution provider of ONNX Runtime. */
export const nameWith = (provider: Provider | undefined) =>
  provider === undefined ? BACKEND : (`${BACKEND}:${provider}` as const);

/** The options of the backend; each has a default. */
export type BackendOptions = Partial<OrtBackendOptions>;

/**
 * Makes this backend known to tfjs, as `onnxruntime`; with a provider, as a backend of its own,
 * `onnxruntime:webgpu`. A second call of the same name changes nothing.
 */
export function registerOnnxRuntimeBackend(options: BackendOptions = {}): void {
  const backendName = nameWith(options.provider);
  if (engine().registryFactory[backendName] !== undefined) return;
  const {
    threads = usableCores(),
    warn = console.warn,
    sessions = 64,
    memory = cacheMemory(threads),
  } = options;
  // Above webgl's and cpu's priority, so that it is also what tfjs takes by itself; a provider is
  // only taken when named.
  const priority = options.provider === undefined ? 10 : 0;
  registerGradients();
  registerBackend(
    backendName,
    () => new OrtBackend({ ...options, threads, warn, sessions, memory }),
    priority,
  );
  for (const kernel of kernels.values()) {
    registerKernel({
      kernelName: kernel.name,
      backendName,
      kernelFunc: ({ inputs, attrs, backend }) =>
        (backend as OrtBackend).call(kernel, inputs, attrs),
    });
  }
  for (const { kernelName } of getKernelsForBackend('cpu')) {
    if (kernels.has(kernelName)) continue;
    const call = MADE_OF_ATTRIBUTES.has(kernelName) ? 'callOnHost' : 'callOnCpu';
    registerKernel({
      kernelName,
      backendName,
      kernelFunc: ({ inputs, attrs, backend }) =>
        (backend as OrtBackend)[call](kernelName, inputs, attrs),
    });
  }
}

/**
 * These read no array: there is nothing to run, and lowered they would be another graph for every
 * number given to them.
 */
const MADE_OF_ATTRIBUTES: ReadonlySet<string> = new Set(['LinSpace', 'Range']);

/** The running backend of this kind, for its statistics; undefined when it was never registered. */
export function onnxRuntimeBackend(provider?: Provider): OrtBackend | undefined {
  const name = nameWith(provider);
  return engine().registryFactory[name] === undefined
    ? undefined
    : (findBackend(name) as OrtBackend);
}

/**
 * Makes what follows compute, to the bit, as in a process that begins here, on the backend in use.
 * The backend forgets for how many runs weights stayed the same, which only decides how to compute.
 * Call it wherever a program may be interrupted and resumed, such as between two epochs. `lasting`
 * are weights that will not change, and need not be counted.
 *
 * Other backends than ours remember nothing.
 */
export function beginAnew(lasting: readonly Tensor[] = []): void {
  const { backend } = engine();
  if (backend instanceof OrtBackend) backend.beginAnew(lasting);
}
