/**
 * SimpleNet on this backend against PyTorch: forward and training step at batch 32, 256 x 256, two threads each.
 *
 *     node --import tsx bench/backend/simple-net.ts [rounds] [--memory]
 *
 * Both sides take turns in one run. PyTorch counts with the faster of its memory formats, and where OPENBLAS_CORETYPE is
 * set, with and without it. `--memory` instead runs 300 steps and compares the process's memory at steps 50 and 300.
 */
import { onnxRuntimeBackend } from '../../src/backend/register.ts';
import { selectBackend } from '../../src/backend/select-backend.ts';
import { startPeer } from './peer.ts';
import { processSeconds, type Sample, sample, typical } from './samples.ts';
import { type Bench, simpleNetBench } from './simple-net-step.ts';

const THREADS = 2;
const [rounds = '9'] = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));

await selectBackend('onnxruntime', { threads: THREADS });
const ours = simpleNetBench(32, 256);
if (process.argv.includes('--memory')) await memory(ours);
else await compare(ours, Number(rounds));

async function compare(ours: Bench, rounds: number): Promise<void> {
  const script = new URL('simple_net.py', import.meta.url);
  const { OPENBLAS_CORETYPE: coreType, ...plain } = process.env;
  await using withoutType = await startPeer(script, plain);
  const peers = [{ peer: withoutType, label: '' }];
  await using withType = coreType === undefined ? undefined : await startPeer(script, process.env);
  if (withType !== undefined) peers.push({ peer: withType, label: ` OPENBLAS_CORETYPE=${coreType}` });

  const own = () => processSeconds(process.pid);
  const series = (['forward', 'step'] as const).flatMap((work) => [
    { work, name: 'restage', own, run: () => timed(ours[work]) },
    ...peers.flatMap(({ peer, label }) =>
      ['contiguous', 'channels_last'].map((format) => ({
        work,
        name: `PyTorch ${peer.greeting} ${format}${label}`,
        own: () => processSeconds(peer.pid),
        run: async () => Number(await peer.ask(`${work} ${format}`)),
      })),
    ),
  ]);
  const samples = new Map(series.map((one) => [one, [] as Sample[]]));
  for (let round = -2; round < rounds; round++) {
    for (const one of series) {
      const taken = await sample(one.run, one.own, THREADS);
      // The first two rounds compile and warm up.
      if (round >= 0) samples.get(one)?.push(taken);
    }
  }
  for (const work of ['forward', 'step'] as const) {
    const results = series
      .filter((one) => one.work === work)
      .map((one) => ({ name: one.name, ...typical(samples.get(one) as Sample[]) }));
    for (const { name, seconds, processor, quiet } of results) {
      const numbers = `${seconds.toFixed(3)} s  processor ${processor.toFixed(2)} s  ${quiet} of ${rounds} quiet`;
      console.log(`${work.padEnd(8)}${name.padEnd(60)}${numbers}`);
    }
    const best = Math.min(...results.slice(1).map(({ seconds }) => seconds));
    console.log(
      `${work.padEnd(8)}${"restage / PyTorch's best".padEnd(60)}${(results[0]!.seconds / best).toFixed(2)}\n`,
    );
  }
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await run();
  return (performance.now() - start) / 1000;
}

async function memory(ours: Bench): Promise<void> {
  const resident = new Map<number, number>();
  for (let step = 1; step <= 300; step++) {
    await ours.step();
    if (step !== 50 && step !== 300) continue;
    resident.set(step, process.memoryUsage.rss());
    console.log(
      `step ${step}: ${(process.memoryUsage.rss() / 2 ** 20).toFixed(0)} MiB`,
      onnxRuntimeBackend()?.statistics,
    );
  }
  console.log(`step 300 / step 50: ${(resident.get(300)! / resident.get(50)!).toFixed(3)}`);
}
