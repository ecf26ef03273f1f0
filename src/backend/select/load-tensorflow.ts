import { createRequire } from 'node:module';
import { engine, version } from '@tensorflow/tfjs';
import { BackendError, firstLine } from '../backend-error.ts';
import { type FoundPackage, findPackage, placesLooked } from './find-package.ts';
import { shareTfjs } from './share-tfjs.ts';

/** The name under which tfjs-node makes itself known to tfjs. */
const TENSORFLOW = 'tensorflow';

const packages = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'] as const;

/**
 * Loads the user's own TensorFlow, which registers itself with our tfjs.
 *
 * @param threads inside one operator; TensorFlow reads it from the environment, once
 * @throws BackendError when it is missing, of another major version, or does not load
 */
export function loadTensorflow({ folders, threads }: { folders: readonly string[]; threads: number }): FoundPackage {
  const found = packages.map((name) => findPackage(name, folders)).find((each) => each !== undefined);
  if (found === undefined) throw new BackendError(missing(folders));
  if (majorOf(found.version) !== majorOf(version.tfjs)) throw new BackendError(unfit(found));
  process.env['TF_NUM_INTRAOP_THREADS'] ??= String(threads);
  process.env['TF_NUM_INTEROP_THREADS'] ??= '1';
  // Errors alone: that it finds no GPU, it says on every machine without one.
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
  try {
    shareTfjs(found.main);
    createRequire(found.main)(found.main);
  } catch (error) {
    throw new BackendError(broken(found, firstLine(error)), { cause: error });
  }
  if (engine().registryFactory[TENSORFLOW] === undefined) {
    throw new BackendError(broken(found, `it registers no backend "${TENSORFLOW}" with tfjs.`));
  }
  return found;
}

const majorOf = (version: string): string => version.split('.')[0] ?? '';

const missing = (folders: readonly string[]): string =>
  `Expected ${packages.join(' or ')} for the backend "tensorflow", found neither, looking from ${placesLooked(folders)}. ` +
  `To install it: npm install @tensorflow/tfjs-node@${version.tfjs} (its install script downloads TensorFlow).`;

const unfit = ({ name, version: theirs, folder }: FoundPackage): string =>
  `Expected ${name} of version ${majorOf(version.tfjs)}, to go with tfjs ${version.tfjs}; got ${theirs} in ${folder}. ` +
  `To replace it: npm install ${name}@${version.tfjs}`;

const broken = ({ name, version, folder }: FoundPackage, said: string): string =>
  `${name} ${version} in ${folder} does not load: ${said} To build it again: npm rebuild ${name} --build-addon-from-source`;
