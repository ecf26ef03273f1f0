import { sha256 } from '../../src/digest.ts';
import { openDataset } from '../../src/learning/vision/dataset/open-dataset.ts';
import type { StageContext } from '../../src/stage.ts';
import { type ProtocolSettings, type ProtocolSplit, portOfSplit } from './spec.ts';

/** A split as it is, beside what the protocol says of it. */
export interface CheckedSplit {
  readonly split: ProtocolSplit;
  readonly digest: string;
  readonly images: number;
  /** `unstated` where the protocol has no digest of it. */
  readonly state: 'as stated' | 'another' | 'unstated';
}

/** The splits that are connected, each with its digest. Reads every image. */
export async function checkSplits(
  context: StageContext<ProtocolSettings>,
): Promise<readonly CheckedSplit[]> {
  const checked: CheckedSplit[] = [];
  for (const [split, port] of Object.entries(portOfSplit) as [ProtocolSplit, string][]) {
    const folder = context.inputs(port)[0]?.path;
    if (folder === undefined) continue;
    const { digest, images } = await digestSplit(folder, split);
    const stated = context.settings.splits[split];
    const isStated = stated === digest ? 'as stated' : 'another';
    checked.push({ split, digest, images, state: stated === undefined ? 'unstated' : isStated });
  }
  return checked;
}

/**
 * The digest of a split: SHA-256 of a line for each image, sorted, with the SHA-256 of its bytes
 * and its class. Names of files, keys and the order of images are not in it.
 */
async function digestSplit(folder: string, name: string) {
  using dataset = openDataset(folder);
  const split = dataset.split(name);
  const lines: string[] = [];
  for (const [index, sample] of split.samples.entries())
    lines.push(`${sha256(await split.read(index))} ${sample.class}\n`);
  return { digest: sha256(lines.sort().join('')), images: lines.length };
}

/** Which splits are not the protocol's, in words; undefined where none is known to be another. */
export function describeOthers(splits: readonly CheckedSplit[]): string | undefined {
  const others = splits.filter(({ state }) => state === 'another').map(({ split }) => split);
  return others.length === 0 ? undefined : `another ${others.join(' and ')} than the protocol's`;
}

/** The state of all splits, as every table has it. */
export function describeSplits(splits: readonly CheckedSplit[]): string {
  const others = describeOthers(splits);
  if (others !== undefined) return others;
  const unstated = splits.filter(({ state }) => state === 'unstated').map(({ split }) => split);
  return unstated.length === 0 ? "the protocol's" : `not stated: ${unstated.join(', ')}`;
}
