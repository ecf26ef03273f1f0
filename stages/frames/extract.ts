import { createHash } from 'node:crypto';
import { copyFileSync, createReadStream, linkSync, statSync, writeFileSync } from 'node:fs';
import { extname } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type PQueue from 'p-queue';
import sharp from 'sharp';
import { ShardFile, type ShardPlace } from '../../src/learning/vision/dataset/shard-file.ts';
import type { Ffmpeg } from '../../src/learning/vision/ffmpeg/find-ffmpeg.ts';
import { scaling } from '../../src/learning/vision/ffmpeg/h264.ts';
import { chooseFrames } from './choose-frames.ts';
import { decodeVideo, runProgram, VideoError } from './ffmpeg-process.ts';
import { type ListedFrame, listByDecoding, probeVideo, type VideoFacts } from './probe.ts';
import { recodeVideo, type VideoStream } from './recode-video.ts';
import type { FramesSettings } from './spec.ts';

/** A frame in the tar file of its video. A type, since an interface is no JSON. */
export type TakenFrame = {
  /** Its number in the video, from 0. */
  readonly frame: number;
  /** In seconds from the first frame. */
  readonly time: number;
  readonly offset: number;
  readonly size: number;
};

/** The frames of a video, and what it is. */
export type TakenFrames = {
  readonly taken: readonly TakenFrame[];
  /** Of the frames that were taken, in pixels. */
  readonly width: number;
  readonly height: number;
  readonly codec: string;
  /** All frames of the video. */
  readonly frames: number;
  /** From the first frame to the last. */
  readonly seconds: number;
};

export interface ExtractOptions {
  readonly programs: Ffmpeg;
  readonly settings: FramesSettings;
  /** Threads of ffmpeg for one video. */
  readonly threads: number;
  /** Decodes one video after the other: those of large frames, which take much memory. */
  readonly largeVideos: PQueue;
}

/** Frames of more pixels are large: those of 4K (UHD) are not. */
const mostForAll = 3840 * 2160;

/**
 * Writes the frames of a video as a tar file. Nothing but the video's bytes and the settings
 * decides it. Throws a {@link VideoError}, and then leaves no file: `draft` is a path for what is
 * not complete.
 */
export async function extractFrames(
  video: string,
  { tar, draft }: { readonly tar: string; readonly draft: string },
  options: ExtractOptions,
): Promise<TakenFrames> {
  const { programs, settings } = options;
  const begin = performance.now();
  const time = settings.timeLimit * 1000;
  if (statSync(video).size === 0) throw new VideoError('it is empty');
  const facts = await probeVideo(video, { programs, deadline: begin + time });
  const rest = begin + time - performance.now();
  const take = async () => {
    // The time that a large video waits for others does not count.
    const deadline = performance.now() + rest;
    const recoded = `${draft}.mkv`;
    try {
      const source = await sourceOf(video, recoded, { ...options, facts, deadline });
      const decode = { ...options, video, source, draft, deadline };
      return (await takeFrames(facts, decode)) ?? (await takeDecoded(facts, decode));
    } finally {
      // The folder goes with the attempt; until then thousands of videos would fill it.
      if (settings.h264 !== undefined) writeFileSync(recoded, '');
    }
  };
  const isLarge = facts.width * facts.height > mostForAll;
  const taken = isLarge ? await options.largeVideos.add(take) : await take();
  if (taken === undefined) throw new VideoError('it is cut short, or damaged');
  try {
    linkSync(draft, tar);
  } catch {
    copyFileSync(draft, tar); // on a disk without links
  }
  return taken;
}

interface SourceOptions extends ExtractOptions {
  readonly facts: VideoFacts;
  readonly deadline: number;
}

/** The video itself, or at the path `recoded` what the setting `h264` makes of it. */
async function sourceOf(
  video: string,
  recoded: string,
  { settings, ...options }: SourceOptions,
): Promise<VideoStream> {
  const { h264 } = settings;
  if (h264 === undefined) return { path: video, stream: options.facts.stream };
  return await recodeVideo(video, recoded, { ...options, rateFactor: h264 });
}

/** Takes frames by the list that decoding gives, where the file's own list is wrong. */
async function takeDecoded(
  facts: VideoFacts,
  options: DecodeOptions,
): Promise<TakenFrames | undefined> {
  const frames = await listByDecoding(options.video, facts.stream, options);
  return await takeFrames({ ...facts, frames }, options);
}

interface DecodeOptions extends ExtractOptions {
  /** The path of the user's file, which lists the frames. */
  readonly video: string;
  /** Where the same frames are decoded from. */
  readonly source: VideoStream;
  readonly draft: string;
  readonly deadline: number;
}

/**
 * Decodes the chosen frames. Undefined if the decoder gives other frames than `facts` lists: too
 * few, or at other times.
 */
async function takeFrames(
  facts: VideoFacts,
  options: DecodeOptions,
): Promise<TakenFrames | undefined> {
  const { settings, draft } = options;
  const { frames } = facts;
  const chosen = chooseFrames(frames, settings);
  if (chosen.length === 0) throw new VideoError('no frame lies between `start` and `end`');
  const size = sizeOf(facts, settings.size);
  const times: number[] = [];
  const written: ShardPlace[] = [];
  using shard = new ShardFile(draft);
  for (const part of inParts(chosen)) {
    await decode(part, {
      ...options,
      ...size,
      times,
      write: async (pixels) => {
        const bytes = await encode(pixels, size, settings);
        written.push(shard.add(nameOf(chosen[written.length]!, settings), bytes));
      },
    });
  }
  shard.finish();
  if (
    written.length < chosen.length ||
    !areAt(
      chosen.map((n) => frames[n]!),
      times,
    )
  )
    return undefined;
  return {
    taken: written.map((range, i) => {
      const frame = chosen[i]!;
      return { frame, time: frames[frame]!.time, offset: range.offset, size: range.size };
    }),
    ...size,
    codec: facts.codec,
    frames: frames.length,
    seconds: frames.at(-1)!.time,
  };
}

