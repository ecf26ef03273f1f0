/**
 * The study's nets on this backend against PyTorch, two threads each.
 *
 *     node --import tsx bench/backend/against-pytorch.ts [net …] [--rounds=5]
 *     node --import tsx bench/backend/against-pytorch.ts --memory [net]
 *
 * Both sides take turns in one run, of at most a quarter of an hour on a quiet machine. PyTorch
 * counts with the faster of its memory formats, and where OPENBLAS_CORETYPE is set, with the faster
 * of both settings. `--memory` instead compares the most memory of both processes after a few
 * steps, and the memory of ours at steps 50 and 300.
 */
import { readFileSync } from 'node:fs';
import { onnxRuntimeBackend } from '../../src/backend/registration/register.ts';
import { selectBackend } from '../../src/backend/select/select-backend.ts';
import { type NetName, nets } from './nets.ts';
import { pytorchSides, startPeer } from './peer.ts';
import { compareInTurns, timed } from './samples.ts';

const THREADS = 2;
/** Ratios to reach, of the medians. */
const GOALS: Readonly<Record<NetName, Readonly<Record<string, number>>>> = {
  'simple-net': { forward: 0.42, step: 0.65 },
  'my-net': { forward: 0.7, step: 1.05, saliency: 0.9 },
  'resnet-18': { forward: 0.8, step: 1.05 },
  xception: { forward: 0.69, frozen: 0.7, step: 1.05 },
  'mobilenet-v2': { forward: 0.8, frozen: 0.8, step: 1.1 },
  'efficientnet-b0': { forward: 0.8, frozen: 0.8, step: 1.1 },
  'vit-small': { forward: 0.8, frozen: 0.8, step: 1.1 },
};
/**
 * Graphs are compiled in the first rounds, and once more when the weights have not changed for
 * eight.
 */
const WARM_UP = 10;
/** It compiles its graphs in every run. */
const COLD = 'saliency';

/** Steps after which a process has taken the most memory that it takes. */
const FEW_STEPS = 5;
const script = new URL('nets.py', import.meta.url);

const names = process.argv.slice(2).filter((argument) => !argument.startsWith('--')) as NetName[];
const rounds = Number(
  process.argv.find((argument) => argument.startsWith('--rounds='))?.slice(9) ?? 5,
);

await selectBackend('onnxruntime', { threads: THREADS });
if (process.argv.includes('--memory')) await memory(names[0] ?? 'simple-net');
else {
  console.log(`On ${processor()}, ${THREADS} threads\n`);
  for (const name of names.length === 0 ? (Object.keys(nets) as NetName[]) : names)
    await compare(name, rounds);
}

async function compare(net: NetName, rounds: number): Promise<void> {
  const ours = nets[net]();
  const { OPENBLAS_CORETYPE: coreType, ...plain } = process.env;
  await using withoutType = await startPeer(script, plain);
  const peers = [{ peer: withoutType, label: '' }];
  await using withType = coreType === undefined ? undefined : await startPeer(script, process.env);
  if (withType !== undefined)
    peers.push({ peer: withType, label: ` OPENBLAS_CORETYPE=${coreType}` });

  for (const [work, run] of Object.entries(ours.work)) {
    for (let round = 0; work !== COLD && round < WARM_UP; round++) await run();
    const sides = [
      { name: 'restage', pid: process.pid, run: () => timed(run) },
      ...peers.flatMap(({ peer, label }) => pytorchSides(peer, `${net} ${work}`, label)),
    ];
    const runs = Math.max(1, Math.round(1 / (await timed(run))));
    await compareInTurns(sides, {
      title: `${net} ${work}`,
      cores: THREADS,
      runs,
      rounds,
      goal: GOALS[net][work],
    });
  }
}

/** As Linux names it; virtual machines often hide all but family and model. */
function processor(): string {
  const facts = readFileSync('/proc/cpuinfo', 'utf8');
  const of = (fact: string) => new RegExp(`^${fact}\\s*: (.*)$`, 'm').exec(facts)?.[1] ?? 'unknown';
  const vectors = ['avx512f', 'avx2'].find((flag) => of('flags').includes(flag)) ?? 'no AVX2';
  return `${of('model name')} (family ${of('cpu family')}, model ${of('model')}, ${vectors})`;
}

async function memory(net: NetName): Promise<void> {
  const step = nets[net]().work['step']!;
  for (let i = 0; i < FEW_STEPS; i++) await step();
  console.log(`${net}, restage: at most ${mostMemory(process.pid)} MiB`);
  for (const format of ['contiguous', 'channels_last']) {
    await using peer = await startPeer(script, process.env);
    for (let i = 0; i < FEW_STEPS; i++) await peer.ask(`${net} step ${format}`);
    const name = `PyTorch ${peer.greeting} ${format}`;
    console.log(`${net}, ${name}: at most ${mostMemory(peer.pid)} MiB`);
  }
  const resident = new Map<number, number>();
  for (let i = FEW_STEPS + 1; i <= 300; i++) {
    await step();
    if (i !== 50 && i !== 300) continue;
    resident.set(i, process.memoryUsage.rss());
    console.log(
      `step ${i}: ${(process.memoryUsage.rss() / 2 ** 20).toFixed(0)} MiB`,
      onnxRuntimeBackend()?.statistics,
    );
  }
  console.log(`step 300 / step 50: ${(resident.get(300)! / resident.get(50)!).toFixed(3)}`);
}

/** The most memory that a process has held so far, in MiB, as Linux counts what is resident. */
function mostMemory(pid: number): string {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return (Number(/^VmHWM:\s*(\d+) kB$/m.exec(status)?.[1]) / 1024).toFixed(0);
}
