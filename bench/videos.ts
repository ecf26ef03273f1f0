/**
 * `frames` of many videos, and `faces` of some of them: processor time, wall time, memory, disk,
 * and the time of a run with nothing to do. Beside it ffmpeg alone with as many processes, which
 * writes the same frames as PNG; the goal is 1.2 times its time.
 *     node --import tsx bench/videos.ts               # 32 frames of 40 videos, faces of 8 of them
 *     node --import tsx bench/videos.ts 2000 200 8    # so many videos, faces of so many, 8 frames
 *     node --import tsx bench/videos.ts 20 1 32 720   # videos of 1280 x 720 pixels
 * A clip has 10 s of 320 x 180 pixels, 12 frames a second, H.264: a photograph of the npm package
 * `@vladmandic/face-api`, over which the camera moves, with noise. At most twenty are drawn; the
 * others have their frames and other bytes. What a start of ffmpeg and of ffprobe takes is
 * measured too, since clips this small take little more. Processor seconds are those of all
 * processes; compare wall times on a quiet machine only. Needs ffmpeg, and python3, which adds up
 * what processes used.
 */
import { spawnSync } from 'node:child_process';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';

import { Folder, pipeline } from './runner/project.ts';

const [count = 40, withFaces = 8, frames = 32, height = 180] = process.argv.slice(2).map(Number);
const rate = 12;
const seconds = 10;
const cores = availableParallelism();
const drawn = Math.min(count, 20);
const width = Math.round((height * 16) / 9);
/** ffmpeg alone takes the frames of at most so many videos. */
const alone = Math.min(count, 100);

/** Runs a program, and prints what all of its processes used. */
const usage = `
import json, resource, subprocess, sys, time
start = time.monotonic()
code = subprocess.call(json.loads(sys.argv[1]), cwd=sys.argv[2], stdout=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([code, used.ru_utime + used.ru_stime, time.monotonic() - start, used.ru_maxrss / 1024]))
`;

interface Usage {
  readonly processor: number;
  readonly wall: number;
  /** The most memory of the largest process, in MiB. */
  readonly memory: number;
}

using project = new Folder();
const at = (...names: readonly string[]) => join(project.path, ...names);

