import assert from 'node:assert/strict';
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import sharp from 'sharp';
import { csvRecords } from '../../src/csv.ts';
import { openDataset } from '../../src/learning/vision/dataset/open-dataset.ts';
import { drawVideo, ffmpeg, frameOfLevel, withoutFfmpeg } from '../../test/support/ffmpeg.ts';
import { StageBench } from '../../test/support/stage-bench.ts';
import run from './run.ts';
import { spec } from './spec.ts';

const skip = withoutFfmpeg;

/** A bench with a folder of videos, which `draw` fills. */
function benchWith(draw: (videos: string) => void): StageBench & { readonly videos: string } {
  const bench = new StageBench();
  const videos = join(bench.root, 'videos');
  mkdirSync(videos);
  draw(videos);
  return Object.assign(bench, { videos });
}

const take = (bench: StageBench & { readonly videos: string }, settings: unknown = {}) =>
  bench.run(spec, run, { with: settings, inputs: { videos: bench.videos } });

/** The message that a run ends with, its folder left out. */
const failure = (bench: StageBench & { readonly videos: string }, settings: unknown = {}) =>
  take(bench, settings).then(
    () => assert.fail('expected the stage to fail'),
    (error) => {
      assert.equal(error.name, 'StageError', error.stack);
      return error.message.replaceAll(bench.root, '') as string;
    },
  );

/** The frames of a data set: video, number, time, size, and the number that their pixels show. */
async function framesOf(bench: StageBench) {
  using dataset = openDataset(bench.output('dataset'));
  const all = dataset.splits.flatMap((name) => {
    const split = dataset.split(name);
    return split.samples.map(async (sample, i) => {
      const { channels } = await sharp(await split.read(i)).stats();
      const { video, frame, time, width, height } = sample;
      const drawn = frameOfLevel(channels[0]!.mean);
      return { video, frame, time, size: `${width}x${height}`, drawn };
    });
  });
  return await Promise.all(all);
}

/** For a single video: the numbers of its frames, and those that their pixels show. */
async function numbersOf(bench: StageBench) {
  const frames = await framesOf(bench);
  return {
    frames: frames.map(({ frame }) => frame),
    drawn: frames.map(({ drawn }) => Math.round(drawn)),
    times: frames.map(({ time }) => time),
  };
}

const lossless = ['-c:v', 'ffv1'];

test('the frames in the middle of equal pieces are taken, each with its number, time and pixels', {
  skip,
}, async () => {
  using bench = benchWith((videos) => {
    drawVideo(join(videos, 'real', 'a.mkv'), { output: lossless });
    drawVideo(join(videos, 'fake', 'swap', 'b.mkv'), { frames: 3, output: lossless });
  });
  await take(bench, { take: { count: 4 } });
  const frames = await framesOf(bench);
  assert.deepEqual(
    frames.map(({ video, frame, time, drawn }) => [video, frame, time, Math.round(drawn)]),
    [
      ['real/a.mkv', 2, 0.2, 2],
      ['real/a.mkv', 7, 0.7, 7],
      ['real/a.mkv', 12, 1.2, 12],
      ['real/a.mkv', 17, 1.7, 17],
      ['fake/swap/b.mkv', 0, 0, 0],
      ['fake/swap/b.mkv', 1, 0.1, 1],
      ['fake/swap/b.mkv', 2, 0.2, 2],
    ],
  );
  using dataset = openDataset(bench.output('dataset'));
  assert.deepEqual(dataset.classes, ['real', 'fake']);
  const [first] = dataset.split('all').samples;
  assert.deepEqual(
    [first!.key, first!.path, first!.group, first!.source],
    ['real/a.mkv/000002', 'real/a.mkv/000002.png', 'real/a.mkv', 'real'],
  );
  assert.equal(dataset.split('all').samples.at(-1)!.source, 'fake/swap');
  const [header, row] = csvRecords(
    readFileSync(bench.output('videos', spec.outputs['videos']), 'utf8'),
  );
  assert.deepEqual(Object.fromEntries(header!.fields.map((name, i) => [name, row!.fields[i]])), {
    video: 'real/a.mkv',
    class: 'real',
    source: 'real',
    split: 'all',
    group: 'real/a.mkv',
    codec: 'ffv1',
    width: '64',
    height: '48',
    seconds: '1.9',
    frames: '20',
    taken: '4',
    problem: '',
  });
});

