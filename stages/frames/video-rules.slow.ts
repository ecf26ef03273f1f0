import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import sharp from 'sharp';
import { openDataset } from '../../src/learning/vision/dataset/open-dataset.ts';
import { drawVideo, ffmpeg, pathOf, withoutFfmpeg } from '../../test/support/ffmpeg.ts';
import { Gate } from '../../test/support/gate.ts';
import { StageBench } from '../../test/support/stage-bench.ts';
import run from './run.ts';
import { spec } from './spec.ts';

const skip = withoutFfmpeg;
const lossless = ['-c:v', 'ffv1'];

/** A bench with an empty folder of videos. */
function makeBench(): StageBench & { readonly videos: string } {
  const bench = new StageBench();
  const videos = join(bench.root, 'videos');
  mkdirSync(videos);
  return Object.assign(bench, { videos });
}

const take = (bench: StageBench & { readonly videos: string }, settings: object = {}) =>
  bench.run(spec, run, {
    with: { unreadable: 'skip', ...settings },
    inputs: { videos: bench.videos },
  });

/** By the name of the video: the size of its first frame, and the means of red, green and blue. */
async function firstFrames(bench: StageBench) {
  using dataset = openDataset(bench.output('dataset'));
  const split = dataset.split('all');
  const frames = split.samples.map(async ({ video, frame, width, height }, index) => {
    const { channels } = await sharp(await split.read(index)).stats();
    const colour = channels.map(({ mean }) => mean);
    return { video: video!, frame: frame!, size: `${width}x${height}`, colour };
  });
  const first = new Map<string, Awaited<(typeof frames)[number]>>();
  for (const frame of await Promise.all(frames))
    if (!first.has(frame.video)) first.set(frame.video, frame);
  return first;
}

/** By the name of the video: why there are no frames of it. */
function reasonsIn(bench: StageBench): Readonly<Record<string, string>> {
  using dataset = openDataset(bench.output('dataset'));
  const missing = dataset.split('all').missing();
  return Object.fromEntries(missing.map(({ video, reason }) => [video, reason]));
}

/** Weights of red and blue in luma: ITU-R BT.601, BT.709 and BT.2020. */
const weights = {
  bt601: [0.299, 0.114],
  bt709: [0.2126, 0.0722],
  bt2020: [0.2627, 0.0593],
} as const;

/**
 * Red, green and blue, 0 to 255, of values of 8 bits in the limited range (16 to 235 and 240), or
 * in the full one.
 */
function rgbOf(
  [luma, cb, cr]: readonly [number, number, number],
  matrix: keyof typeof weights,
  range: 'limited' | 'full' = 'limited',
): readonly number[] {
  const [ofRed, ofBlue] = weights[matrix];
  const y = range === 'full' ? luma : (255 * (luma - 16)) / 219;
  const scale = range === 'full' ? 2 : (2 * 255) / 224;
  const red = y + scale * (1 - ofRed) * (cr - 128);
  const blue = y + scale * (1 - ofBlue) * (cb - 128);
  return [red, (y - ofRed * red - ofBlue * blue) / (1 - ofRed - ofBlue), blue];
}

const colour = [120, 100, 160] as const;

/** Draws a video of one colour, whose values are those of `colour` in this many bits. */
function drawColour(path: string, bits: 8 | 10 | 12, tags: string): void {
  const [luma, cb, cr] = colour.map((value) => value * 2 ** (bits - 8));
  const pixels = bits === 8 ? 'yuv420p' : `yuv420p${bits}le`;
  const filter = `format=${pixels},geq=lum=${luma}:cb=${cb}:cr=${cr},setparams=${tags}`;
  const source = ['-f', 'lavfi', '-i', 'color=black:s=32x32:r=10'];
  ffmpeg(...source, '-vf', filter, '-frames:v', '2', ...lossless, '-pix_fmt', pixels, path);
}

