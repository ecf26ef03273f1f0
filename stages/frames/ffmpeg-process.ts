import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';

/** Why a video cannot be used, as a clause: `it is cut short`. */
export class VideoError extends Error {}

/**
 * The forms of files that are read. A playlist, a session description or a list of files to join
 * would make ffmpeg read other files, which no fingerprint covers: none of them is among these.
 */
const formats = [
  'mov,mp4,m4a,3gp,3g2,mj2',
  'matroska,webm',
  'avi',
  'mpeg',
  'mpegts',
  'asf',
  'flv',
  'ogg',
  'yuv4mpegpipe',
].join(',');

/** The most pixels of a frame: a square of 8192 pixels a side, twice as many as 8K has. */
export const mostPixels = 2 ** 26;

/**
 * Bytes of a single piece of memory, which a damaged or hostile header may ask for: enough for a
 * frame of the most pixels, and for the index of 20 million frames.
 */
const largestAllocation = 2 ** 29;

/**
 * The words by which ffmpeg and ffprobe open a video: the file of this name whatever the name looks
 * like, no protocol but files, no form that names others, and bounds for what its header claims.
 */
export const openVideo = (path: string): readonly string[] => [
  '-max_alloc',
  String(largestAllocation),
  '-max_pixels',
  String(mostPixels),
  '-protocol_whitelist',
  'file',
  '-format_whitelist',
  formats,
  '-i',
  `file:${path}`,
];

interface Decoding {
  /** The least messages that ffmpeg prints: `info` has the time of each frame. */
  readonly level: 'error' | 'info';
  /** Threads of the decoder. */
  readonly threads: number;
}

/** The words by which ffmpeg decodes a video, until its end or its first error. */
export const decodeVideo = (path: string, { level, threads }: Decoding): readonly string[] => [
  '-nostdin',
  '-hide_banner',
  '-nostats',
  '-loglevel',
  `level+${level}`,
  '-xerror',
  '-threads',
  String(threads),
  '-filter_threads',
  '1',
  ...openVideo(path),
];

interface ProgramRun {
  readonly program: string;
  readonly words: readonly string[];
  /** The moment by which it must have ended, in milliseconds of `performance.now()`. */
  readonly deadline: number;
  /** Why it failed, as a clause, by its last errors. */
  readonly reason: (errors: readonly string[]) => string;
  /** Takes what it prints. */
  readonly read: (output: Readable) => Promise<void>;
  /** Takes a line of its messages, which begin with their level: `[error] …`. */
  readonly hear: (line: string) => void;
}

/**
 * Runs ffmpeg or ffprobe to its end, without a shell. Throws a {@link VideoError} where it fails,
 * and where it takes too long.
 */
export async function runProgram({
  program,
  words,
  deadline,
  reason,
  read,
  hear,
}: ProgramRun): Promise<void> {
  const errors: string[] = [];
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'] });
  let isLate = false;
  const stop = () => {
    child.kill('SIGKILL');
    // A wrapper's own child may hold the pipes open: it ends with the next word that it writes.
    child.stdout.destroy();
    child.stderr.destroy();
  };
  const timer = setTimeout(
    () => {
      isLate = true;
      stop();
    },
    Math.max(0, deadline - performance.now()),
  );
  const heard = eachLine(child.stderr, (line) => {
    if (/\[(error|fatal|panic)\]/.test(line)) errors.push(messageOf(line));
    if (errors.length > 20) errors.shift();
    hear(line);
  });
  const reading = read(child.stdout);
  try {
    const [code] = await Promise.all([ended(child), reading, heard]);
    if (isLate) throw new VideoError('it takes longer than `timeLimit`');
    if (code !== 0) throw new VideoError(reason(errors));
  } catch (error) {
    if (isLate) throw new VideoError('it takes longer than `timeLimit`');
    throw error;
  } finally {
    clearTimeout(timer);
    stop();
    // Nothing reads or writes any more when the caller closes its files.
    await Promise.allSettled([reading, heard]);
  }
}

const ended = (child: ChildProcess) =>
  new Promise<number | string | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code ?? signal));
  });

/** Gives the lines of a stream one after the other; both kinds of breaks end one. */
export async function eachLine(stream: Readable, take: (line: string) => void): Promise<void> {
  let rest = '';
  stream.setEncoding('utf8');
  for await (const chunk of stream) {
    const lines = (rest + chunk).split(/[\r\n]+/);
    rest = lines.pop()!;
    for (const line of lines) take(line);
  }
  if (rest !== '') take(rest);
}

/** A message without its level, the part of ffmpeg that it comes from, and the path of the file. */
const messageOf = (line: string): string =>
  line
    .replace(/\[[^\]]*\] */g, '')
    .replace(/^file:.*: /, '')
    .trim();
