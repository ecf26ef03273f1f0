import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type Tensor, tensor } from '@tensorflow/tfjs';
import { StageError } from '../../../stage.ts';
import { besideManifest } from '../../models/weights/shards.ts';
import { openTfjsManifest } from '../../models/weights/tfjs-manifest.ts';

const packageName = '@vladmandic/face-api';
const packageVersion = '1.7.15';

/**
 * The networks of the package that find and compare faces, with the SHA-256 of their weights. The
 * fingerprint of a stage holds the version of its kind, which stands for these bytes.
 */
const digests = {
  ssd_mobilenetv1: '2835640602d53718aa6ae9a42896327eaa21beefed056c218d32ca7d79e1e2f8',
  face_landmark_68: '4611ef65c87d836d03d684b30eec4d195d8b219fa1dd58fc58945831c6b9299b',
  face_recognition: 'b413e420d6840b2775fba32008db6f3cddb07d485967fb42cfcf379c16a8c589',
} as const;

/** The weights of one network by the names of the package, as float32. */
export class FaceWeights {
  readonly #tensors: ReturnType<typeof openTfjsManifest>['tensors'];
  readonly #file: string;
  readonly #made: Tensor[] = [];

  /**
   * Opens the weights in the installed package. Throws a {@link StageError} where these are not
   * those that the kind's version stands for.
   */
  constructor(network: keyof typeof digests) {
    const require = createRequire(import.meta.url);
    const folder = join(dirname(require.resolve(`${packageName}/package.json`)), 'model');
    this.#file = `${network}_model.bin`;
    const digest = createHash('sha256').update(readFileSync(join(folder, this.#file)));
    if (digest.digest('hex') !== digests[network]) {
      throw new StageError(
        `Expected ${this.#file} of ${packageName} ${packageVersion}, but the installed package has another file of that name. To install that version: npm install ${packageName}@${packageVersion}`,
      );
    }
    const manifest = join(folder, `${network}_model-weights_manifest.json`);
    this.#tensors = openTfjsManifest(manifest, besideManifest(manifest)).tensors;
  }

  /** The values of a tensor, and its shape. */
  read(name: string): { readonly values: Float32Array; readonly shape: readonly number[] } {
    const stored = this.#tensors.get(name);
    if (stored === undefined) throw new Error(`Internal error: no ${name} in ${this.#file}`);
    return { values: stored.read(), shape: stored.shape };
  }

  /** A tensor that lasts until the weights are disposed of; by default as the file has it. */
  tensor(name: string, values?: Float32Array): Tensor {
    const stored = this.read(name);
    const made = tensor(values ?? stored.values, [...stored.shape]);
    this.#made.push(made);
    return made;
  }

  /** All tensors so far. */
  get tensors(): readonly Tensor[] {
    return this.#made;
  }

  [Symbol.dispose](): void {
    for (const made of this.#made) made.dispose();
  }
}
