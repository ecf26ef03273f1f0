import { formatCount, formatCountOf, formatList, formatShare } from '../../../src/format-numbers.ts';
import { withLabels } from '../../../src/learning/charts/chart-title.ts';
import { nameSeries } from '../../../src/learning/charts/series.ts';
import { mean } from '../../../src/learning/metrics/mean.ts';
import { majorityWords } from '../../../src/learning/training/split-images.ts';
import { selectionSplit } from '../../../src/learning/training/split-names.ts';
import type { Group } from '../inputs.ts';
import { type Band, type Run, valueAt } from './curves-data.ts';

/** What the curves show of the accuracy on the split that chooses the epoch, or else on the first: the finding. */
export function curvesTitle(groups: readonly Group<Run>[], splits: readonly string[]): string {
  const split = splits.includes(selectionSplit) ? selectionSplit : splits[0]!;
  const what = split === selectionSplit ? 'validation accuracy' : `accuracy on ${split}`;
  const { names, shared } = nameSeries(groups.map(({ labels }) => labels));
  return withLabels(finding(groups, names, { split, what }), shared);
}

function finding(
  groups: readonly Group<Run>[],
  names: readonly string[],
  { split, what }: { readonly split: string; readonly what: string },
): string {
  const [only] = groups;
  if (groups.length === 1 && only!.items.length === 1) return `${capital(what)} ${peak(only!.items[0]!, split)}`;
  const ranked = groups
    .flatMap(({ items }, index) => {
      const kept = items.flatMap((run) => keptAccuracy(run, split) ?? []);
      return kept.length === 0 ? [] : [{ name: names[index]!, kept, mean: mean(kept), items }];
    })
    .sort((a, b) => b.mean - a.mean);
  const best = ranked[0];
  if (best === undefined) return 'Accuracy and loss after each epoch';
  const share = formatShare(best.mean);
  const { length } = best.kept;
  if (groups.length > 1) {
    const how = length > 1 ? `in the mean of ${length} runs` : `in epoch ${best.items[0]!.history.chosenEpoch}`;
    return `Best ${what}: ${best.name}, ${share} ${how}`;
  }
  const [low, high] = [Math.min(...best.kept), Math.max(...best.kept)].map((end) => (100 * end).toFixed(1));
  return `${capital(what)} at the epochs kept is ${share} in the mean of ${length} runs, ${low} to ${high} %`;
}

/** `peaks at 74.5 % in epoch 3`; of an epoch that is the last nobody knows whether it is a peak. */
function peak(run: Run, split: string): string {
  const { epochs, chosenEpoch } = run.history;
  const kept = valueAt(run, split, 'accuracy', chosenEpoch);
  if (kept === undefined) return 'after each epoch';
  const accuracies = epochs.flatMap(({ splits }) => splits[split]?.accuracy ?? []);
  const highest = Math.max(...accuracies);
  if (epochs.length === 1) return `is ${formatShare(kept)} after one epoch`;
  if (accuracies.every((accuracy) => accuracy === kept)) return `stays at ${formatShare(kept)}`;
  if (kept === highest && chosenEpoch === epochs.length)
    return `reaches ${formatShare(kept)} in epoch ${chosenEpoch}, the last`;
  return kept === highest
    ? `peaks at ${formatShare(kept)} in epoch ${chosenEpoch}`
    : `is ${formatShare(kept)} in epoch ${chosenEpoch}, which was kept`;
}

const keptAccuracy = (run: Run, split: string) => valueAt(run, split, 'accuracy', run.history.chosenEpoch);

interface SubtitleOptions {
  readonly splits: readonly string[];
  readonly over: readonly string[];
  readonly band: Band;
}

/** How many runs and epochs there are, what was kept, and how to read the picture. */
export function curvesSubtitle(groups: readonly Group<Run>[], options: SubtitleOptions): string {
  return [readingOf(groups, options), ...imagesOf(groups, options)].join('; ');
}

/** How many images each split has and what the majority class alone gives, where all runs agree on that. */
function imagesOf(groups: readonly Group<Run>[], { splits }: SubtitleOptions): readonly string[] {
  const all = groups.flatMap(({ items }) => items.map(({ history }) => history.images));
  const [first] = all;
  if (first === undefined || all.some((images) => JSON.stringify(images) !== JSON.stringify(first))) return [];
  const shown = Object.entries(first).filter(([split]) => splits.includes(split));
  if (shown.length === 0) return [];
  const counts = shown.map(([split, { real, fake }]) => `${formatCount(real + fake)} ${split}`);
  const majority = majorityWords(Object.fromEntries(shown));
  return [`${formatList(counts)} images; calling all the same gives ${majority}`];
}

function readingOf(groups: readonly Group<Run>[], { splits, over, band }: SubtitleOptions): string {
  const runs = groups.flatMap(({ items }) => items);
  const epochs = Math.max(...runs.map(({ history }) => history.epochs.length));
  const [first] = runs;
  if (runs.length === 1) {
    const others = splits
      .filter((split) => split !== selectionSplit)
      .flatMap((split) => {
        const accuracy = keptAccuracy(first!, split);
        return accuracy === undefined ? [] : [`${split} ${formatShare(accuracy)}`];
      });
    const kept = `The weights of epoch ${first!.history.chosenEpoch} of ${epochs} were kept`;
    return others.length === 0 ? kept : `${kept}; accuracy then: ${formatList(others)}`;
  }
  const rings = 'rings: the epochs that were kept';
  if (over.length === 0)
    return `${formatCountOf(runs.length, 'run')} of up to ${formatCountOf(epochs, 'epoch')}; ${rings}`;
  const ends = band === 'range' ? 'least to greatest' : 'one standard deviation';
  const each = Math.max(...groups.map(({ items }) => items.length));
  return `Lines: mean of ${each} runs (${formatList(over)}); bands: ${ends}; ${rings}`;
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
