// Everything that WebGPU and CUDA need beyond the CPU. This code has never run on hardware:
// `webgpu` and `onnxruntime:webgpu` ran on Mesa's software Vulkan (`scripts/check-gpu.sh`), and
// `onnxruntime:cuda` only where its libraries are missing, which refuses it.

import { pathToFileURL } from 'node:url';
import { findBackend, version } from '@tensorflow/tfjs';
import type { OnnxGraph, OnnxNode } from '../lowering/onnx-writer.ts';
import { BackendError, firstLine } from '../packages/backend-error.ts';
import { type InferenceSession, listSupportedBackends } from '../packages/onnx-runtime.ts';
import {
  describeSearch,
  type FoundPackage,
  findPackage,
  loadPackage,
  unloadable,
} from '../packages/packages.ts';

/** An execution provider of ONNX Runtime that can be asked for beside its CPU provider. */
export type Provider = 'webgpu' | 'cuda';

const DRIVER_ADVICE =
  'It needs a driver for Vulkan, Metal or Direct3D 12; in software, for a trial, Debian has one: ' +
  'apt-get install mesa-vulkan-drivers';

const PROVIDER_ADVICE: Readonly<Record<Provider, string>> = {
  webgpu: DRIVER_ADVICE,
  cuda:
    'It needs CUDA 12 and cuDNN 9, and libraries that are not in the npm registry. To fetch them: ' +
    'ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node',
};

/** @throws BackendError when this platform's ONNX Runtime was built without the provider */
export function requireProvider(provider: Provider): void {
  const built = listSupportedBackends().map(({ name }) => name);
  if (built.includes(provider)) return;
  throw new BackendError(
    `ONNX Runtime for ${process.platform}-${process.arch} was built without the provider "${provider}"; ` +
      `it has ${built.join(', ')}. The backend "onnxruntime" computes on the CPU.`,
  );
}

/** Why a provider does not compute, in words, and what it needs. */
export function describeProviderFailure(provider: Provider, error: unknown): string {
  const reason = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return `ONNX Runtime does not start its provider "${provider}": ${firstLine(reason)} ${PROVIDER_ADVICE[provider]}`;
}

/** Where a graph's nodes run: by the provider where it has their operator, else on the CPU. */
export function executionProviders(
  graph: OnnxGraph,
  provider: Provider | undefined,
): NonNullable<InferenceSession.SessionOptions['executionProviders']> {
  switch (provider) {
    case undefined:
      return ['cpu'];
    case 'cuda':
      return ['cuda', 'cpu'];
    case 'webgpu': {
      // A node goes by the name of its first output.
      const names = graph.nodes.filter(isBeyondWebgpu).map(({ outputs }) => outputs[0] ?? '');
      // With channels last, its own choice, it computes some convolutions wrongly (ONNX Runtime
      // 1.30): grouped ones whose groups have outputs that four does not divide, and a filter of
      // the image's size with padding at the ends.
      return [
        {
          name: 'webgpu',
          preferredLayout: 'NCHW',
          ...(names.length > 0 && { forceCpuNodeNames: names }),
        },
        'cpu',
      ];
    }
  }
}

/**
 * Whether the WebGPU provider (of ONNX Runtime 1.30) takes the node, but computes it wrongly or not
 * at all.
 */
function isBeyondWebgpu({ type, outputs, attributes }: OnnxNode): boolean {
  switch (type) {
    case 'MaxPool':
      return outputs.length > 1; // "The Indices output is not supported yet."
    case 'Conv':
      // ONNX Runtime overlooks the padding.
      return isPoint(attributes['kernel_shape']) && padsAtEndsAlone(attributes['pads']);
    default:
      return false;
  }
}

const isPoint = (kernelShape: unknown): boolean =>
  Array.isArray(kernelShape) && kernelShape.every((size) => size === 1);

function padsAtEndsAlone(pads: unknown): boolean {
  if (!Array.isArray(pads)) return false;
  const starts = pads.slice(0, pads.length / 2);
  return starts.every((pad) => pad === 0) && pads.some((pad) => pad !== 0);
}

const kernelsPackage = '@tensorflow/tfjs-backend-webgpu';
const driverPackage = 'webgpu';

/** WebGPU's API, so far as it is needed here. */
interface Gpu {
  requestAdapter(options: object): Promise<{ readonly info: AdapterInfo } | null>;
}
type AdapterInfo = Readonly<Record<'vendor' | 'architecture' | 'device' | 'description', string>>;

/**
 * Gives this process WebGPU by Dawn (the npm package `webgpu`), and loads tfjs's WebGPU backend,
 * which registers itself. Returns the versions of both, and what the driver calls the device:
 * `NVIDIA H100`, `llvmpipe: Mesa 25.0.7`. Throws a BackendError when a package is missing or does
 * not load, or there is no device.
 */
export async function loadWebgpu(
  folders: readonly string[],
): Promise<{ readonly versions: Readonly<Record<string, string>>; readonly device: string }> {
  const driver = find(driverPackage, folders);
  const kernels = find(kernelsPackage, folders);
  const gpu = await startDawn(driver);
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter === null) {
    throw new BackendError(
      `Expected a GPU for the backend "webgpu"; ${driver.name} ${driver.version} (Dawn) finds none. ${DRIVER_ADVICE}`,
    );
  }
  exposeGpu(gpu);
  loadPackage(kernels, toInstallAgain(kernels));
  const versions = { [kernelsPackage]: kernels.version, [driverPackage]: driver.version };
  const { vendor, architecture, device, description } = adapter.info;
  const name =
    description || [vendor, architecture, device].filter((part) => part !== '').join(' ');
  return { versions, device: name || 'unnamed' };
}

async function startDawn(driver: FoundPackage): Promise<Gpu> {
  try {
    const { create, globals } = (await import(pathToFileURL(driver.main).href)) as {
      create(flags: readonly string[]): Gpu;
      globals: object;
    };
    Object.assign(globalThis, globals);
    return create([]);
  } catch (error) {
    throw unloadable(driver, error, toInstallAgain(driver));
  }
}

const toInstallAgain = ({ name, version }: FoundPackage) =>
  `To install it again: npm install ${name}@${version}`;

/**
 * Puts it where tfjs looks. Node 20 has no `navigator`; later ones have one that knows of no GPU.
 */
function exposeGpu(gpu: Gpu): void {
  const navigator: unknown = Reflect.get(globalThis, 'navigator');
  const owner = typeof navigator === 'object' && navigator !== null ? navigator : {};
  Object.defineProperty(owner, 'gpu', { value: gpu, configurable: true });
  if (owner !== navigator)
    Object.defineProperty(globalThis, 'navigator', { value: owner, configurable: true });
}

function find(name: string, folders: readonly string[]): FoundPackage {
  const foundPackage = findPackage(name, folders);
  if (foundPackage !== undefined) return foundPackage;
  throw new BackendError(
    `Expected the package ${name} for the backend "webgpu", found none, looking from ${describeSearch(folders)}. ` +
      `To install what it needs: npm install ${driverPackage} ${kernelsPackage}@${version.tfjs}`,
  );
}

/**
 * WebGPU reports its errors, lack of memory too, when nobody is waiting, and continues with zeros.
 * From now on they end the process.
 */
export function endOnWebgpuErrors(device: string): void {
  const gpu: EventTarget = Reflect.get(findBackend('webgpu'), 'device');
  gpu.addEventListener('uncapturederror', (event) => {
    const { error } = event as Event & { readonly error: Error };
    setImmediate(() => {
      throw new BackendError(`WebGPU failed on ${device}: ${firstLine(error)}`);
    });
  });
}
