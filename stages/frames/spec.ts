import { z } from 'zod';
import { rateFactor } from '../../src/learning/vision/ffmpeg/rate-factor.ts';
import { mistakeIf } from '../../src/setting-mistakes.ts';
import { count, output, text, whole } from '../../src/spec-parts.ts';
import { defineKind } from '../../src/stage.ts';

const seconds = z.number().nonnegative();

const settings = z.strictObject({
  take: z
    .strictObject({
      count: count.describe('How many; a shorter video gives every frame once.'),
      spread: z
        .enum(['even', 'first'])
        .default('even')
        .describe(
          '`even`: the middle frames of as many equal pieces of the video; `first`: those at its beginning.',
        ),
    })
    .exactOptional()
    .describe(
      'A number of frames of each video; without `take`, `every`, `rate` and `key` it is { count: 32, spread: even }.',
    ),
  every: count.exactOptional().describe('Every so many-th frame, the first one included.'),
  rate: z
    .number()
    .positive()
    .exactOptional()
    .describe(
      'Frames a second: those that are shown at 0, 1/rate, 2/rate … seconds, whatever the rate of the video.',
    ),
  key: z
    .literal(true)
    .exactOptional()
    .describe('The key frames, which are stored without reference to others.'),
  start: seconds
    .exactOptional()
    .describe('Frames from this time on, in seconds from the first frame.'),
  end: z.number().positive().exactOptional().describe('Frames before this time, in seconds.'),
  h264: rateFactor
    .exactOptional()
    .describe(
      'Encodes every video as H.264 at this constant rate factor (CRF) first: 0 loses nothing but half of the resolution of colours, 23 is the default of libx264, 51 the worst. The frames are those chosen of the video as it is.',
    ),
  size: whole(16, 16384)
    .exactOptional()
    .describe(
      'The longer side in pixels: larger frames are reduced to it, smaller ones stay as they are. By default frames keep their size.',
    ),
  format: z
    .enum(['png', 'jpeg'])
    .default('png')
    .describe('`png` keeps every value; `jpeg` takes a tenth of the space and changes them.'),
  quality: whole(1, 100)
    .exactOptional()
    .describe('Quality of the JPEG files, 95 by default; their colours are not subsampled.'),
  unreadable: z
    .enum(['error', 'skip'])
    .default('error')
    .describe(
      'What to do with videos that cannot be decoded to the last frame that is taken: fail and name all of them, or leave them out.',
    ),
  timeLimit: z
    .number()
    .positive()
    .default(600)
    .describe('Seconds that one video may take; one that takes longer counts as unreadable.'),
  ffmpeg: text
    .exactOptional()
    .describe(
      'The program `ffmpeg`: a path, or a name on `PATH`, with `ffprobe` in the same folder.',
    ),
});
export type FramesSettings = z.output<typeof settings>;

const ways = ['take', 'every', 'rate', 'key'] as const;

export const spec = defineKind<FramesSettings>({
  name: 'frames',
  version: 2,
  summary:
    'Takes frames of videos, by ffmpeg, as a data set whose groups are the videos. A new video decodes only that video.',
  settings,
  inputs: {
    videos: {
      type: 'files',
      list: true,
      summary:
        'A folder, a pattern such as data/*/*.mp4, or the root of a list. The first folder of a path names the class, those below it the source; folders train, val and test name splits.',
    },
    list: {
      type: 'table',
      optional: true,
      summary:
        'CSV with the columns path,label and optionally split,group,source; paths are relative to `videos`.',
    },
  },
  outputs: {
    dataset: {
      type: 'dataset',
      summary: 'The frames, with their video, number and time; a tar file for each video.',
    },
    videos: output.table(
      'Every video with its class, split, group, codec, size, seconds, frames, those taken, and why none are.',
    ),
  },
  usesAllCores: true,
  unkeyed: ['ffmpeg'],
  code: {
    settings: ['ffmpeg'],
    async find(question) {
      const { findFfmpeg } = await import('../../src/learning/vision/ffmpeg/find-ffmpeg.ts');
      return await findFfmpeg(question, { purpose: 'frames are decoded', isNamed: true });
    },
  },
  check: (given) => {
    const chosen = ways.filter((way) => given[way] !== undefined);
    const { start = 0, end, format, quality } = given;
    return [
      ...mistakeIf(
        chosen.length > 1,
        [chosen[1]!],
        `expected one of ${ways.join(', ')}, got ${chosen.join(' and ')}`,
      ),
      ...mistakeIf(
        end !== undefined && end <= start,
        ['end'],
        `expected an end after the start (${start}), got ${end}`,
      ),
      ...mistakeIf(
        quality !== undefined && format === 'png',
        ['quality'],
        'a PNG file has no quality; set `format: jpeg`',
      ),
    ];
  },
  example: `frames:
  kind: frames
  inputs: { videos: data/ffpp }
  with: { take: { count: 32, spread: even } }
faces:
  kind: load-dataset
  inputs: { dataset: frames.dataset }
  with: { split: { train: 0.7, val: 0.15, test: 0.15 } }
`,
});
