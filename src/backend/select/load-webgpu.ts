import { pathToFileURL } from 'node:url';
import { version } from '@tensorflow/tfjs';
import { BackendError } from '../backend-error.ts';
import {
  type FoundPackage,
  findPackage,
  loadPackage,
  placesLooked,
  unloadable,
} from './packages.ts';

const kernelsPackage = '@tensorflow/tfjs-backend-webgpu';
const driverPackage = 'webgpu';

/** How to get a driver for WebGPU. */
export const DRIVER_ADVICE =
  'It needs a driver for Vulkan, Metal or Direct3D 12; in software, for a trial, Debian has one: ' +
  'apt-get install mesa-vulkan-drivers';

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
  const found = findPackage(name, folders);
  if (found !== undefined) return found;
  throw new BackendError(
    `Expected the package ${name} for the backend "webgpu", found none, looking from ${placesLooked(folders)}. ` +
      `To install what it needs: npm install ${driverPackage} ${kernelsPackage}@${version.tfjs}`,
  );
}
