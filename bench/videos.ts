/**
 * `frames` of many videos, beside ffmpeg alone with as many processes: 32 frames of each as PNG.
 * Processor seconds are those of all processes; compare wall times on a quiet machine only.
 *   node --import tsx bench/videos.ts            # 40 videos of 10 s
 *   node --import tsx bench/videos.ts 2000 10    # so many videos, of so many seconds
 * The goal is 1.2 times ffmpeg alone. Needs ffmpeg and python3, which adds up what processes used.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

import { Folder, pipeline } from './runner/project.ts';

const [count = 40, seconds = 10] = process.argv.slice(2).map(Number);
const rate = 25;
const cores = availableParallelism();
/** Videos that are drawn; the others have their frames and other bytes. */
const drawn = 20;

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
    {
      encoding: 'utf8',
    },
  );
  const [code, processor, wall, memory] = JSON.parse(stdout) as [number, number, number, number];
  if (code !== 0) throw new Error(`${name} ended with ${code}: ${stderr}`);
  const numbers = [processor.toFixed(1), wall.toFixed(1), memory.toFixed(0)];
  console.log(name.padEnd(34) + numbers.map((number) => number.padStart(11)).join(''));
  return { processor, wall, memory };
}

for (const name of ['real', 'fake']) mkdirSync(at('videos', name), { recursive: true });
for (let i = 0; i < count; i++) {
  const video = at('videos', i % 2 === 0 ? 'real' : 'fake', `${i}.mp4`);
  const source = at(`drawn-${i % drawn}.mp4`);
  if (i < drawn) {
    const scene = `testsrc2=s=640x360:r=${rate}:d=${seconds},hue=h=${18 * i},noise=alls=12:allf=t:all_seed=${i}`;
    ffmpeg(
      '-f',
      'lavfi',
      '-i',
      scene,
      '-c:v',
      'libx264',
      '-preset',
      'veryfast',
      '-pix_fmt',
      'yuv420p',
      source,
    );
  }
  ffmpeg('-i', source, '-c', 'copy', '-metadata', `comment=${i}`, video);
}
project.write(
  'pipelines/bench.yaml',
  'stages:\n  frames: { kind: frames, inputs: { videos: ./videos }, with: { take: { count: 32 } } }\n',
);
const restage = [process.execPath, pipeline, 'run', 'bench.yaml'];
const step = Math.floor((rate * seconds) / 32);
const alone = `mkdir -p frames && find videos -name '*.mp4' -print0 | xargs -0 -P ${cores} -I{} sh -c 'mkdir -p "frames/{}" && ffmpeg -nostdin -v error -y -threads 1 -i "{}" -vf "select=not(mod(n\\,${step}))" -fps_mode passthrough -frames:v 32 "frames/{}/%06d.png"'`;

console.log(`${count} videos of ${seconds} s, 640 x 360, ${cores} processes`);
console.log(
  ' '.repeat(34) + ['processor s', 'wall s', 'MiB'].map((unit) => unit.padStart(11)).join(''),
);
const bare = measure('ffmpeg alone', ['sh', '-c', alone]);
rmSync(at('frames'), { recursive: true });
const first = measure('restage run', restage);
const ratio = (unit: 'processor' | 'wall') => (first[unit] / bare[unit]).toFixed(2);
console.log(
  `  ${ratio('processor')} times its processor time, ${ratio('wall')} times its wall time`,
);
measure('restage run, nothing to do', restage);
copyFileSync(at('drawn-0.mp4'), at('videos/real/new.mp4'));
measure('restage run, one more video', restage);
const bytes = (folder: string) =>
  Number(spawnSync('du', ['-sm', at(folder)], { encoding: 'utf8' }).stdout.split('\t')[0]);
console.log(
  `cache: ${bytes('cache')} MiB; published: ${bytes('artifacts')} MiB; ${readdirSync(at('videos/real')).length} real videos`,
);
