import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatSamples, samplesFile } from '../dataset/dataset.ts';
import { type FeaturesInfo, type FeaturesSample, featuresFile, valuesFile } from './features.ts';
import { NpyWriter } from './npy.ts';

/** Writes a `features` artifact split by split; `finish` completes it, and no reader accepts one that is not complete. */
export class FeaturesWriter {
  readonly #folder: string;
  readonly #info: FeaturesInfo;

  constructor(folder: string, info: FeaturesInfo) {
    this.#folder = folder;
    this.#info = info;
    mkdirSync(folder, { recursive: true });
  }

  /** A split's features in the order of its samples, batch by batch: `[batch, values]` each. */
  async split(name: string, samples: readonly FeaturesSample[], batches: AsyncIterable<Float32Array>): Promise<void> {
    const folder = join(this.#folder, name);
    mkdirSync(folder);
    using file = new NpyWriter(join(folder, valuesFile), samples.length, this.#info.values);
    for await (const batch of batches) file.add(batch);
    const facts = samples.map(({ key, label, class: name, source, path, group, slices }) => {
      return { key, label, class: name, source, path, group, slices };
    });
    writeFileSync(join(folder, samplesFile), formatSamples(facts));
  }

  finish(): void {
    writeFileSync(join(this.#folder, featuresFile), `${JSON.stringify(this.#info, null, 2)}\n`);
  }
}
