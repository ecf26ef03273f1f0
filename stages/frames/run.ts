import { writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import PQueue from 'p-queue';
import { csvTable } from '../../src/csv.ts';
import { formatCountOf, formatFew } from '../../src/format-numbers.ts';
import { groupBy } from '../../src/group-by.ts';
import { DatasetWriter } from '../../src/learning/vision/dataset/dataset-writer.ts';
import type { RecipeStep } from '../../src/learning/vision/dataset/recipe.ts';
import { shardName } from '../../src/learning/vision/dataset/shard-name.ts';
import type { Ffmpeg } from '../../src/learning/vision/ffmpeg/find-ffmpeg.ts';
import { requireH264 } from '../../src/learning/vision/ffmpeg/h264.ts';
import { mapParallel } from '../../src/learning/vision/map-in-threads.ts';
import { type StageContext, StageError } from '../../src/stage.ts';
import {
  type ExtractOptions,
  extensions,
  extractFrames,
  keyOf,
  nameOfFrame,
  type TakenFrames,
} from './extract.ts';
import { VideoError } from './ffmpeg-process.ts';
import {
  type FoundVideo,
  type FoundVideos,
  findVideos,
  foldersWithVideosBeside,
} from './find-videos.ts';
import { type FramesSettings, spec } from './spec.ts';

type Context = StageContext<FramesSettings>;

/** What became of a video. */
interface Outcome {
  readonly video: FoundVideo;
  readonly frames?: TakenFrames;
  /** Why there are no frames of it, as a clause. */
  readonly problem?: string;
}

/** What is kept of it once its frames are listed: their number in place of each one's place. */
interface VideoSummary {
  readonly video: FoundVideo;
  readonly facts?: Omit<TakenFrames, 'taken'>;
  readonly taken: number;
  readonly problem?: string;
}

/** So many videos are under way or wait for those before them. */
const mostAhead = 64;

export default async function run(context: Context): Promise<void> {
  const found = findVideos(context);
  if (!context.isForPrediction) tellUnnamed(context, found);
  if (context.settings.h264 !== undefined) await requireH264((context.code as Ffmpeg).ffmpeg);
  const recipe = [stepOf(context.settings)];
  using writer = new DatasetWriter(context.output('dataset'), { ...found, recipe });
  const summaries: VideoSummary[] = [];
  let taken = 0;
  for await (const outcome of takeAll(context, found, writer)) {
    add(outcome, writer, context.settings);
    const summary = summarise(outcome);
    summaries.push(summary);
    taken += summary.taken;
    context.progress({
      done: summaries.length,
      total: found.videos.length,
      unit: 'videos',
      note: formatCountOf(taken, 'frame'),
    });
  }
  tellUnreadable(context, summaries);
  writer.finish();
  writeFileSync(
    context.output('videos'),
    csvTable(summaries.map((summary) => rowOf(summary, found))),
  );
  context.highlight({
    title: 'Frames of videos',
    role: 'data',
    columns: ['split', 'class', 'source', 'videos', 'frames', 'without frames'],
    rows: summaryRows(summaries, found),
  });
}

/** What decides the pixels of a frame; which frames are taken does not. */
function stepOf({ h264, size, format, quality }: FramesSettings): RecipeStep {
  const settings = {
    format,
    ...(h264 !== undefined && { h264 }),
    ...(size !== undefined && { size }),
    ...(quality !== undefined && { quality }),
  };
  return { kind: spec.name, version: spec.version, settings };
}

/** Warns of videos of one class that lie in the folder of a class, beside the folders of others. */
function tellUnnamed(context: Context, { videos, areUnnamed }: FoundVideos): void {
  const foldersBeside = areUnnamed ? foldersWithVideosBeside(dirname(videos[0]!.path)) : [];
  if (foldersBeside.length === 0) return;
  const parent = dirname(foldersBeside[0]!);
  const folders = [dirname(videos[0]!.path), ...foldersBeside].map((path) => basename(path)).sort();
  context.warn(
    `All videos have one class, called "video", since they lie in no folder below the input. Did you mean ${relative(context.root, parent) || '.'}, whose folders ${formatFew(folders, 6)} would name classes?`,
  );
}

/** Takes the frames of all videos, as many videos at once as there are cores, in their order. */
async function* takeAll(
  context: Context,
  { videos }: FoundVideos,
  writer: DatasetWriter,
): AsyncGenerator<Outcome> {
  const queue = new PQueue({ concurrency: context.cpus });
  const options = {
    programs: context.code as Ffmpeg,
    settings: context.settings,
    threads: Math.max(1, Math.floor(context.cpus / videos.length)),
    largeVideos: new PQueue({ concurrency: 1 }),
  };
  const made = { restored: 0 };
  const take = (video: FoundVideo) =>
    queue.add(() =>
      takeOne(context, video, writer.shardPath(video.split, shardName(video.name)), {
        ...options,
        made,
      }),
    );
  yield* mapParallel(videos, Math.max(mostAhead, 4 * context.cpus), take);
  if (made.restored > 0)
    context.log(
      `${formatCountOf(made.restored, 'video')} of ${videos.length} were decoded before.`,
    );
}

interface TakeOptions extends ExtractOptions {
  /** Counts the videos that need no decoding. */
  readonly made: { restored: number };
}

/** The frames of one video: those that were kept, or those that are decoded now and kept. */
async function takeOne(
  { pieces, scratch }: Context,
  video: FoundVideo,
  tar: string,
  { made, ...options }: TakeOptions,
): Promise<Outcome> {
  try {
    const draft = join(scratch, basename(tar));
    const key = await keyOf(video.path, options.settings);
    const kept = (await pieces?.restore(key, tar)) as TakenFrames | undefined;
    if (kept !== undefined) made.restored++;
    const frames = kept ?? (await extractFrames(video.path, { tar, draft }, options));
    if (kept === undefined) await pieces?.keep(key, { facts: frames, path: tar });
    return { video, frames };
  } catch (error) {
    if (!(error instanceof VideoError)) throw error;
    return { video, problem: error.message };
  }
}

function add(
  { video, frames, problem }: Outcome,
  writer: DatasetWriter,
  { format }: FramesSettings,
): void {
  const { name, label, source, split, group } = video;
  if (frames === undefined) {
    writer.addMissing(split, { video: name, label, source, group, reason: problem! });
    return;
  }
  const { width, height, taken } = frames;
  const samples = taken.map(({ frame, time, offset, size }) => {
    const key = `${name}/${nameOfFrame(frame)}`;
    return {
      key,
      label,
      source,
      path: key + extensions[format],
      group,
      video: name,
      frame,
      time,
      width,
      height,
      offset,
      size,
    };
  });
  writer.addShard(split, shardName(video.name), samples);
}

function summarise({ video, frames, problem }: Outcome): VideoSummary {
  if (frames === undefined) return { video, taken: 0, ...(problem !== undefined && { problem }) };
  const { taken, ...facts } = frames;
  return { video, facts, taken: taken.length };
}

function tellUnreadable(context: Context, summaries: readonly VideoSummary[]): void {
  const wrong = summaries.filter(({ problem }) => problem !== undefined);
  if (wrong.length === 0) return;
  const lines = wrong.map(({ video, problem }) => `${video.name}: ${problem}`);
  const all = wrong.length === summaries.length;
  if (context.settings.unreadable === 'error' || all) {
    const hint = all ? '' : ' (`unreadable: skip` leaves them out)';
    const more = lines.length > 20 ? `\n  and ${lines.length - 20} more` : '';
    throw new StageError(
      `Expected videos that can be decoded, but ${wrong.length} of ${summaries.length} cannot${hint}:\n  ${lines.slice(0, 20).join('\n  ')}${more}`,
    );
  }
  for (const line of lines) context.log(`Left out: ${line}`);
  context.warn(
    `Left out ${wrong.length} of ${summaries.length} videos that cannot be decoded, such as ${lines[0]}.`,
  );
  context.note('videos left out', wrong.length);
}

function rowOf({ video, facts, taken, problem }: VideoSummary, { classes }: FoundVideos) {
  return {
    video: video.name,
    class: classes[video.label]!,
    source: video.source,
    split: video.split,
    group: video.group,
    codec: facts?.codec,
    width: facts?.width,
    height: facts?.height,
    seconds: facts?.seconds,
    frames: facts?.frames,
    taken,
    problem: problem ?? '',
  };
}

function summaryRows(summaries: readonly VideoSummary[], { classes }: FoundVideos) {
  const parts = groupBy(summaries, ({ video: { split, label, source } }) =>
    JSON.stringify([split, label, source]),
  );
  return Array.from(parts.values(), (members) => {
    const { split, label, source } = members[0]!.video;
    return [
      split,
      classes[label]!,
      source,
      members.length,
      members.reduce((sum, { taken }) => sum + taken, 0),
      members.filter(({ problem }) => problem !== undefined).length,
    ];
  });
}
