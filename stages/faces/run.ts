import { writeFileSync } from 'node:fs';
import { formatCount, formatCountOf } from '../../src/format-numbers.ts';
import { FaceFinder, type FaceNetworks } from '../../src/learning/faces/finding/face-finder.ts';
import { startBackend } from '../../src/learning/training/start-backend.ts';
import { DatasetWriter } from '../../src/learning/vision/dataset/dataset-writer.ts';
import { shardName } from '../../src/learning/vision/dataset/shard-name.ts';
import { type StageContext, StageError } from '../../src/stage.ts';
import { examineUnit } from './examine-unit.ts';
import { FaceRows } from './face-rows.ts';
import { unevenLosses } from './losses.ts';
import { openMasks } from './masks.ts';
import { networkFiles } from './network-files.ts';
import { numberPersons } from './persons.ts';
import { stepOf } from './recipe-step.ts';
import { Sheets } from './sheets.ts';
import { openSource, type Source, type Unit } from './source.ts';
import type { FacesSettings } from './spec.ts';
import { summarise, type UnitSummary } from './summary.ts';
import { missingTable, rounded, summaryTable, type VideoOfSplit } from './tables.ts';

type Context = StageContext<FacesSettings>;

export default async function run(context: Context): Promise<void> {
  const { settings } = context;
  using source = openSource(context.input('images').path);
  const recipe = [...source.recipe, stepOf(context)];
  using writer = new DatasetWriter(context.output('dataset'), { ...source, recipe });
  const sheets = new Sheets(source.classes);
  using rows = new FaceRows(context.scratch);
  const units = await examineAll(context, source, { writer, sheets, rows });
  const crops = units.flatMap(({ faces }) => faces.filter(({ isPicked }) => isPicked)).length;
  if (crops === 0 && !context.isForPrediction) throw noFaces(units, settings);
  const appearances = units.flatMap((unit) => unit.appearances);
  const persons = numberPersons(appearances, settings.personDistance, settings.seed);
  for (const unit of units) addCrops(unit, writer, persons, settings);
  const missing = [...source.missing, ...units.flatMap(videoWithoutCrop)];
  for (const { split, class: _, ...video } of missing) writer.addMissing(split, video);
  writer.finish();
  await rows.write(context.output('faces'), persons);
  writeFileSync(context.output('missing'), missingTable(units, missing));
  if (!context.isForPrediction) await sheets.draw(context, units);
  tell(context, units, missing.length);
}

/** What takes the units while they are examined. */
interface UnitReaders {
  readonly writer: DatasetWriter;
  readonly sheets: Sheets;
  readonly rows: FaceRows;
}

/** Examines the units in their order; the networks take all cores for one image at a time. */
async function examineAll(
  context: Context,
  { units }: Source,
  { writer, sheets, rows }: UnitReaders,
): Promise<readonly UnitSummary[]> {
  const { settings } = context;
  const total = units.reduce((sum, { images }) => sum + images.length, 0);
  let done = 0;
  let restored = 0;
  let finder: FaceFinder | undefined;
  const options = {
    ...examineOptions(context),
    openFinder: async () => {
      finder ??= await startFinder(context);
      return finder;
    },
    onImage: (isRestored: boolean) => {
      restored += Number(isRestored);
      context.progress({ done: ++done, total, unit: 'images' });
    },
  };
  const summaries: UnitSummary[] = [];
  try {
    for (const unit of units) {
      const tar = writer.shardPath(unit.split, shardOf(unit));
      const describe = settings.persons || unit.video !== undefined;
      const examined = await examineUnit(unit, tar, { ...options, describe });
      const summary = summarise(examined, settings);
      sheets.offer(examined, summary);
      rows.add(examined, summary.faces);
      summaries.push(summary);
    }
  } finally {
    finder?.[Symbol.dispose]();
  }
  if (restored > 0) {
    context.log(`${formatCountOf(restored, 'image')} of ${total} were searched for faces before.`);
  }
  return summaries;
}

/** What the settings and inputs say of examining. */
function examineOptions(context: Context) {
  const { minScore, minSize, align, pick, crop, quality } = context.settings;
  const masks = context.inputs('masks')[0]?.path;
  return {
    pieces: context.pieces,
    question: { minScore, minSize, landmarks: align?.landmarks ?? 68 } as const,
    networks: networkFiles(context),
    pick,
    cut: {
      ...(align !== undefined && { align }),
      ...(crop !== undefined && { crop }),
      ...(quality !== undefined && { quality }),
    },
    masks: masks === undefined ? undefined : openMasks(masks),
  };
}