test('colours are read by the matrix and range that a video states, and as BT.601 where it states none', {
  skip,
}, async () => {
  using bench = makeBench();
  const draw = (name: string, tags: string, bits: 8 | 10 | 12 = 8) =>
    drawColour(join(bench.videos, name), bits, tags);
  draw('bt601.mkv', 'range=tv:colorspace=smpte170m');
  draw('bt709.mkv', 'range=tv:colorspace=bt709');
  draw('bt2020.mkv', 'range=tv:colorspace=bt2020nc');
  draw('unstated.mkv', 'range=tv:colorspace=unknown');
  draw('full.mkv', 'range=pc:colorspace=bt709');
  await take(bench, { take: { count: 1 } });
  const expected = {
    'bt601.mkv': rgbOf(colour, 'bt601'),
    'bt709.mkv': rgbOf(colour, 'bt709'),
    'bt2020.mkv': rgbOf(colour, 'bt2020'),
    'unstated.mkv': rgbOf(colour, 'bt601'),
    'full.mkv': rgbOf(colour, 'bt709', 'full'),
  };
  await assertColours(bench, expected);
});

test('high dynamic range, PQ and HLG, is reduced to 8 bits and not mapped to a smaller one', {
  skip,
}, async () => {
  using bench = makeBench();
  const tags = 'range=tv:colorspace=bt2020nc:color_primaries=bt2020:color_trc=';
  drawColour(join(bench.videos, 'pq.mkv'), 10, `${tags}smpte2084`);
  drawColour(join(bench.videos, 'hlg.mkv'), 10, `${tags}arib-std-b67`);
  drawColour(join(bench.videos, 'pq-12.mkv'), 12, `${tags}smpte2084`);
  await take(bench, { take: { count: 1 } });
  const plain = rgbOf(colour, 'bt2020');
  await assertColours(bench, { 'hlg.mkv': plain, 'pq-12.mkv': plain, 'pq.mkv': plain });
});

async function assertColours(
  bench: StageBench,
  expected: Readonly<Record<string, readonly number[]>>,
): Promise<void> {
  const frames = await firstFrames(bench);
  assert.deepEqual([...frames.keys()].sort(), Object.keys(expected).sort());
  for (const [name, values] of Object.entries(expected)) {
    const got = frames.get(name)!.colour;
    const distance = Math.max(...values.map((value, i) => Math.abs(value - got[i]!)));
    assert.ok(distance <= 1.5, `${name}: ${got} in place of ${values}`);
  }
}

test('of several videos in a file the first counts, and a cover picture is none', {
  skip,
}, async () => {
  using bench = makeBench();
  const at = (name: string) => join(bench.videos, name);
  const parts = join(bench.root, 'parts');
  const large = join(parts, 'large.mkv');
  const small = join(parts, 'small.mp4');
  const cover = join(parts, 'cover.png');
  const sound = join(parts, 'sound.m4a');
  drawVideo(large, { size: '96x64', output: lossless });
  drawVideo(small, { size: '48x32', output: ['-c:v', 'libx264'] });
  ffmpeg('-f', 'lavfi', '-i', 'color=red:s=200x200', '-frames:v', '1', cover);
  ffmpeg('-f', 'lavfi', '-i', 'sine=d=1', '-c:a', 'aac', sound);
  const both = (first: string, second: string) => ['-i', first, '-i', second];
  const all = ['-map', '0', '-map', '1', '-c', 'copy'];
  ffmpeg(...both(large, small), ...all, at('large-first.mkv'));
  ffmpeg(...both(small, large), ...all, at('small-first.mkv'));
  ffmpeg(...both(sound, small), ...all, at('sound-first.mp4'));
  const isCover = ['-disposition:v:0', 'attached_pic'];
  ffmpeg(...both(cover, small), ...all, ...isCover, at('cover-first.mp4'));
  ffmpeg(...both(cover, sound), ...all, ...isCover, at('sound-with-cover.mp4'));
  await take(bench, { take: { count: 2 } });
  const frames = await firstFrames(bench);
  assert.deepEqual(
    Array.from(frames.values(), ({ video, size }) => [video, size]),
    [
      ['cover-first.mp4', '48x32'],
      ['large-first.mkv', '96x64'],
      ['small-first.mkv', '48x32'],
      ['sound-first.mp4', '48x32'],
    ],
  );
  assert.deepEqual(reasonsIn(bench), { 'sound-with-cover.mp4': 'it has no video' });
});

