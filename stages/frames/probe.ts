import { eachLine, openVideo, runProgram, VideoError } from './ffmpeg-process.ts';
import type { Ffmpeg } from './find-ffmpeg.ts';

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

/** The most pixels of a frame: as many as of any other image. */
const mostPixels = 268_402_689;

/**
 * Reads a video's own list of frames, which takes no decoding. Throws a {@link VideoError} for a
 * file without a video, and for one that is cut short.
 */
export async function probeVideo(path: string, options: ProbeOptions): Promise<VideoFacts> {
  const { sections, messages } = await probe(path, options, [
    'stream=index,codec_name,width,height,sample_aspect_ratio,nb_frames',
    'stream_disposition=attached_pic',
    'stream_side_data=rotation',
    'packet=stream_index,pts_time,flags',
  ]);
  const cut = messages.find((line) => /partial file|ended prematurely|truncat/i.test(line));
  if (cut !== undefined) throw new VideoError('it is cut short');
  const streams = sections.filter(({ name }) => name === 'stream');
  const stream = streams.find(({ fields }) => fields.get('disposition:attached_pic') !== '1');
  if (stream === undefined) throw new VideoError('it has no video');
  const index = Number(stream.fields.get('index'));
  const packets = sections.filter(
    ({ name, fields }) => name === 'packet' && Number(fields.get('stream_index')) === index,
  );
  const stated = Number(stream.fields.get('nb_frames'));
  if (packets.length < stated) throw new VideoError('it is cut short');
  // A frame that only others refer to, such as one before the beginning of an edited video.
  const shown = packets.filter(({ fields }) => !fields.get('flags')!.includes('D'));
  const listed = toFrames(
    shown.map(({ fields }) => ({
      time: Number(fields.get('pts_time')),
      isKey: fields.get('flags')!.startsWith('K'),
    })),
  );
  return {
    stream: index,
    codec: stream.fields.get('codec_name') ?? 'unknown',
    ...displaySize(stream.fields),
    frames: listed ?? (await listByDecoding(path, index, options)),
  };
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
  const entries = ['frame=stream_index,best_effort_timestamp_time,key_frame'];
  const { sections } = await probe(path, options, entries, String(stream));
  const frames = sections.filter(({ name }) => name === 'frame');
  const listed = toFrames(
    frames.map(({ fields }) => ({
      time: Number(fields.get('best_effort_timestamp_time')),
      isKey: fields.get('key_frame') === '1',
    })),
  );
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
 * is scaled. A turned video has its sides exchanged. Throws a {@link VideoError}.
 */
function displaySize(fields: Fields): { readonly width: number; readonly height: number } {
  const width = Number(fields.get('width'));
  const height = Number(fields.get('height'));
  const [across = 1, down = 1] = (fields.get('sample_aspect_ratio') ?? '').split(':').map(Number);
  const aspect = across > 0 && down > 0 ? across / down : 1;
  const wide = Math.max(1, Math.round(width * aspect));
  if (!(width > 0 && height > 0) || wide * height > mostPixels)
    throw new VideoError(`its frames have ${width} x ${height} pixels`);
  // Its name begins with that of the side data, which differs between versions.
  const [, rotation = 0] = [...fields].find(([name]) => name.endsWith(':rotation')) ?? [];
  return Math.abs(Number(rotation)) % 180 === 90
    ? { width: height, height: wide }
    : { width: wide, height };
}

/** Why a file cannot be opened as a video, by the errors of ffprobe. */
function whyUnreadable(errors: readonly string[]): string {
  const isUnclear = errors.some((error) => /moov atom not found/.test(error));
  if (isUnclear) return 'it is no video, or it is cut short';
  const last = errors.at(-1) ?? 'ffprobe failed';
  if (/Invalid (data|argument)/i.test(last)) return 'it is no video';
  return /End of file/.test(last) ? 'it is cut short' : `it cannot be read (${last})`;
}

/** A line of ffprobe's output: its name, and its fields. */
interface Section {
  readonly name: string;
  readonly fields: Fields;
}

async function probe(
  path: string,
  { programs, deadline }: ProbeOptions,
  entries: readonly string[],
  stream = 'v',
) {
  const sections: Section[] = [];
  const messages: string[] = [];
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
    hear: (line) => messages.push(line),
    read: (output) =>
      eachLine(output, (line) => {
        const [name = '', ...fields] = line.split('|');
        sections.push({ name, fields: new Map(fields.flatMap(toField)) });
      }),
  });
  return { sections, messages };
}

function toField(field: string): readonly (readonly [string, string])[] {
  const at = field.indexOf('=');
  return at === -1 ? [] : [[field.slice(0, at), field.slice(at + 1)]];
}