function ffmpeg(...words: readonly string[]): void {
  const { status, stderr } = spawnSync('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...words], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
}

function measure(name: string, argv: readonly string[]): Usage {
  const { stdout, stderr } = spawnSync(
    'python3',
    ['-c', usage, JSON.stringify(argv), project.path],
    { encoding: 'utf8' },
  );
  const [code, processor, wall, memory] = JSON.parse(stdout) as [number, number, number, number];
  if (code !== 0) throw new Error(`${name} ended with ${code}: ${stderr}`);
  const numbers = [processor.toFixed(1), wall.toFixed(1), memory.toFixed(0)];
  console.log(name.padEnd(44) + numbers.map((number) => number.padStart(12)).join(''));
  return { processor, wall, memory };
}

/** A clip in which the camera moves over a photograph, to the right or to the left. */
function drawClip(index: number): void {
  const require = createRequire(import.meta.url);
  const demo = join(dirname(require.resolve('@vladmandic/face-api/package.json')), 'demo');
  const photograph = join(demo, `sample${1 + (index % 6)}.jpg`);
  const share = index % 2 === 0 ? `t/${seconds}` : `1-t/${seconds}`;
  const filters = [
    `scale=${2 * width}:-2`,
    `loop=loop=-1:size=1,setpts=N/${rate}/TB`,
    `crop=${width}:${height}:x='(iw-ow)*(${share})':y='(ih-oh)*${(0.2 + 0.02 * index).toFixed(2)}'`,
    `noise=alls=6:allf=t:all_seed=${index}`,
    'format=yuv420p',
  ];
  const length = ['-t', String(seconds), '-r', String(rate)];
  ffmpeg(
    '-i',
    photograph,
    '-vf',
    filters.join(','),
    ...length,
    '-c:v',
    'libx264',
    at(`${index}.mp4`),
  );
}

/** The bytes of a clip with a box that players skip, which makes them others. */
function otherBytes(clip: Buffer, index: number): Buffer {
  const box = Buffer.from('\0\0\0\u0010free00000000', 'latin1');
  box.writeUInt32BE(index, 8);
  return Buffer.concat([clip, box]);
}

const classOf = (index: number) => (index % 2 === 0 ? 'real' : 'fake');
const nameOf = (index: number) => join(classOf(index), `${index}.mp4`);
for (const folder of ['videos', 'some'])
  for (const name of ['real', 'fake']) mkdirSync(at(folder, name), { recursive: true });
for (let index = 0; index < drawn; index++) drawClip(index);
for (let index = 0; index < count; index++) {
  const clip = readFileSync(at(`${index % drawn}.mp4`));
  writeFileSync(at('videos', nameOf(index)), otherBytes(clip, index));
  if (index < withFaces) linkSync(at('videos', nameOf(index)), at('some', nameOf(index)));
}
const take = `with: { take: { count: ${frames} } }`;
project.write(
  'pipelines/frames.yaml',
  `stages:\n  frames: { kind: frames, inputs: { videos: ./videos }, ${take} }\n`,
);
project.write(
  'pipelines/faces.yaml',
  `stages:
  frames: { kind: frames, inputs: { videos: ./some }, ${take} }
  faces: { kind: faces, inputs: { images: frames.dataset }, with: { pick: track, persons: true } }
`,
);
const run = (name: string) => [process.execPath, pipeline, 'run', name];
const step = Math.floor((rate * seconds) / frames);
const listed = Array.from({ length: alone }, (_, index) => join('videos', nameOf(index)));
project.write('listed.txt', `${listed.join('\n')}\n`);
const bareFrames = `xargs -P ${cores} -I{} sh -c 'mkdir -p "bare/{}" && ffmpeg -nostdin -v error -y -threads 1 -i "{}" -vf "select=not(mod(n\\,${step}))" -fps_mode passthrough -frames:v ${frames} "bare/{}/%06d.png"' < listed.txt`;

console.log(
  `${frames} frames of each of ${count} videos of ${seconds} s, ${width} x ${height} pixels, ${cores} cores`,
);
const units = ['processor s', 'wall s', 'MiB'].map((unit) => unit.padStart(12));
console.log(' '.repeat(44) + units.join(''));
const bare = measure(`ffmpeg alone, ${alone} videos`, ['sh', '-c', bareFrames]);
rmSync(at('bare'), { recursive: true });
for (const program of ['ffmpeg', 'ffprobe']) {
  const starts = `for i in $(seq ${alone}); do ${program} -version; done`;
  measure(`${alone} starts of ${program}`, ['sh', '-c', starts]);
}
const first = measure('frames', run('frames.yaml'));
const ratio = (unit: 'processor' | 'wall') =>
  (first[unit] / count / (bare[unit] / alone)).toFixed(2);
console.log(
  `  a video: ${ratio('processor')} times its processor time, ${ratio('wall')} times its wall time`,
);
printDisk();
measure('frames, nothing to do', run('frames.yaml'));
writeFileSync(at('videos/real/new.mp4'), otherBytes(readFileSync(at('0.mp4')), count));
measure('frames, one more video', run('frames.yaml'));
measure(`faces of ${withFaces}, frames restored`, run('faces.yaml'));
printDisk();
measure('faces, nothing to do', run('faces.yaml'));
project.write(
  'pipelines/faces.yaml',
  readFileSync(at('pipelines/faces.yaml'), 'utf8').replace('pick: track', 'pick: largest'),
);
measure('faces, another `pick`', run('faces.yaml'));

/** Files that have several names count once. */
function printDisk(): void {
  const argv = ['-smc', 'videos', 'cache', 'artifacts'];
  const { stdout } = spawnSync('du', argv, { cwd: project.path, encoding: 'utf8' });
  const sizes = stdout.trimEnd().split('\n');
  console.log(`  MiB: ${sizes.map((line) => line.split('\t').reverse().join(' ')).join(', ')}`);
}
