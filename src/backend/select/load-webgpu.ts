import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { version } from '@tensorflow/tfjs';
import { BackendError, firstLine } from '../backend-error.ts';
import { type FoundPackage, findPackage, placesLooked } from './find-package.ts';
import { shareTfjs } from './share-tfjs.ts';

const kernelsPackage = '@tensorflow/tfjs-backend-webgpu';
const driverPackage = 'webgpu';

/** WebGPU's API, so far as it is needed here. */
interface Gpu {
  requestAdapter(options: object): Promise<{ readonly info: AdapterInfo } | null>;
}
interface AdapterInfo {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
}

/** What {@link loadWebgpu} found. */
export interface LoadedWebgpu {
  /** Of Dawn and of the kernels. */
  readonly versions: Readonly<Record<string, string>>;
  /** What the driver calls the device: `NVIDIA H100`, `llvmpipe: Mesa 25.0.7`. */
  readonly device: string;
}

/**
 * Gives this process WebGPU by Dawn (the npm package `webgpu`), and loads tfjs's WebGPU backend, which registers itself.
 *
 * @throws BackendError when a package is missing or does not load, or there is no device
 */
export async function loadWebgpu(folders: readonly string[]): Promise<LoadedWebgpu> {
  const [driver, kernels] = [find(driverPackage, folders), find(kernelsPackage, folders)];
  const gpu = await startDawn(driver);
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter === null) throw new BackendError(noDevice(driver));
  exposeGpu(gpu);
  try {
    shareTfjs(kernels.main);
    createRequire(kernels.main)(kernels.main);
  } catch (error) {
    throw new BackendError(broken(kernels, error), { cause: error });
  }
  const versions = { [kernelsPackage]: kernels.version, [driverPackage]: driver.version };
  return { versions, device: deviceName(adapter.info) };
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
    throw new BackendError(broken(driver, error), { cause: error });
  }
}

/** Puts it where tfjs looks. Node 20 has no `navigator`; later ones have one that knows of no GPU. */
function exposeGpu(gpu: Gpu): void {
  const navigator: unknown = Reflect.get(globalThis, 'navigator');
  const owner = typeof navigator === 'object' && navigator !== null ? navigator : {};
  Object.defineProperty(owner, 'gpu', { value: gpu, configurable: true });
  if (owner !== navigator) Object.defineProperty(globalThis, 'navigator', { value: owner, configurable: true });
}

function find(name: string, folders: readonly string[]): FoundPackage {
  const found = findPackage(name, folders);
  if (found !== undefined) return found;
  throw new BackendError(
    `Expected the package ${name} for the backend "webgpu", found none, looking from ${placesLooked(folders)}. ` +
      `To install what it needs: npm install ${driverPackage} ${kernelsPackage}@${version.tfjs}`,
  );
}

function deviceName({ vendor, architecture, device, description }: AdapterInfo): string {
  return description || [vendor, architecture, device].filter((part) => part !== '').join(' ') || 'unnamed';
}

const broken = ({ name, version, folder }: FoundPackage, error: unknown): string =>
  `${name} ${version} in ${folder} does not load: ${firstLine(error)} To install it again: npm install ${name}@${version}`;

const noDevice = ({ name, version }: FoundPackage): string =>
  `Expected a GPU for the backend "webgpu"; ${name} ${version} (Dawn) finds none. It needs a driver for Vulkan, Metal or ` +
  'Direct3D 12; in software, for a trial, Debian has one: apt-get install mesa-vulkan-drivers';
