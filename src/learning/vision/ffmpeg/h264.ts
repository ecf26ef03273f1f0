import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import { StageError } from '../../../stage.ts';
import type { DecodedImage } from '../decode-image.ts';
import type { Size } from '../resample.ts';
import { installFfmpeg } from './find-ffmpeg.ts';

/** How pixels are scaled, and converted between RGB and YUV. */
export const scaling = 'bicubic+accurate_rnd+full_chroma_int+full_chroma_inp';

/**
 * The filter before the encoder. Colours have half the size, so sides are even: an odd one is
 * enlarged by one pixel, and reduced again where frames are decoded.
 */
export const evenSides = ({ width, height }: Size): string =>
  `scale=${width + (width % 2)}:${height + (height % 2)}:flags=${scaling}`;

/**
 * The words of an output that is encoded as H.264 at a constant rate factor, 0 to 51. With several
 * threads the bytes would depend on their number.
 */
export const h264Words = (rateFactor: number): readonly string[] => [
  '-c:v',
  'libx264',
  '-preset',
  'medium',
  '-crf',
  String(rateFactor),
  '-pix_fmt',
  'yuv420p',
  '-threads',
  '1',
];

/** Throws a {@link StageError} for an ffmpeg that was built without the encoder. */
export async function requireH264(ffmpeg: string): Promise<void> {
  const words = ['-hide_banner', '-h', 'encoder=libx264'];
  const { stdout } = await promisify(execFile)(ffmpeg, words, { timeout: mostMilliseconds });
  if (/^Encoder libx264 /m.test(stdout)) return;
  throw new StageError(
    `${ffmpeg} cannot encode H.264, since it was built without libx264. ${installFfmpeg}`,
  );
}

/**
 * An image after H.264, as the only frame of a clip: no neighbour predicts it, so it is not
 * comparable with a frame of a longer clip at the same rate factor.
 */
export async function throughH264(
  { pixels, width, height }: DecodedImage,
  rateFactor: number,
  ffmpeg: string,
): Promise<DecodedImage> {
  const raw = ['-f', 'rawvideo', '-pixel_format', 'rgb24', '-video_size', `${width}x${height}`];
  const toYuv = `${evenSides({ width, height })}:out_color_matrix=bt601:out_range=tv`;
  const words = [...raw, '-i', 'pipe:0', '-vf', toYuv, ...h264Words(rateFactor), '-f', 'h264'];
  const encoded = await filtered(ffmpeg, pixels, words);
  const toRgb = `scale=${width}:${height}:flags=${scaling},format=rgb24`;
  const back = ['-f', 'h264', '-i', 'pipe:0', '-vf', toRgb, '-f', 'rawvideo'];
  const decoded = await filtered(ffmpeg, encoded, back);
  if (decoded.length !== pixels.length)
    throw new Error(`ffmpeg gave ${decoded.length} bytes, and the image has ${pixels.length}`);
  return { width, height, pixels: decoded };
}

/** What one image may take: far longer than the largest one does. */
const mostMilliseconds = 60_000;

/** Gives ffmpeg some bytes, and takes what it makes of them. */
async function filtered(
  ffmpeg: string,
  input: Uint8Array,
  words: readonly string[],
): Promise<Buffer> {
  const child = spawn(
    ffmpeg,
    ['-hide_banner', '-v', 'error', '-threads', '1', ...words, 'pipe:1'],
    {
      timeout: mostMilliseconds,
      killSignal: 'SIGKILL',
    },
  );
  const ended = new Promise<number | string | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code ?? signal));
  });
  child.stdin.on('error', () => {}); // it ended before it had read all: its code says so
  child.stdin.end(input);
  const output: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const code = await ended;
  if (code !== 0) throw new Error(`ffmpeg failed (${code}): ${errors.trim()}`);
  return Buffer.concat(output);
}
