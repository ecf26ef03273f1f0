import { formatCount } from '../../src/format-numbers.ts';
import type { Ffmpeg } from '../../src/learning/vision/ffmpeg/find-ffmpeg.ts';
import { eachLine, mostPixels, openVideo, runProgram, VideoError } from './ffmpeg-process.ts';

/** A frame of a video as its file lists it, in the order of display. */
export interface ListedFrame {
  /** In seconds from the first frame. */
  readonly time: number;
  /** Whether it is stored without reference to other frames. */
  readonly isKey: boolean;
}

/** What a video is, without decoding it. */
export interface VideoFacts {
  /** The number of its stream in the file. */
  readonly stream: number;
  readonly codec: string;
  /** In pixels, as a player shows it: turned upright, and with square pixels. */
  readonly width: number;
  readonly height: number;
  readonly frames: readonly ListedFrame[];
}

interface ProbeOptions {
  readonly programs: Ffmpeg;
  readonly deadline: number;
}

type Fields = ReadonlyMap<string, string>;

/** In pixels. */
interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * The most frames of a video, whose list is kept in memory: a day at 25 frames a second has fewer.
 */
const mostFrames = 2_500_000;

/**
 * Reads a video's own list of frames, which takes no decoding. Throws a {@link VideoError} for a
 * file without a video, and for one that is cut short.
 */
export async function probeVideo(path: string, options: ProbeOptions): Promise<VideoFacts> {
  const streams: Fields[] = [];
  const packets = new PacketLists();
  const { isCut, refusedSize } = await probe(path, options, {
    stream: 'v',
    entries: [
      'stream=index,codec_name,width,height,sample_aspect_ratio,nb_frames',
      'stream_disposition=attached_pic',
      'stream_side_data=rotation',
      'packet=stream_index,pts_time,flags',
    ],
    take: (name, fields) => {
      if (name === 'stream') streams.push(fields);
      else if (name === 'packet') packets.add(fields);
    },
  });
  if (isCut) throw new VideoError('it is cut short');
  const stream = streams.find((fields) => fields.get('disposition:attached_pic') !== '1');
  if (stream === undefined) throw new VideoError('it has no video');
  const index = Number(stream.get('index'));
  const { count, shown } = packets.of(index);
  if (count < Number(stream.get('nb_frames'))) throw new VideoError('it is cut short');
  return {
    stream: index,
    codec: stream.get('codec_name') ?? 'unknown',
    ...displaySize(stream, refusedSize),
    frames: toFrames(shown) ?? (await listByDecoding(path, index, options)),
  };
}

/** The packets of a stream: a frame each, or a field of one. */
interface PacketList {
  count: number;
  /** Without those that only others refer to, such as before the beginning of an edited video. */
  readonly shown: ListedFrame[];
}

/** The packets of each stream of a file. Throws a {@link VideoError} for too many. */
class PacketLists {
  readonly #lists = new Map<number, PacketList>();
  #count = 0;

  add(fields: Fields): void {
    this.#count = countFrame(this.#count);
    const index = Number(fields.get('stream_index'));
    const list = this.of(index);
    this.#lists.set(index, list);
    list.count += 1;
    const flags = fields.get('flags')!;
    if (flags.includes('D')) return;
    list.shown.push({ time: Number(fields.get('pts_time')), isKey: flags.startsWith('K') });
  }

  of(stream: number): PacketList {
    return this.#lists.get(stream) ?? { count: 0, shown: [] };
  }
}

/** The number of frames with one more. Throws a {@link VideoError} beyond the most. */
function countFrame(count: number): number {
  if (count === mostFrames)
    throw new VideoError(`it has more than ${formatCount(mostFrames)} frames`);
  return count + 1;
}

/**
 * The frames that decoding a video gives, for files that do not list them: two fields may make one
 * frame, and some have no times. Throws a {@link VideoError}.
 */
export async function listByDecoding(
  path: string,
  stream: number,
  options: ProbeOptions,
): Promise<readonly ListedFrame[]> {
  const frames: ListedFrame[] = [];
  let count = 0;
  await probe(path, options, {
    stream: String(stream),
    entries: ['frame=stream_index,best_effort_timestamp_time,key_frame'],
    take: (name, fields) => {
      if (name !== 'frame') return;
      count = countFrame(count);
      const time = Number(fields.get('best_effort_timestamp_time'));
      frames.push({ time, isKey: fields.get('key_frame') === '1' });
    },
  });
  const listed = toFrames(frames);
  if (listed === undefined) throw new VideoError('its frames have no times');
  return listed;
}