test('a video of uneven times gives the frame that is shown at each moment', { skip }, async () => {
  using bench = benchWith((videos) =>
    drawVideo(join(videos, 'a.mkv'), {
      frames: 8,
      // 0, 0.1, 0.2 s, then a second for each frame.
      filter: "setpts='if(lt(N,3),N*0.1,N-2)/TB'",
      output: [...lossless, '-fps_mode', 'passthrough'],
    }),
  );
  await take(bench, { rate: 1 });
  assert.deepEqual(await numbersOf(bench), {
    frames: [0, 3, 4, 5, 6, 7],
    drawn: [0, 3, 4, 5, 6, 7],
    times: [0, 1, 2, 3, 4, 5],
  });
});

test('frames in another order of decoding, and a beginning that an edit hides, keep their numbers', {
  skip,
}, async () => {
  using bench = benchWith((videos) => {
    drawVideo(join(videos, 'b-frames.mp4'), {
      frames: 30,
      output: ['-c:v', 'libx264', '-bf', '3', '-g', '30', '-crf', '4'],
    });
    ffmpeg('-ss', '1', '-i', join(videos, 'b-frames.mp4'), '-c', 'copy', join(videos, 'cut.mp4'));
  });
  await take(bench, { every: 6 });
  const frames = await framesOf(bench);
  const ofVideo = (name: string) =>
    frames
      .filter(({ video }) => video === name)
      .map(({ frame, drawn }) => [frame, Math.round(drawn)]);
  assert.deepEqual(
    ofVideo('b-frames.mp4'),
    [0, 6, 12, 18, 24].map((n) => [n, n]),
  );
  assert.deepEqual(
    ofVideo('cut.mp4'),
    [0, 6, 12, 18].map((n) => [n, n + 10]),
  );
});

test('a turned video stands upright, pixels become square, and 10 bits become 8', {
  skip,
}, async () => {
  using bench = benchWith((videos) => {
    const upright = join(videos, 'upright.mp4');
    const half = "geq=lum='if(lt(Y,H/2),40,200)':cb=128:cr=128";
    drawVideo(upright, { frames: 2, filter: half, output: ['-c:v', 'libx264'] });
    ffmpeg('-display_rotation', '90', '-i', upright, '-c', 'copy', join(videos, 'turned.mp4'));
    drawVideo(join(videos, 'wide.mkv'), { frames: 2, filter: 'setsar=2/1', output: lossless });
    drawVideo(join(videos, 'deep.mkv'), { output: [...lossless, '-pix_fmt', 'yuv420p10le'] });
  });
  await take(bench, { take: { count: 1 } });
  const sizes = (await framesOf(bench)).map(({ video, size, drawn }) => [
    video,
    size,
    Math.round(drawn),
  ]);
  assert.deepEqual(sizes, [
    ['deep.mkv', '64x48', 10],
    ['turned.mp4', '48x64', 25],
    ['upright.mp4', '64x48', 25],
    ['wide.mkv', '128x48', 1],
  ]);
  using dataset = openDataset(bench.output('dataset'));
  const { data } = await sharp(await dataset.split('all').read(1))
    .raw()
    .toBuffer({ resolveWithObject: true });
  const level = (x: number, y: number) => data[3 * (48 * y + x)]!;
  assert.ok(level(4, 32) < 60 && level(44, 32) > 180, 'its upper half is on the left');
});

test('`size` bounds the longer side of a frame, and JPEG files keep their quality', {
  skip,
}, async () => {
  using bench = benchWith((videos) => {
    drawVideo(join(videos, 'large.mkv'), { frames: 1, size: '200x100', output: lossless });
    drawVideo(join(videos, 'small.mkv'), { frames: 1, size: '30x40', output: lossless });
  });
  await take(bench, { size: 100, format: 'jpeg' });
  using dataset = openDataset(bench.output('dataset'));
  const split = dataset.split('all');
  const facts = split.samples.map(({ path, width, height }) => [path, width, height]);
  assert.deepEqual(facts, [
    ['large.mkv/000000.jpg', 100, 50],
    ['small.mkv/000000.jpg', 30, 40],
  ]);
  const { format, width, chromaSubsampling } = await sharp(await split.read(0)).metadata();
  assert.deepEqual([format, width, chromaSubsampling], ['jpeg', 100, '4:4:4']);
});

