/**
 * `load-dataset` of many JPEGs of 224 x 224 against decoding them with sharp, and `audit` of them
 * against `load-dataset`: time and memory. Each is a command of its own, timed as a whole: hashing
 * its inputs, the stage, storing and publishing its outputs.
 *
 *     npm run build && node --import tsx bench/large-sets.ts [images] [rounds] [folder]
 *
 * Makes 4,000 images, of smooth colours with grain, and takes one round unless told otherwise.
 * `folder` holds images to take instead, as {train,val,test}/{real,fake}/….jpg.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import sharp from 'sharp';
import { mapParallel } from '../src/learning/vision/map-in-threads.ts';
import { Random } from '../src/random.ts';
import { median } from './runner/interleave.ts';
import { Folder, pipeline } from './runner/project.ts';

const [images = 4000, rounds = 1] = process.argv.slice(2, 4).map(Number);
const side = 224;
const noise = Float32Array.from({ length: 2 ** 20 });
new Random('grain').normals(noise);

/** An image that no other resembles, with about as many bytes as a photograph. */
async function draw(index: number): Promise<Buffer> {
  const random = new Random('image', index);
  const coarse = Uint8Array.from(
    { length: 12 * 12 * 3 },
    () => 128 + 40 * Math.max(-3, Math.min(3, random.normal())),
  );
  const smooth = sharp(coarse, { raw: { width: 12, height: 12, channels: 3 } }).resize(side, side);
  const pixels = await smooth.raw().toBuffer();
  const from = random.integer(noise.length);
  for (let i = 0; i < pixels.length; i++) {
    pixels[i] = Math.max(0, Math.min(255, pixels[i]! + 4 * noise[(from + i) % noise.length]!));
  }
  return sharp(pixels, { raw: { width: side, height: side, channels: 3 } })
    .jpeg({ quality: 90 })
    .toBuffer();
}

using folder = new Folder();
if (process.argv[4] !== undefined) symlinkSync(process.argv[4], join(folder.path, 'images'));
else {
  let index = 0;
  for await (const bytes of mapParallel(Array(images).keys(), 4, draw)) {
    const folders = [['train', 'val', 'test'][(index >> 1) % 3]!, ['real', 'fake'][index % 2]!];
    folder.write(`images/${folders.join('/')}/${String(index++).padStart(6, '0')}.jpg`, bytes);
  }
}
folder.write(
  'pipelines/bench.yaml',
  'stages:\n  load: { kind: load-dataset, inputs: { images: ./images } }\n  audit: { kind: audit, inputs: { dataset: load.dataset } }\n',
);

/**
 * Reads and decodes, and does nothing else; four images at a time, so that both cores have work.
 */
const decode = `
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import sharp from ${JSON.stringify(import.meta.resolve('sharp'))};
sharp.concurrency(1);
sharp.cache(false);
const files = readdirSync('images', { recursive: true }).filter((name) => name.endsWith('.jpg'));
await Promise.all(Array.from({ length: 4 }, async () => {
  while (files.length > 0) await sharp(join('images', files.pop())).raw().toBuffer();
}));`;

interface Cost {
  readonly wall: number;
  /** Seconds of processor time of all processes. */
  readonly processor: number;
  /** Seconds of processor time of the stage's own process, or of decoding. */
  readonly own: number;
  /** The most memory of the stage's own process, in MB. */
  readonly peak: number;
  /** The most memory of the runner, in MB. */
  readonly runner: number;
}

/** A process as it was last seen. */
interface Seen {
  readonly group: number;
  /** Hundredths of a second. */
  readonly ticks: number;
  /** In MB. */
  readonly peak: number;
}

/**
 * Runs a command and looks at its processes twenty times a second, since their counters end with
 * them.
 */
async function measure(argv: readonly string[]): Promise<Cost> {
  const start = performance.now();
  const child = spawn(process.execPath, argv, {
    cwd: folder.path,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  let status: number | null | undefined;
  const ended = once(child, 'close').then(([code]) => {
    status = code;
  });
  const seen = new Map<number, Seen>();
  while (status === undefined) {
    lookAt(child.pid!, seen);
    await Promise.race([ended, delay(50)]);
  }
  if (status !== 0) throw new Error(`${argv.join(' ')} ended with ${status}`);
  const all = [...seen.values()];
  const [runner] = all;
  // The stage runs in a process group of its own; another one only watches.
  const workers = all.filter(({ group }) => all.length === 1 || group !== runner!.group);
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  return {
    wall: (performance.now() - start) / 1000,
    processor: sum(all.map(({ ticks }) => ticks)) / 100,
    own: sum(workers.map(({ ticks }) => ticks)) / 100,
    peak: sum(workers.map(({ peak }) => peak)),
    runner: runner!.peak,
  };
}

/**
 * Remembers the processor time and the largest memory of a process and its descendants; parents
 * have lower numbers.
 */
function lookAt(root: number, seen: Map<number, Seen>): void {
  const family = new Set([root]);
  const running = readdirSync('/proc').map(Number).filter(Boolean);
  for (const pid of running.toSorted((a, b) => a - b)) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
      const fields = stat
        .slice(stat.lastIndexOf(')') + 4)
        .split(' ')
        .map(Number); // from the fourth on
      if (pid !== root && !family.has(fields[0]!)) continue;
      family.add(pid);
      const kibibytes = Number(
        /VmHWM:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0,
      );
      const peak = Math.max((kibibytes * 1.024) / 1000, seen.get(pid)?.peak ?? 0);
      seen.set(pid, { group: fields[1]!, ticks: fields[10]! + fields[11]!, peak });
    } catch {
      // It has ended meanwhile.
    }
  }
}

const commands: Readonly<Record<string, readonly string[]>> = {
  'decoding alone': ['--input-type=module', '-e', decode],
  'load-dataset': [pipeline, 'run', 'bench.yaml', 'load'],
  audit: [pipeline, 'run', 'bench.yaml', 'audit'],
};
const costs = new Map<string, Cost[]>(Object.keys(commands).map((name) => [name, []]));
for (let round = 0; round < rounds; round++) {
  for (const name of ['cache', 'artifacts'])
    rmSync(join(folder.path, name), { recursive: true, force: true });
  for (const [name, argv] of Object.entries(commands)) costs.get(name)!.push(await measure(argv));
}

console.log(
  'Medians: seconds; of the processor in all, and of the stage itself; the most memory of stage and runner',
);
const medians = [...costs].map(([name, all]) => {
  const of = (key: keyof Cost) => median(all.map((cost) => cost[key]));
  const cost: Cost = {
    wall: of('wall'),
    processor: of('processor'),
    own: of('own'),
    peak: of('peak'),
    runner: of('runner'),
  };
  const seconds = [cost.wall, cost.processor, cost.own]
    .map((value) => `${value.toFixed(1).padStart(7)} s`)
    .join('');
  console.log(
    `${name.padEnd(16)}${seconds}${cost.peak.toFixed(0).padStart(7)} MB${cost.runner.toFixed(0).padStart(7)} MB`,
  );
  return cost;
});
for (const [row, [above, below, goal]] of Object.entries({
  'load-dataset / decoding alone': [medians[1]!, medians[0]!, '1.15, at most 500 MB'],
  'audit / load-dataset': [medians[2]!, medians[1]!, '1.5, at most 1,000 MB'],
} as const)) {
  const ratio = (key: keyof Cost) => (above[key] / below[key]).toFixed(2);
  console.log(
    `${row}: ${ratio('wall')}; of processor time ${ratio('processor')}, by the stage itself ${ratio('own')} (goal: ${goal})`,
  );
}