test('a video that is turned by 180 degrees stands upright, and pixels that are high make it narrower', {
  skip,
}, async () => {
  using bench = makeBench();
  const upright = join(bench.root, 'upright.mp4');
  const half = "geq=lum='if(lt(Y,H/2),40,200)':cb=128:cr=128";
  drawVideo(upright, { frames: 2, filter: half, output: ['-c:v', 'libx264'] });
  const turned = join(bench.videos, 'turned.mp4');
  ffmpeg('-display_rotation', '180', '-i', upright, '-c', 'copy', turned);
  const high = { frames: 2, filter: 'setsar=1/2', output: lossless };
  drawVideo(join(bench.videos, 'high.mkv'), high);
  await take(bench, { take: { count: 1 } });
  const frames = await firstFrames(bench);
  assert.equal(frames.get('high.mkv')!.size, '32x48');
  assert.equal(frames.get('turned.mp4')!.size, '64x48');
  using dataset = openDataset(bench.output('dataset'));
  const { data } = await sharp(await dataset.split('all').read(1))
    .raw()
    .toBuffer({ resolveWithObject: true });
  const level = (y: number) => data[3 * (64 * y + 32)]!;
  assert.ok(level(4) > 180 && level(44) < 60, 'its lower half is above');
});

test('times begin at the first frame, whatever the file calls it', { skip }, async () => {
  using bench = makeBench();
  drawVideo(join(bench.videos, 'late.ts'), { output: ['-c:v', 'mpeg2video', '-q:v', '1'] });
  await take(bench, { every: 5 });
  using dataset = openDataset(bench.output('dataset'));
  const { samples } = dataset.split('all');
  assert.deepEqual(
    samples.map(({ frame, time }) => [frame, time]),
    [
      [0, 0],
      [5, 0.5],
      [10, 1],
      [15, 1.5],
    ],
  );
});

/** Changes 32-bit numbers in the first box of this name in an MP4 file, by their place in it. */
function patchBox(path: string, name: string, numbers: Readonly<Record<number, number>>): void {
  const bytes = readFileSync(path);
  const box = bytes.indexOf(name, 0, 'latin1') + name.length;
  for (const [place, number] of Object.entries(numbers))
    bytes.writeUInt32BE(number, box + 4 * Number(place));
  writeFileSync(path, bytes);
}

test('frames of 8K are taken, larger ones and headers that claim a billion frames are refused', {
  skip,
}, async () => {
  using bench = makeBench();
  const at = (name: string) => join(bench.videos, name);
  const draw = (name: string, size: string) => {
    const black = `color=black:s=${size},format=yuvj420p`;
    ffmpeg('-f', 'lavfi', '-i', black, '-frames:v', '1', '-c:v', 'mjpeg', at(name));
  };
  draw('8k.mkv', '7680x4320');
  draw('also-8k.mkv', '7680x4320');
  draw('huge.mkv', '8704x8192');
  const billion = 1_000_000_000;
  drawVideo(at('billion.mp4'), { output: ['-c:v', 'libx264'] });
  // Version and flags come first in each box. All frames have one byte and lie in one chunk.
  patchBox(at('billion.mp4'), 'stsz', { 1: 1, 2: billion });
  patchBox(at('billion.mp4'), 'stts', { 1: 1, 2: billion, 3: 1 });
  patchBox(at('billion.mp4'), 'stsc', { 1: 1, 2: 1, 3: billion, 4: 1 });
  await take(bench, { take: { count: 1 }, size: 256 });
  const frames = await firstFrames(bench);
  assert.deepEqual(
    Array.from(frames.values(), ({ video, size }) => [video, size]),
    [
      ['8k.mkv', '256x144'],
      ['also-8k.mkv', '256x144'],
    ],
  );
  const { 'billion.mp4': billionReason, ...reasons } = reasonsIn(bench);
  assert.deepEqual(reasons, {
    'huge.mkv': 'its frames have 8704 x 8192 pixels, more than 67,108,864',
  });
  assert.match(billionReason!, /^it (is no video|is cut short|cannot be read)/);
});