/** The videos that cannot be used, one of each sort. */
function drawUnreadable(videos: string): void {
  const whole = join(videos, 'whole.mp4');
  drawVideo(whole, { output: ['-c:v', 'libx264', '-movflags', 'faststart'] });
  const cut = (name: string, bytes: number, from = whole) => {
    copyFileSync(from, join(videos, name));
    truncateSync(join(videos, name), readFileSync(from).length - bytes);
  };
  cut('cut-at-its-end.mp4', 500);
  const last = join(videos, 'index-last.mp4');
  drawVideo(last, { output: ['-c:v', 'libx264'] });
  cut('cut-index.mp4', 400, last);
  renameSync(last, join(videos, 'whole-2.mp4'));
  const matroska = join(videos, 'whole.mkv');
  drawVideo(matroska, { output: lossless });
  cut('cut.mkv', 900, matroska);
  const noisy = join(videos, 'damaged.mp4');
  drawVideo(noisy, { filter: 'noise=alls=60:allf=t', output: ['-c:v', 'libx264'] });
  writeFileSync(noisy, readFileSync(noisy).fill(0x55, 12_000, 14_000));
  ffmpeg('-f', 'lavfi', '-i', 'sine=d=1', '-c:a', 'aac', join(videos, 'sound.mp4'));
  writeFileSync(join(videos, 'empty.mp4'), '');
  writeFileSync(join(videos, 'text.mp4'), 'no video\n'.repeat(100));
}

test('every video that cannot be decoded is named at once, or left out and listed', {
  skip,
}, async () => {
  using bench = benchWith(drawUnreadable);
  const message = await failure(bench);
  const [first, ...lines] = message.replace(/(it is damaged) \(.+\)/, '$1').split('\n');
  assert.equal(
    first,
    'Expected videos that can be decoded, but 7 of 10 cannot (`unreadable: skip` leaves them out):',
  );
  assert.deepEqual(lines, [
    '  cut-at-its-end.mp4: it is cut short',
    '  cut-index.mp4: it is cut short',
    '  cut.mkv: it is cut short',
    '  damaged.mp4: it is damaged',
    '  empty.mp4: it is empty',
    '  sound.mp4: it has no video',
    '  text.mp4: it is no video, or it is cut short',
  ]);
  await take(bench, { unreadable: 'skip', take: { count: 1 } });
  using dataset = openDataset(bench.output('dataset'));
  const split = dataset.split('all');
  assert.deepEqual(
    split.samples.map(({ video }) => video),
    ['whole-2.mp4', 'whole.mkv', 'whole.mp4'],
  );
  assert.equal(split.missing().length, 7);
  assert.deepEqual(split.missing()[0], {
    video: 'cut-at-its-end.mp4',
    label: 0,
    class: 'video',
    source: 'video',
    group: 'cut-at-its-end.mp4',
    reason: 'it is cut short',
  });
  assert.equal(
    readdirSync(join(bench.output('dataset'), 'all')).filter((name) => name.endsWith('.tar'))
      .length,
    3,
  );
});

test('a video that takes longer than its time is given up', { skip }, async () => {
  using bench = benchWith((videos) => drawVideo(join(videos, 'a.mkv')));
  assert.equal(
    await failure(bench, { timeLimit: 0.001 }),
    'Expected videos that can be decoded, but 1 of 1 cannot:\n  a.mkv: it takes longer than `timeLimit`',
  );
});

test('a file that would make ffmpeg read others is refused, whatever its name is', {
  skip,
}, async () => {
  using bench = benchWith((videos) => {
    const secret = join(videos, '..', 'secret.mkv');
    drawVideo(secret, { output: lossless });
    ffmpeg('-i', secret, '-c:v', 'mpeg2video', join(videos, '..', 'secret.ts'));
    const playlist = `#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nfile://${join(videos, '..', 'secret.ts')}\n#EXT-X-ENDLIST\n`;
    for (const name of ['list.mp4', 'list.ts', 'list.mkv'])
      writeFileSync(join(videos, name), playlist);
    writeFileSync(join(videos, 'joined.mkv'), `ffconcat version 1.0\nfile '${secret}'\n`);
    writeFileSync(
      join(videos, 'session.mp4'),
      'v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n',
    );
    writeFileSync(
      join(videos, 'manifest.mp4'),
      `<?xml version="1.0"?>\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><Period><AdaptationSet><Representation id="1"><BaseURL>file://${secret}</BaseURL></Representation></AdaptationSet></Period></MPD>\n`,
    );
    drawVideo(join(videos, 'whole.mkv'), { frames: 2, output: lossless });
  });
  await take(bench, { unreadable: 'skip' });
  using dataset = openDataset(bench.output('dataset'));
  assert.deepEqual(
    [...new Set(dataset.split('all').samples.map(({ video }) => video))],
    ['whole.mkv'],
  );
  const refused = ['joined.mkv', 'list.mkv', 'list.mp4', 'list.ts', 'manifest.mp4', 'session.mp4'];
  const missing = dataset.split('all').missing();
  assert.deepEqual(
    missing.map(({ video }) => video),
    refused,
  );
  // Which form ffmpeg guesses for such a text depends on the letters of the temporary path in it.
  const reasons = /^it is (no video|cut short|no video, or it is cut short)$/;
  for (const { reason } of missing) assert.match(reason, reasons);
});

