import { engine, findBackend, getKernelsForBackend, registerBackend, registerKernel } from '@tensorflow/tfjs';
import { registerGradients } from './gradients.ts';
import { kernels } from './kernels/index.ts';
import { usableCores, usableMemory } from './machine-limits.ts';
import { OrtBackend } from './ort-backend.ts';
import type { Provider } from './providers.ts';
import type { RunObserver } from './running/run-observer.ts';

/** The name under which tfjs knows this backend. */
export const BACKEND = 'onnxruntime';

/** The name under which tfjs knows this backend with an execution provider of ONNX Runtime. */
export const nameWith = (provider: Provider | undefined) =>
  provider === undefined ? BACKEND : (`${BACKEND}:${provider}` as const);

export interface BackendOptions {
  /** Threads to compute with; by default every core that the process may use, by its quota too. */
  readonly threads?: number;
  /** Told once of every kernel that has to run on tfjs's cpu backend; by default `console.warn`. */
  readonly warn?: (message: string) => void;
  /** Compiled traces to keep at most; by default 64. */
  readonly sessions?: number;
  /** Bytes that compiled traces, and memory kept for the next tensors, may each hold on to; by default a quarter of the machine's or container's. */
  readonly memory?: number;
  /** ONNX Runtime's execution provider beside the CPU; none by default. */
  readonly provider?: Provider | undefined;
  /** Beginning of the name of the profiles that ONNX Runtime writes; none by default. */
  readonly profile?: string | undefined;
  /** Hears of what is computed; with a profile's name, also what each kernel call is for. */
  readonly observer?: RunObserver | undefined;
}

/**
 * Makes this backend known to tfjs, as `onnxruntime`; with a provider, as a backend of its own, `onnxruntime:webgpu`. A
 * second call of the same name changes nothing.
 */
export function registerOnnxRuntimeBackend(options: BackendOptions = {}): void {
  const backendName = nameWith(options.provider);
  if (engine().registryFactory[backendName] !== undefined) return;
  const { threads = usableCores(), warn = console.warn, sessions = 64, memory = usableMemory() / 4 } = options;
  // Above webgl's and cpu's priority, so that it is also what tfjs takes by itself; a provider is only taken when named.
  const priority = options.provider === undefined ? 10 : 0;
  registerGradients();
  registerBackend(backendName, () => new OrtBackend({ ...options, threads, warn, sessions, memory }), priority);
  for (const kernel of kernels.values()) {
    registerKernel({
      kernelName: kernel.name,
      backendName,
      kernelFunc: ({ inputs, attrs, backend }) => (backend as OrtBackend).call(kernel, inputs, attrs),
    });
  }
  for (const { kernelName } of getKernelsForBackend('cpu')) {
    if (kernels.has(kernelName)) continue;
    const call = MADE_OF_ATTRIBUTES.has(kernelName) ? 'callOnHost' : 'callOnCpu';
    registerKernel({
      kernelName,
      backendName,
      kernelFunc: ({ inputs, attrs, backend }) => (backend as OrtBackend)[call](kernelName, inputs, attrs),
    });
  }
}

/** These read no array: there is nothing to run, and lowered they would be another graph for every number given to them. */
const MADE_OF_ATTRIBUTES: ReadonlySet<string> = new Set(['LinSpace', 'Range']);

/** The running backend of this kind, for its statistics; undefined when it was never registered. */
export function onnxRuntimeBackend(provider?: Provider): OrtBackend | undefined {
  const name = nameWith(provider);
  return engine().registryFactory[name] === undefined ? undefined : (findBackend(name) as OrtBackend);
}
