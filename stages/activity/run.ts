import { writeFileSync } from 'node:fs';
import { csvTable } from '../../src/csv.ts';
import { formatJson } from '../../src/format-json.ts';
import { formatEnds, formatLevel, formatMetric, formatShare } from '../../src/format-numbers.ts';
import { groupOver, seriesName } from '../../src/learning/charts/series.ts';
import { exactShare } from '../../src/learning/metrics/intervals/exact-share.ts';
import { loadModel } from '../../src/learning/models/model-files.ts';
import { resizeOf } from '../../src/learning/models/model-info.ts';
import { openClasses } from '../../src/learning/training/open-labelled-data.ts';
import { startBackend } from '../../src/learning/training/start-backend.ts';
import { BatchLoader } from '../../src/learning/vision/batches/batch-loader.ts';
import { type InputArtifact, type StageContext, StageError } from '../../src/stage.ts';
import type { ActivitySettings } from './spec.ts';
import { type Judgement, judge } from './verdict.ts';
import { LayerWatch, type UnitActivity } from './watch-layers.ts';

type Context = StageContext<ActivitySettings>;

/** A network with what became of it. */
interface Judged {
  readonly labels: InputArtifact['labels'];
  readonly judgement: Judgement;
  readonly units: readonly UnitActivity[];
}

/** Trainings that are counted together. */
interface Shares {
  readonly name: string;
  readonly labels: InputArtifact['labels'];
  readonly trainings: number;
  readonly stuck: number;
  readonly dead: number;
}

export default async function run(context: Context): Promise<void> {
  const { over } = context.settings;
  await startBackend(context);
  const models = context.inputs('models');
  const judged: Judged[] = [];
  for (const { path, labels } of models) {
    judged.push({ labels, ...(await judgeModel(context, path)) });
    context.progress({ done: judged.length, total: models.length, unit: 'networks' });
  }
  const groups = groupOver(judged, over).map(({ labels, items }) => sharesOf(items, labels));
  writeFileSync(context.output('table'), csvTable(judged.map(rowOf)));
  writeFileSync(context.output('layers'), csvTable(judged.flatMap(layerRows)));
  writeFileSync(
    context.output('shares'),
    csvTable(groups.map((group) => shareRow(group, context))),
  );
  writeFileSync(context.output('metrics'), formatMetrics(judged, groups, context));
  highlight(groups, context);
}

async function judgeModel(context: Context, path: string) {
  const { split, batchSize } = context.settings;
  const { model, info } = await loadModel(path);
  if (!('size' in info.input))
    throw new StageError('Expected networks of images, got a head on features.');
  const folder = context.input('dataset').path;
  using dataset = openClasses(folder, [split]);
  const { samples } = dataset.split(split);
  await using loader = new BatchLoader(folder, split, {
    batchSize,
    resize: resizeOf(info.input),
    normalization: info.input.normalise,
    threads: context.cpus,
    cacheBytes: 0, // One pass over the split, so no image is kept.
  });
  const watch = new LayerWatch(model);
  const logits: number[] = [];
  const labels: number[] = [];
  for await (const batch of loader.epoch()) {
    logits.push(...(await watch.pass(batch.images)));
    for (const index of batch.indices) labels.push(samples[index]!.label);
    batch.release();
  }
  model.dispose();
  const answers = { logits, labels, classes: info.classes.length };
  return { judgement: judge(answers, watch.units), units: watch.units };
}

const rowOf = ({ labels, judgement }: Judged) => ({
  ...labels,
  stuck: judgement.isStuck ? 1 : 0,
  dead: judgement.isDead ? 1 : 0,
  deadLayers: judgement.deadLayers,
  spread: judgement.spread,
  loss: judgement.loss,
  constantLoss: judgement.constantLoss,
});

const layerRows = ({ labels, units }: Judged) =>
  units.map(({ layer, greatest }) => ({
    ...labels,
    layer,
    units: greatest.length,
    deadUnits: greatest.filter((value) => value === 0).length,
    greatest: greatest.reduce((most, value) => Math.max(most, value), 0),
  }));

const sharesOf = (items: readonly Judged[], labels: InputArtifact['labels']): Shares => ({
  name: seriesName(labels) || 'all',
  labels,
  trainings: items.length,
  stuck: items.filter(({ judgement }) => judgement.isStuck).length,
  dead: items.filter(({ judgement }) => judgement.isDead).length,
});

function shareRow({ labels, trainings, stuck, dead }: Shares, { settings }: Context) {
  const stuckEnds = exactShare(stuck, trainings, settings.confidence);
  const deadEnds = exactShare(dead, trainings, settings.confidence);
  return {
    ...labels,
    trainings,
    stuck,
    stuckShare: stuck / trainings,
    stuckShareLow: stuckEnds.low,
    stuckShareHigh: stuckEnds.high,
    dead,
    deadShare: dead / trainings,
    deadShareLow: deadEnds.low,
    deadShareHigh: deadEnds.high,
  };
}

function formatMetrics(judged: readonly Judged[], groups: readonly Shares[], context: Context) {
  const numbersOf = ({ trainings, stuck, dead }: Shares) => {
    const stuckEnds = exactShare(stuck, trainings, context.settings.confidence);
    const deadEnds = exactShare(dead, trainings, context.settings.confidence);
    return {
      trainings,
      stuck,
      dead,
      stuckShare: stuck / trainings,
      deadShare: dead / trainings,
      intervals: {
        stuckShare: [stuckEnds.low, stuckEnds.high],
        deadShare: [deadEnds.low, deadEnds.high],
      },
    };
  };
  return formatJson({
    confidence: context.settings.confidence,
    split: context.settings.split,
    ...numbersOf(sharesOf(judged, {})),
    groups: Object.fromEntries(groups.map((group) => [group.name, numbersOf(group)])),
  });
}

function highlight(groups: readonly Shares[], context: Context): void {
  const { confidence, split } = context.settings;
  const level = formatLevel(confidence);
  const share = (part: number, { trainings }: Shares) =>
    `${part} of ${trainings}, ${formatShare(part / trainings)}`;
  const ends = (part: number, { trainings }: Shares) =>
    formatEnds(exactShare(part, trainings, confidence), (value) => formatMetric(value));
  context.highlight({
    title: `Stuck and dead trainings, on ${split}, with exact intervals`,
    columns: ['trainings', 'stuck', level, 'dead', level],
    rows: groups.map((group) => [
      group.name,
      share(group.stuck, group),
      ends(group.stuck, group),
      share(group.dead, group),
      ends(group.dead, group),
    ]),
  });
}
