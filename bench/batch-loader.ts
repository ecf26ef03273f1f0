/**
 * How long a training step waits for its images, and how much their decoding slows it.
 *
 *     node --import tsx bench/batch-loader.ts <dataset folder> [split] [steps]
 *
 * The step is a stand-in that holds the main thread and every further core for a fixed amount of
 * work (about 0.55 s), as SimpleNet's does; batches are 32 images of 256 x 256 with augmentation.
 */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { BatchLoader } from '../src/learning/vision/batches/batch-loader.ts';
import { permutation, Random } from '../src/random.ts';
import { median } from './runner/interleave.ts';

const [folder, split = 'train', count = '60'] = process.argv.slice(2);
if (folder === undefined) throw new Error('Expected the folder of a dataset.');
const steps = Number(count);

/** Fixed work on every core; the main thread is held until all of it is done. */
const work = `(rounds) => { let x = 1; for (let i = 0; i < rounds; i++) x = Math.sqrt(x + i); return x; }`;
const spin = new Function(`return ${work}`)() as (rounds: number) => number;
const flags = new Int32Array(new SharedArrayBuffer(8));
const helpers = Array.from({ length: availableParallelism() - 1 }, () => {
  const code = `const { workerData: [flags, rounds] } = require('node:worker_threads'); const spin = ${work};
    for (let turn = 0; ; turn++) { Atomics.wait(flags, 0, turn); spin(rounds); Atomics.add(flags, 1, 1); Atomics.notify(flags, 1); }`;
  return (rounds: number) => new Worker(code, { eval: true, workerData: [flags, rounds] });
});

spin(1e6);
const start = performance.now();
spin(5e7);
const rounds = Math.round((5e7 * 550) / (performance.now() - start));
const workers = helpers.map((begin) => begin(rounds));
let turns = 0;
function step(): number {
  const start = performance.now();
  turns++;
  Atomics.add(flags, 0, 1);
  Atomics.notify(flags, 0);
  spin(rounds);
  for (
    let done = Atomics.load(flags, 1);
    done < turns * workers.length;
    done = Atomics.load(flags, 1)
  ) {
    Atomics.wait(flags, 1, done);
  }
  return performance.now() - start;
}

step();
const alone = median(Array.from({ length: 8 }, step));
console.log(`step alone: ${alone.toFixed(0)} ms`);

await using loader = new BatchLoader(folder, split, {
  batchSize: 32,
  resize: { width: 256, height: 256, fit: 'cover', kernel: 'linear' },
});
for (let epoch = 0; epoch < 2; epoch++) {
  const order = permutation(loader.samples.length, new Random(7, epoch)).subarray(0, steps * 32);
  const pass = loader.epoch({ order, augment: { crop: 4, flip: true, seed: 7, epoch } });
  const waits: number[] = [];
  const times: number[] = [];
  for (;;) {
    const askedAt = performance.now();
    const next = await pass.next();
    if (next.done) break;
    waits.push(performance.now() - askedAt);
    times.push(step());
    next.value.release();
  }
  const later = waits.slice(1).reduce((sum, wait) => sum + wait, 0);
  const share = (later / times.slice(1).reduce((sum, time) => sum + time, later)) * 100;
  console.log(
    `epoch ${epoch}: first batch after ${waits[0]!.toFixed(0)} ms, then ${share.toFixed(2)} % waiting ` +
      `(at most ${Math.max(...waits.slice(1)).toFixed(1)} ms); step ${median(times).toFixed(0)} ms, rss ${(process.memoryUsage().rss / 2 ** 20).toFixed(0)} MiB`,
  );
}
for (const worker of workers) await worker.terminate();
