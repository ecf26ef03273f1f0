import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { StageError } from '../../../stage.ts';
import { thereAre } from '../../../suggest.ts';
import { reasonOf } from '../../../user-error.ts';
import {
  classesAndSplits,
  labelledImage,
  type MissingVideo,
  missingFile,
  samplesFile,
} from '../dataset/dataset.ts';
import { readMissing } from '../dataset/read-missing.ts';
import { writeSamples } from '../dataset/write-samples.ts';
import { parseArtifactFile } from '../parse-artifact-file.ts';
import { NpyWriter, parseNpy } from './npy.ts';

const featuresFile = 'features.json';
const valuesFile = 'features.npy';

/**
 * JSON: the network, the layer whose output they are, how an image became its input, and the
 * SHA-256 of its weights.
 */
export const featuresSource = z.record(z.string(), z.unknown());

/**
 * A `features` artifact: the output of a network's layer for the images of a dataset, split by
 * split, as input for other networks.
 *
 *     features.json          format, classes, split names, values an image, and their source
 *     train/samples.json     one line per image: its facts
 *     train/features.npy     [images, values] float32, in the same order; NumPy reads it
 *     val/…  test/…
 *
 * Splits are parts, as those of a dataset are: a new test image changes nothing that a trainer
 * reads.
 */
const featuresInfo = z.object({
  format: z.literal(1),
  ...classesAndSplits,
  values: z.int().positive(),
  /**
   * Their source: features of equal sources mean the same. Absent in features of other programs.
   */
  of: featuresSource.optional(),
});
type FeaturesInfo = Readonly<z.infer<typeof featuresInfo>>;

const featuresSamples = (classes: number) => z.array(z.object(labelledImage(classes)).readonly());
/** An image as features remember it. */
export type FeaturesSample = z.infer<ReturnType<typeof featuresSamples>>[number];

interface FeaturesSplit {
  readonly samples: readonly FeaturesSample[];
  /** `[samples, values]`. */
  readonly features: Float32Array<ArrayBuffer>;
  /** Videos of the split without an image; absent where nobody says. */
  readonly missing?: readonly MissingVideo[];
}

/** Opens the `features` artifact in `folder`. Throws a {@link StageError} when it is not one. */
export function openFeatures(folder: string) {
  const info = parseArtifactFile('features', join(folder, featuresFile), featuresInfo);
  const open = new Map<string, FeaturesSplit>();
  return {
    ...info,
    /**
     * Reads a split when it is first used. Throws a {@link StageError} that names the splits when
     * `name` is none of them.
     */
    split(name: string): FeaturesSplit {
      if (!info.splits.includes(name)) {
        throw new StageError(
          `Expected one of the features' splits, got "${name}". ${thereAre(name, info.splits)}`,
        );
      }
      const split = open.get(name) ?? readSplit(join(folder, name), info);
      open.set(name, split);
      return split;
    },
  };
}
export type Features = Omit<ReturnType<typeof openFeatures>, 'format'>;

function readSplit(folder: string, { values: width, classes }: FeaturesInfo): FeaturesSplit {
  const samples = parseArtifactFile(
    'features',
    join(folder, samplesFile),
    featuresSamples(classes.length),
  );
  const path = join(folder, valuesFile);
  const fail = (message: string) => new StageError(`Expected features, but in ${path}: ${message}`);
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw fail(reasonOf(error));
  }
  const parsed = parseNpy(bytes);
  if (!parsed.ok) throw fail(parsed.error);
  const { shape, values } = parsed.value;
  if (shape.length !== 2 || shape[0] !== samples.length || shape[1] !== width) {
    const wanted = `${samples.length} x ${width} values, as its samples and ${featuresFile} say`;
    throw fail(`expected ${wanted}, got ${shape.join(' x ')}`);
  }
  const lost = values.findIndex((value) => !Number.isFinite(value));
  const missing = readMissing('features', join(folder, missingFile), classes.length);
  if (lost === -1) return { samples, features: values, missing };
  throw fail(
    `expected finite values, got ${values[lost]} among those of ${samples[Math.floor(lost / width)]!.key}`,
  );
}

/**
 * Writes a `features` artifact split by split; `finish` completes it, and no reader accepts one
 * that is not complete.
 */
export class FeaturesWriter {
  readonly #folder: string;
  readonly #info: FeaturesInfo;

  constructor(folder: string, info: FeaturesInfo) {
    this.#folder = folder;
    this.#info = info;
    mkdirSync(folder, { recursive: true });
  }

  /**
   * A split's features in the order of its samples, batch by batch: `[batch, values]` each.
   * `missing` are its videos without an image.
   */
  async split(
    name: string,
    samples: readonly FeaturesSample[],
    batches: AsyncIterable<Float32Array>,
    missing: readonly MissingVideo[] = [],
  ): Promise<void> {
    const folder = join(this.#folder, name);
    mkdirSync(folder);
    using file = new NpyWriter(join(folder, valuesFile), samples.length, this.#info.values);
    for await (const batch of batches) file.add(batch);
    const facts = samples.map(
      ({ key, label, class: name, source, path, group, pair, slices, video, frame, time }) => {
        return { key, label, class: name, source, path, group, pair, slices, video, frame, time };
      },
    );
    writeSamples(join(folder, samplesFile), facts);
    if (missing.length > 0) writeSamples(join(folder, missingFile), missing);
  }

  finish(): void {
    writeFileSync(join(this.#folder, featuresFile), `${JSON.stringify(this.#info, null, 2)}\n`);
  }
}
