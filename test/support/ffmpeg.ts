import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

/** Why tests that need ffmpeg are skipped; false where it is installed, or must be. */
export const withoutFfmpeg: string | false =
  process.env['RESTAGE_FFMPEG'] === 'required' || hasFfmpeg() ? false : 'needs ffmpeg';

function hasFfmpeg(): boolean {
  try {
    for (const program of ['ffmpeg', 'ffprobe']) execFileSync(program, ['-version']);
    return true;
  } catch {
    return false;
  }
}

/** Where a program of the `PATH` lies. */
export const pathOf = (program: string): string =>
  execFileSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).trim();

/** Runs ffmpeg with these words, the last of which is the file that it writes. */
export function ffmpeg(...words: readonly string[]): void {
  mkdirSync(dirname(words.at(-1)!), { recursive: true });
  execFileSync('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...words]);
}

interface DrawnVideo {
  readonly frames?: number;
  /** Frames a second. */
  readonly rate?: number;
  readonly size?: string;
  /** Filters after the drawing. */
  readonly filter?: string;
  /** Words for the output, such as its codec. */
  readonly output?: readonly string[];
}

/** Draws a grey video. The level of a frame is `20 + 4 * n`, which names its number `n`. */
export function drawVideo(
  path: string,
  { frames = 20, rate = 10, size = '64x48', filter = 'null', output = [] }: DrawnVideo = {},
): void {
  const grey = `color=black:s=${size}:r=${rate},format=gray,geq=lum='20+4*N',${filter}`;
  ffmpeg(
    '-f',
    'lavfi',
    '-i',
    grey,
    '-frames:v',
    String(frames),
    '-pix_fmt',
    'yuv420p',
    ...output,
    path,
  );
}

/** The number of the frame of {@link drawVideo} that has this mean level, 0 to 255. */
export const frameOfLevel = (level: number): number => Math.round(((level - 20) / 4) * 100) / 100;