/** In the order of display, from time 0; undefined where one has no time, or there are none. */
function toFrames(frames: readonly ListedFrame[]): readonly ListedFrame[] | undefined {
  const sorted = frames.toSorted((a, b) => a.time - b.time);
  const first = sorted[0]?.time;
  if (first === undefined || sorted.some(({ time }) => !Number.isFinite(time))) return undefined;
  return sorted.map(({ time, isKey }) => ({ time: round(time - first), isKey }));
}

/** To microseconds, as ffmpeg prints times. */
const round = (seconds: number): number => Math.round(seconds * 1e6) / 1e6;

/**
 * The size as a player shows it. Of pixels that are not square the height stays: the stored width
 * is scaled. A turned video has its sides exchanged. Throws a {@link VideoError}. `refusedSize` is
 * that of frames for which ffprobe took no memory, and which it lists without a size.
 */
function displaySize(fields: Fields, refusedSize: Size | undefined): Size {
  const width = Number(fields.get('width'));
  const height = Number(fields.get('height'));
  const [across = 1, down = 1] = (fields.get('sample_aspect_ratio') ?? '').split(':').map(Number);
  const aspect = across > 0 && down > 0 ? across / down : 1;
  const wide = Math.max(1, Math.round(width * aspect));
  if (!(width > 0 && height > 0))
    throw refusedSize === undefined
      ? new VideoError('the size of its frames is unknown')
      : tooLarge(refusedSize);
  if (Math.max(width, wide) * height > mostPixels) throw tooLarge({ width: wide, height });
  // Its name begins with that of the side data, which differs between versions.
  const [, rotation = 0] = [...fields].find(([name]) => name.endsWith(':rotation')) ?? [];
  return Math.abs(Number(rotation)) % 180 === 90
    ? { width: height, height: wide }
    : { width: wide, height };
}

const tooLarge = ({ width, height }: Size): VideoError =>
  new VideoError(
    `its frames have ${width} x ${height} pixels, more than ${formatCount(mostPixels)}`,
  );

/** Why a file cannot be opened as a video, by the errors of ffprobe. */
function whyUnreadable(errors: readonly string[]): string {
  const isUnclear = errors.some((error) => /moov atom not found/.test(error));
  if (isUnclear) return 'it is no video, or it is cut short';
  const last = errors.at(-1) ?? 'ffprobe failed';
  if (/Invalid (data|argument)/i.test(last)) return 'it is no video';
  return /End of file/.test(last) ? 'it is cut short' : `it cannot be read (${last})`;
}

interface ProbeQuestion {
  /** Which streams, as ffprobe names them. */
  readonly stream: string;
  /** What is printed of what. */
  readonly entries: readonly string[];
  /** Takes a line of the output: its name, such as `packet`, and its fields. */
  readonly take: (name: string, fields: Fields) => void;
}

/** Runs ffprobe. Its lines are not kept: a damaged file may have millions of them. */
async function probe(
  path: string,
  { programs, deadline }: ProbeOptions,
  { stream, entries, take }: ProbeQuestion,
): Promise<{ readonly isCut: boolean; readonly refusedSize: Size | undefined }> {
  let isCut = false;
  let refusedSize: Size | undefined;
  await runProgram({
    program: programs.ffprobe,
    words: [
      '-hide_banner',
      '-loglevel',
      'level+error',
      '-select_streams',
      stream,
      '-show_entries',
      entries.join(':'),
      '-of',
      'compact',
      ...openVideo(path),
    ],
    deadline,
    reason: whyUnreadable,
    hear: (line) => {
      isCut ||= /partial file|ended prematurely|truncat/i.test(line);
      const [, width, height] = /Picture size (\d+)x(\d+) exceeds/.exec(line) ?? [];
      if (width !== undefined) refusedSize = { width: Number(width), height: Number(height) };
    },
    read: (output) =>
      eachLine(output, (line) => {
        const [name = '', ...fields] = line.split('|');
        take(name, new Map(fields.flatMap(toField)));
      }),
  });
  return { isCut, refusedSize };
}

function toField(field: string): readonly (readonly [string, string])[] {
  const at = field.indexOf('=');
  return at === -1 ? [] : [[field.slice(0, at), field.slice(at + 1)]];
}
