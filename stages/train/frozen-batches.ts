import { formatBytes, formatCountOf, formatList } from '../../src/format-numbers.ts';
import type { FrozenHead } from '../../src/learning/training/fit.ts';
import type { Freezing } from '../../src/learning/training/freezing.ts';
import { featuresOf, frozenNetwork } from '../../src/learning/training/frozen-features.ts';
import { totalOf, trainSplit } from '../../src/learning/training/splits.ts';
import type { TrainingData } from '../../src/learning/training/training-data.ts';
import type { StageContext } from '../../src/stage.ts';
import type { Source } from './source.ts';
import type { TrainSettings } from './spec.ts';

/** The most that features may take in memory; a flattened VGG has 100 kB of each image. */
const mostBytes = 2 ** 30;

/** What a training reads, with the features of frozen layers in place of images where it can. */
interface FrozenBatches {
  readonly batches: TrainingData;
  readonly frozen?: FrozenHead;
}

/**
 * Computes the features of frozen layers once for all epochs: before the first, so that a training
 * that resumes computes the same. Images that change in every epoch are not among them.
 */
export async function frozenBatches(
  context: StageContext<TrainSettings>,
  { model, batches, featured }: Source,
  freezing: Freezing,
): Promise<FrozenBatches> {
  const { settings } = context;
  const network = featured && frozenNetwork(model, freezing);
  if (network === undefined) return { batches };
  const trains = !changesImages(settings) && !network.drops;
  // One pass over each split is all that there is.
  if (!trains && settings.epochs === 1) return { batches };
  const evaluated = settings.monitor.filter(
    (split) => split !== trainSplit || settings.trainValues === 'exact',
  );
  const splits = [...new Set([...(trains ? [trainSplit] : []), ...evaluated])];
  const total = splits.reduce((sum, split) => sum + totalOf(batches.images(split)), 0);
  const bytes = total * network.values * Float32Array.BYTES_PER_ELEMENT;
  if (bytes > mostBytes) {
    context.log(
      `The features of frozen layers would take ${formatBytes(bytes)}, so images pass through all layers in every epoch.`,
    );
    return { batches };
  }
  const features = new Map<string, Float32Array<ArrayBuffer>>();
  let done = 0;
  for (const split of splits) {
    const images = featured!.images(split);
    const computed = await featuresOf(network, batches, { split, images }, (count) => {
      done += count;
      context.progress({ done, total, unit: 'images', note: `features of ${split}` });
    });
    features.set(split, computed);
  }
  const rest = trains
    ? ''
    : ' Training images change in every epoch, and pass through all layers each time.';
  context.log(
    `The features of ${formatCountOf(total, 'image')} of ${formatList(splits)}, the output of the frozen layers up to ${network.layer}, were computed once for all epochs.${rest}`,
  );
  const { training, evaluation } = featured!.batches(features, network.values);
  return {
    batches: { ...batches, evaluation, ...(trains && { training }) },
    frozen: { head: network.head, trains },
  };
}

/** Whether training shows an image in other forms than evaluation does. */
function changesImages({ augment, scale }: TrainSettings): boolean {
  const { crop, flip, ...others } = augment;
  return scale !== undefined || crop > 0 || flip || Object.keys(others).length > 0;
}