test('the name of a video is never an option, a protocol or a pattern', { skip }, async () => {
  const names = [
    '-i.mkv',
    'http:a.mkv',
    'concat:a|b.mkv',
    '%03d.mkv',
    'a b\'"$(x).mkv',
    'ä,[0:v].mkv',
  ];
  using bench = benchWith((videos) => {
    const [first] = names;
    drawVideo(join(videos, first!), { frames: 2, output: lossless });
    for (const name of names.slice(1)) copyFileSync(join(videos, first!), join(videos, name));
  });
  await take(bench, { take: { count: 1 } });
  assert.deepEqual(
    (await framesOf(bench)).map(({ video, drawn }) => [video, Math.round(drawn)]),
    [...names].sort().map((name) => [name, 1]),
  );
});

test('a list names the class, split, group and source of each video, and no file outside of its folder', {
  skip,
}, async () => {
  using bench = benchWith((videos) => {
    for (const name of ['a', 'b', 'c'])
      drawVideo(join(videos, `${name}.mkv`), { frames: 2, output: lossless });
  });
  const list = join(bench.root, 'list.csv');
  writeFileSync(
    list,
    'path,label,split,group,source\na.mkv,0,train,p1,camera\nb.mkv,1,test,p2,swap\n',
  );
  await bench.run(spec, run, {
    inputs: { videos: bench.videos, list },
    with: { take: { count: 1 } },
  });
  using dataset = openDataset(bench.output('dataset'));
  assert.deepEqual(
    dataset.splits.flatMap((name) =>
      dataset
        .split(name)
        .samples.map((sample) => [name, sample.class, sample.group, sample.source, sample.video]),
    ),
    [
      ['train', 'real', 'p1', 'camera', 'a.mkv'],
      ['test', 'fake', 'p2', 'swap', 'b.mkv'],
    ],
  );
  const hostile = ['/etc/hosts', 'http://127.0.0.1/a.mkv', 'concat:a.mkv|b.mkv', '-i', '.', '..'];
  const lines = ['../secret.mkv', 'd.mkv', ...hostile].map((path) => `${path},0\n`);
  writeFileSync(list, `path,label\n${lines.join('')}`);
  const message = await bench
    .run(spec, run, { inputs: { videos: bench.videos, list } })
    .catch((error) => error.message.replaceAll(bench.root, ''));
  assert.equal(
    message,
    `8 wrong lines in /list.csv:
  line 2: expected a path below the input \`videos\`, whose content is hashed, got "../secret.mkv"
  line 3: there is no file d.mkv in /videos
  line 4: expected a path below the input \`videos\`, whose content is hashed, got "/etc/hosts"
  line 5: there is no file http:/127.0.0.1/a.mkv in /videos
  line 6: there is no file concat:a.mkv|b.mkv in /videos
  line 7: there is no file -i in /videos
  line 8: . is not a file
  line 9: expected a path below the input \`videos\`, whose content is hashed, got ".."`,
  );
});

test('the folder of one class, given in place of the folder above it, is a warning that names both', {
  skip,
}, async () => {
  using bench = benchWith((videos) => {
    drawVideo(join(videos, 'fake', 'b.mkv'), { frames: 2, output: lossless });
    drawVideo(join(videos, 'real', 'a.mkv'), { frames: 2, output: lossless });
  });
  const settings = { take: { count: 1 } };
  await bench.run(spec, run, { with: settings, inputs: { videos: join(bench.videos, 'real') } });
  assert.deepEqual(bench.warnings, [
    'All videos have one class, called "video", since they lie in no folder below the input. Did you mean videos, whose folders fake, real would name classes?',
  ]);
  await take(bench, settings);
  assert.equal(bench.warnings.length, 1);
});

test('folders train, val and test name splits', { skip }, async () => {
  using bench = benchWith((videos) => {
    drawVideo(join(videos, 'test', 'fake', 'b.mkv'), { frames: 2, output: lossless });
    drawVideo(join(videos, 'train', 'real', 'a.mkv'), { frames: 2, output: lossless });
  });
  await take(bench, { take: { count: 1 } });
  using dataset = openDataset(bench.output('dataset'));
  assert.deepEqual(dataset.splits, ['train', 'test']);
  assert.equal(dataset.split('test').samples[0]!.class, 'fake');
});