async function startFinder(context: Context): Promise<FaceFinder> {
  await startBackend(context);
  const { cpus: threads, settings } = context;
  const { detector, landmarks } = settings;
  const detectorPath = context.inputs('detector')[0]?.path;
  const landmarksPath = context.inputs('landmarks')[0]?.path;
  const networks: FaceNetworks = {
    threads,
    ...(detectorPath !== undefined && { detector: { path: detectorPath, ...detector } }),
    ...(landmarksPath !== undefined && {
      landmarks: {
        path: landmarksPath,
        side: landmarks.side,
        margin: landmarks.margin,
        colours: landmarks.colours ?? 'rgb',
        mean: landmarks.mean ?? [0, 0, 0],
        deviation: landmarks.deviation ?? [255, 255, 255],
      },
    }),
  };
  return await FaceFinder.open(networks);
}

const shardOf = ({ video, images }: Unit): string =>
  shardName(video ?? `pictures ${images[0]!.key}`);

/** Lists the crops of a unit, whose shard lies in its place. */
function addCrops(
  { unit, faces }: UnitSummary,
  writer: DatasetWriter,
  persons: ReadonlyMap<string, string>,
  { quality }: FacesSettings,
): void {
  const extension = quality === undefined ? '.png' : '.jpg';
  const samples = faces.flatMap(({ crop, ...face }) => {
    if (crop === undefined) return [];
    const { label, source, group, pair, slices, video, ...image } = unit.images[face.image]!;
    const { size: side, toImage, offset, bytes } = crop;
    const { left, top, right, bottom } = face.box;
    const person = persons.get(face.appearance);
    const key = image.key + face.suffix;
    return [
      {
        key,
        label,
        source,
        path: key + extension,
        group,
        pair,
        slices: person === undefined ? slices : { ...slices, person },
        video,
        frame: image.frame,
        time: image.time,
        face: {
          image: image.path,
          ...(face.track !== undefined && { track: face.track }),
          score: rounded(face.score, 4),
          box: [left, top, right, bottom].map((edge) => rounded(edge, 2)),
          toImage: [toImage.a, toImage.b, toImage.dx, toImage.dy].map((value) => rounded(value, 6)),
        },
        width: side,
        height: side,
        offset,
        size: bytes,
      },
    ];
  });
  if (samples.length > 0) writer.addShard(unit.split, shardOf(unit), samples);
}

/** A video of which no frame has a crop. */
function videoWithoutCrop({ unit, faces }: UnitSummary): readonly VideoOfSplit[] {
  const { video, images } = unit;
  if (video === undefined || faces.some(({ isPicked }) => isPicked)) return [];
  const { split, label, class: name, source, group } = images[0]!;
  const reason = faces.some(({ isMisfit }) => isMisfit)
    ? 'no frame shows a face whose landmarks fit its box'
    : 'no frame shows a face';
  const known = { split, video, label, class: name, source, reason };
  return [group === undefined ? known : { ...known, group }];
}

function noFaces(units: readonly UnitSummary[], { minScore, minSize }: FacesSettings): StageError {
  const images = units.reduce((sum, { unit }) => sum + unit.images.length, 0);
  const misfits = units.flatMap(({ faces }) => faces.filter(({ isMisfit }) => isMisfit)).length;
  if (misfits > 0) {
    return new StageError(
      `Expected faces that can be aligned, but none of ${formatCountOf(images, 'image')} shows one: the landmarks of ${formatCountOf(misfits, 'face')} do not fit their boxes, as in blurred pictures. \`crop\` in place of \`align\` needs no landmarks.`,
    );
  }
  return new StageError(
    `Expected faces, but none of ${formatCountOf(images, 'image')} shows one of ${minSize} pixels with a score of ${minScore} or more; \`minSize\` and \`minScore\` lower that.`,
  );
}

/** Says how many images and videos are left out. */
function tell(context: Context, units: readonly UnitSummary[], videos: number): void {
  context.highlight(summaryTable(units));
  const images = units.reduce((sum, { unit }) => sum + unit.images.length, 0);
  const without = units.reduce((sum, { missing }) => sum + missing.size, 0);
  if (without === 0 && videos === 0) return;
  const ofVideos =
    videos === 0 ? '' : `, and ${formatCountOf(videos, 'video has', 'videos have')} none at all`;
  context.info(
    `${formatCount(without)} of ${formatCountOf(images, 'image')} ${without === 1 ? 'has' : 'have'} no crop${ofVideos}: the output \`missing\` says why.`,
  );
  const uneven = unevenLosses(units);
  if (uneven !== undefined && !context.isForPrediction) {
    context.warn(
      `Classes differ in images without a crop: ${uneven}. A detector may learn that from what is left; the sheet \`leftOut\` shows them.`,
    );
  }
}