/** A program `ffmpeg` of the project, and beside it that `ffprobe`, or else the real one. */
function writePrograms(bench: StageBench, ffmpegText: string, ffprobeText?: string): string {
  const bin = join(bench.root, 'bin');
  mkdirSync(bin);
  const write = (name: string, text: string) => {
    writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(bin, name), 0o755);
  };
  write('ffmpeg', ffmpegText);
  if (ffprobeText === undefined) symlinkSync(pathOf('ffprobe'), join(bin, 'ffprobe'));
  else write('ffprobe', ffprobeText);
  return join(bin, 'ffmpeg');
}

test('a list of frames that never ends is refused', { skip }, async () => {
  using bench = makeBench();
  drawVideo(join(bench.videos, 'a.mkv'), { output: lossless });
  const packets = `[ "$1" = -version ] && exec ffprobe -version\nexec yes 'packet|stream_index=0|pts_time=1.0|flags=K__'`;
  const program = writePrograms(bench, 'exec ffmpeg "$@"', packets);
  await assert.rejects(take(bench, { ffmpeg: program }), {
    name: 'StageError',
    message:
      'Expected videos that can be decoded, but 1 of 1 cannot:\n  a.mkv: it has more than 2,500,000 frames',
  });
});

test('the time of a video ends even where a program behind ffmpeg holds its output', {
  skip,
}, async () => {
  using bench = makeBench();
  const gate = new Gate(join(bench.root, 'gate'));
  drawVideo(join(bench.videos, 'a.mkv'), { output: lossless });
  const wrapper = `case "$*" in *showinfo*) (read line < '${join(bench.root, 'gate')}') & wait;; esac\nexec ffmpeg "$@"`;
  const program = writePrograms(bench, wrapper);
  await assert.rejects(take(bench, { ffmpeg: program, timeLimit: 2 }), {
    name: 'StageError',
    message:
      'Expected videos that can be decoded, but 1 of 1 cannot:\n  a.mkv: it takes longer than `timeLimit`',
  });
  gate.pass();
  gate.close();
});

test('clips of odd sides, grey ones, with transparency and of 10 to 16 bits have the same frames after H.264', {
  skip,
}, async () => {
  using bench = makeBench();
  const formats = ['gray', 'gray10le', 'gray16le', 'yuva420p', 'yuv444p', 'yuv420p10le', 'bgra'];
  const clips = [
    ...formats.map((format) => [format, '61x43'] as const),
    ...['17x9', '9x64', '127x65', '255x33'].map((size) => ['yuv420p', size] as const),
  ];
  for (const [i, [format, size]] of clips.entries()) {
    const drawn = `gradients=size=${size}:rate=5:duration=1:seed=${i + 1}`;
    const file = join(bench.videos, `${format}-${size}.mkv`);
    ffmpeg('-f', 'lavfi', '-i', drawn, '-pix_fmt', format, ...lossless, file);
  }
  await take(bench, { take: { count: 2 } });
  const unchanged = await firstFrames(bench);
  assert.equal(unchanged.size, clips.length, JSON.stringify(reasonsIn(bench)));
  await take(bench, { take: { count: 2 }, h264: 1 });
  const recoded = await firstFrames(bench);
  assert.equal(recoded.size, clips.length, JSON.stringify(reasonsIn(bench)));
  for (const [video, { frame, size, colour }] of unchanged) {
    const after = recoded.get(video)!;
    assert.deepEqual([after.frame, after.size], [frame, size], video);
    for (const [channel, level] of colour.entries())
      assert.ok(
        Math.abs(after.colour[channel]! - level) < 2.5,
        `${video}: ${after.colour.join(', ')} for ${colour.join(', ')}`,
      );
  }
});