/** Whether frames that were decoded at `times` are those listed, whatever time both begin at. */
function areAt(frames: readonly ListedFrame[], times: readonly number[]): boolean {
  const begin = times[0]! - frames[0]!.time;
  return frames.every(({ time }, i) => Math.abs(times[i]! - begin - time) < 0.002);
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** The size of a frame whose longer side has at most `longest` pixels. */
function sizeOf({ width, height }: Size, longest: number | undefined): Size {
  const scale = Math.min(1, (longest ?? Number.POSITIVE_INFINITY) / Math.max(width, height));
  const scaled = (side: number) => Math.max(1, Math.round(side * scale));
  return { width: scaled(width), height: scaled(height) };
}

/** An expression of more frames would exceed what a program takes as a word. */
const mostInPart = 2000;

function inParts(numbers: readonly number[]): readonly (readonly number[])[] {
  const parts = Math.ceil(numbers.length / mostInPart);
  return Array.from({ length: parts }, (_, i) =>
    numbers.slice(i * mostInPart, (i + 1) * mostInPart),
  );
}

interface DecodePart extends DecodeOptions, Size {
  /** Receives the time of each decoded frame. */
  readonly times: number[];
  /** Takes the pixels of a frame: `[height, width, 3]`, values 0 to 255. */
  readonly write: (pixels: Buffer) => Promise<void>;
}

async function decode(numbers: readonly number[], options: DecodePart): Promise<void> {
  const { programs, threads, source, width, height, deadline } = options;
  const filter = [
    `select='${selectExpression(numbers)}'`,
    'showinfo=checksum=0',
    `scale=${width}:${height}:flags=${scaling}`,
    'format=rgb24',
  ].join(',');
  await runProgram({
    program: programs.ffmpeg,
    words: [
      ...decodeVideo(source.path, { level: 'info', threads }),
      '-map',
      `0:${source.stream}`,
      '-vf',
      filter,
      ...programs.everyFrame,
      '-frames:v',
      String(numbers.length),
      '-f',
      'rawvideo',
      'pipe:1',
    ],
    deadline,
    reason: ([first = 'ffmpeg failed']) => `it is damaged (${first})`,
    hear: (line) => {
      const [, time] = /Parsed_showinfo.* pts_time:(\S+)/.exec(line) ?? [];
      if (time !== undefined) options.times.push(Number(time));
    },
    read: (output) => eachFrame(output, 3 * width * height, options.write),
  });
}

/**
 * An expression of ffmpeg that is true for the frames of these numbers, which ascend. It is a tree
 * of comparisons: ffmpeg evaluates it for every frame of the video.
 */
export function selectExpression(numbers: readonly number[]): string {
  const [first = 0, second = first + 1] = numbers;
  const step = second - first;
  if (numbers.every((number, i) => number === first + i * step))
    return `between(n,${first},${numbers.at(-1)})*not(mod(n-${first},${step}))`;
  const half = Math.ceil(numbers.length / 2);
  const low = numbers.slice(0, half);
  const high = numbers.slice(half);
  return `if(lt(n,${high[0]}),${selectExpression(low)},${selectExpression(high)})`;
}

/** Reads frames of `length` bytes into two buffers: one is read while the other is encoded. */
async function eachFrame(
  output: Readable,
  length: number,
  write: (pixels: Buffer) => Promise<void>,
): Promise<void> {
  let pixels = Buffer.allocUnsafe(length);
  let encoded = Buffer.allocUnsafe(length);
  let filled = 0;
  let writing = Promise.resolve();
  try {
    for await (const chunk of output as AsyncIterable<Buffer>) {
      for (let at = 0; at < chunk.length; ) {
        const bytes = chunk.copy(pixels, filled, at);
        at += bytes;
        filled += bytes;
        if (filled < length) continue;
        await writing;
        writing = write(pixels);
        writing.catch(() => {}); // heard when the next frame is complete, or at the end
        [pixels, encoded] = [encoded, pixels];
        filled = 0;
      }
    }
  } finally {
    await writing;
  }
}

/** A PNG file is compressed little: its size hardly falls with more work. */
const compressionLevel = 3;

async function encode(pixels: Buffer, size: Size, settings: FramesSettings): Promise<Buffer> {
  const image = sharp(pixels, { raw: { ...size, channels: 3 } });
  if (settings.format === 'png') return await image.png({ compressionLevel }).toBuffer();
  const { quality = 95 } = settings;
  return await image.jpeg({ quality, chromaSubsampling: '4:4:4' }).toBuffer();
}

export const extensions = { png: '.png', jpeg: '.jpg' } as const;

/** The name of a frame's file without its extension, in the order of the video. */
export const nameOfFrame = (frame: number): string => String(frame).padStart(6, '0');

const nameOf = (frame: number, { format }: FramesSettings): string =>
  `${nameOfFrame(frame)}${extensions[format]}`;

/** Everything that decides the frames of a video, as the key of its piece. */
export async function keyOf(
  video: string,
  { unreadable: _u, timeLimit: _t, ffmpeg: _f, ...settings }: FramesSettings,
) {
  const hash = createHash('sha256');
  await pipeline(createReadStream(video), hash);
  // ffmpeg looks at the extension, too, where the bytes leave open what they are.
  return { video: hash.digest('hex'), extension: extname(video).toLowerCase(), ...settings };
}
