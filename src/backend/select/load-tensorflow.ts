import { engine, version } from '@tensorflow/tfjs';
import { BackendError } from '../packages/backend-error.ts';
import {
  describeSearch,
  type FoundPackage,
  findPackage,
  loadPackage,
  unloadable,
} from '../packages/packages.ts';

const packages = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'] as const;

/**
 * Loads the user's own TensorFlow, which registers itself with our tfjs. It reads `threads`, those
 * inside one operator, from the environment, once. Throws a BackendError when it is missing, of
 * another major version, or does not load.
 */
export function loadTensorflow(folders: readonly string[], threads: number): FoundPackage {
  const foundPackage = packages
    .map((name) => findPackage(name, folders))
    .find((each) => each !== undefined);
  if (foundPackage === undefined) {
    throw new BackendError(
      `Expected ${packages.join(' or ')} for the backend "tensorflow", found neither, looking from ` +
        `${describeSearch(folders)}. To install it: npm install @tensorflow/tfjs-node@${version.tfjs} ` +
        '(its install script downloads TensorFlow).',
    );
  }
  const { name, folder } = foundPackage;
  if (majorOf(foundPackage.version) !== majorOf(version.tfjs)) {
    throw new BackendError(
      `Expected ${name} of version ${majorOf(version.tfjs)}, to go with tfjs ${version.tfjs}; got ${foundPackage.version} in ` +
        `${folder}. To replace it: npm install ${name}@${version.tfjs}`,
    );
  }
  process.env['TF_NUM_INTRAOP_THREADS'] ??= String(threads);
  process.env['TF_NUM_INTEROP_THREADS'] ??= '1';
  // Errors alone: on every machine without a GPU, TensorFlow reports that it finds none.
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
  const remedy = `To build it again: npm rebuild ${name} --build-addon-from-source`;
  loadPackage(foundPackage, remedy);
  if (engine().registryFactory['tensorflow'] === undefined) {
    throw unloadable(foundPackage, 'it registers no backend "tensorflow" with tfjs.', remedy);
  }
  return foundPackage;
}

const majorOf = (version: string): string => version.split('.')[0] ?? '';
