import { availableParallelism, totalmem } from 'node:os';
import {
  engine,
  findBackend,
  getBackend,
  getKernelsForBackend,
  ready,
  registerBackend,
  registerKernel,
  setBackend,
} from '@tensorflow/tfjs';
import { kernels } from './kernels/index.ts';
import { OrtBackend } from './ort-backend.ts';

/** The name under which tfjs knows this backend. */
export const BACKEND = 'onnxruntime';

export interface BackendOptions {
  /** Threads to compute with; by default every core that the process may use. */
  readonly threads?: number;
  /** Told once of every kernel that has to run on tfjs's cpu backend; by default `console.warn`. */
  readonly warn?: (message: string) => void;
  /** Compiled traces to keep at most; by default 64. */
  readonly sessions?: number;
  /** Bytes that compiled traces, and memory kept for the next tensors, may each hold on to; by default a quarter of the machine's. */
  readonly memory?: number;
  /** Beginning of the name of the profiles that ONNX Runtime writes; none by default. */
  readonly profile?: string;
}

/** Makes this backend known to tfjs, as `onnxruntime`. A second call changes nothing. */
export function registerOnnxRuntimeBackend(options: BackendOptions = {}): void {
  if (engine().registryFactory[BACKEND] !== undefined) return;
  const { threads = availableParallelism(), warn = console.warn, sessions = 64, memory = totalmem() / 4 } = options;
  // Above webgl's and cpu's priority, so that it is also what tfjs takes by itself.
  registerBackend(BACKEND, () => new OrtBackend({ ...options, threads, warn, sessions, memory }), 10);
  for (const kernel of kernels) {
    registerKernel({
      kernelName: kernel.name,
      backendName: BACKEND,
      kernelFunc: ({ inputs, attrs, backend }) => (backend as OrtBackend).call(kernel, inputs, attrs),
    });
  }
  const lowered = new Set(kernels.map(({ name }) => name));
  for (const { kernelName } of getKernelsForBackend('cpu')) {
    if (lowered.has(kernelName)) continue;
    registerKernel({
      kernelName,
      backendName: BACKEND,
      kernelFunc: ({ inputs, attrs, backend }) => (backend as OrtBackend).callOnCpu(kernelName, inputs, attrs),
    });
  }
}

/** The backends that can be asked for; `auto` takes the fastest. */
export const BACKENDS = ['auto', 'onnxruntime', 'cpu'] as const;
export type BackendName = (typeof BACKENDS)[number];

/**
 * Sets the backend that tfjs computes with.
 *
 * @returns the name of the one that runs: `onnxruntime` or `cpu`
 * @throws when the backend does not start on this machine
 */
export async function selectBackend(name: BackendName, options: BackendOptions = {}): Promise<string> {
  const wanted = name === 'auto' ? BACKEND : name;
  if (wanted === BACKEND) registerOnnxRuntimeBackend(options);
  if (!(await setBackend(wanted))) throw new Error(`The backend '${wanted}' did not start on this machine.`);
  await ready();
  return getBackend();
}

/** The running backend of this kind, for its statistics; undefined when it was never used. */
export function onnxRuntimeBackend(): OrtBackend | undefined {
  return engine().registryFactory[BACKEND] === undefined ? undefined : (findBackend(BACKEND) as OrtBackend);
}
