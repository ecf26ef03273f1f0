/**
 * What a private Slurm on this machine costs beside the same stages without it: the time of one
 * trivial stage, the time and the scheduler's commands of many, and what the controller itself
 * needs. As root, with Slurm's packages installed:
 *   npm run build && node --import tsx bench/cluster.ts [stages] [rounds] [seconds]
 * By default 1,000 stages, 5 rounds of one stage, and a minute of waiting.
 */
import { chmodSync, mkdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { endOf, Project, type Running } from '../test/support/rig.ts';
import { Slurm } from '../test/support/slurm.ts';
import { until } from '../test/support/until.ts';
import { median } from './runner/interleave.ts';

const [count = 1000, rounds = 5, seconds = 60] = process.argv.slice(2).map(Number);
const cores = availableParallelism();
const commands = ['sbatch', 'squeue', 'scontrol'] as const;

await using slurm = await Slurm.start();
await oneStage();
await manyStages();
await waiting();

/** A project in which every command of the scheduler notes when it is called. */
function projectOf(stages: string): Project {
  const places = `cluster: { engine: slurm, memory: { default: 200MiB }, maxJobs: ${cores} }\n`;
  const project = new Project(`params: { n: 0 }\nstages:\n${stages}`, { 'places.yaml': places });
  mkdirSync(project.path('bin'));
  for (const name of commands) {
    const note = `date +%s.%N >> ${project.path(`called.${name}`)}`;
    project.write(`bin/${name}`, `#!/bin/sh\n${note}\nexec ${slurm.which(name)} "$@"\n`);
    chmodSync(project.path('bin', name), 0o755);
  }
  Object.assign(project.env, slurm.env, { PATH: `${project.path('bin')}:${slurm.env['PATH']}` });
  return project;
}

/** When each command of the scheduler was called, in seconds. */
function callsOf(project: Project, command: (typeof commands)[number]): readonly number[] {
  const file = `called.${command}`;
  return project.has(file) ? project.read(file).trim().split('\n').map(Number) : [];
}

/** Seconds of processor time: of a process, and of the commands that it ran and that have ended. */
function processorTime({ child }: Running): { readonly own: number; readonly commands: number } {
  const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8')
    .split(') ')[1]!
    .split(' ')
    .map(Number);
  const [user, system, childUser, childSystem] = fields.slice(11, 15) as [
    number,
    number,
    number,
    number,
  ];
  return { own: (user + system) / 100, commands: (childUser + childSystem) / 100 };
}

/** The peak memory of a process in MB. */
function peakOf({ child }: Running): number {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  return Number(/VmHWM:\s*(\d+)/.exec(status)?.[1]) * 1.024e-3;
}

/** Seconds until a run has ended. Throws unless every stage ran. */
async function timed(running: Running): Promise<number> {
  const start = performance.now();
  const { outcomes, stderr } = await endOf(running);
  if (Object.values(outcomes).some((outcome) => outcome !== 'ran'))
    throw new Error(JSON.stringify(outcomes) + stderr);
  return (performance.now() - start) / 1000;
}

async function oneStage(): Promise<void> {
  using project = projectOf("  a: { kind: command, with: { run: ': ${params.n}' } }\n");
  const local: number[] = [];
  const there: number[] = [];
  for (let n = 0; n < rounds; n += 1) {
    local.push(await timed(project.startRun('--set', `params.n=${2 * n}`)));
    there.push(await timed(project.startRun('--set', `params.n=${2 * n + 1}`, '--on', 'cluster')));
  }
  const here = median(local);
  const beyond = median(there) - median(local);
  report(
    `A trivial stage: ${here.toFixed(2)} s locally; on the cluster beyond it`,
    beyond,
    's',
    2.5,
  );
}

async function manyStages(): Promise<void> {
  const numbers = Array.from({ length: count }, (_, n) => n).join(', ');
  const stages = `  one: { kind: command, matrix: { n: [${numbers}] }, with: { run: 'echo \${matrix.n} > \${outputs.out}' }, outputs: { out: 'artifacts/\${matrix.n}' } }\n`;
  using here = projectOf(stages);
  using there = projectOf(stages);
  const local = await timed(here.startRun('--jobs', String(cores)));
  const running = there.startRun('--on', 'cluster');
  let used = 0;
  let peak = 0;
  const timer = setInterval(() => {
    if (running.child.exitCode !== null) return;
    [used, peak] = [processorTime(running).own, peakOf(running)];
  }, 200);
  const first = running.event('stage-finished').then(() => processorTime(running).own);
  const seconds = await timed(running);
  clearInterval(timer);
  const lists = callsOf(there, 'squeue');
  const gaps = lists.slice(1).map((time, i) => time - lists[i]!);
  console.log(
    `\n${count} trivial stages on ${cores} cores: ${local.toFixed(1)} s locally, ${seconds.toFixed(1)} s there`,
  );
  report('  beyond the local time', seconds - local, 's', 15);
  report('  sbatch', callsOf(there, 'sbatch').length, 'calls', 5);
  if (gaps.length > 0)
    report('  squeue, seconds between two', Math.min(...gaps), 's', 15, 'at least');
  report(
    '  controller: processor time for each stage that ends',
    (1000 * (used - (await first))) / count,
    'ms',
    10,
  );
  report('  … with its start and its decisions', (1000 * used) / count, 'ms');
  report('  … peak memory', peak, 'MB', 150);
}

async function waiting(): Promise<void> {
  using project = projectOf(
    `  a: { kind: command, matrix: { n: [${Array.from({ length: 100 }, (_, n) => n).join(', ')}] }, with: { run: 'echo begun \${matrix.n}; read _ < gate' } }\n`,
  );
  const gate = project.gate('gate');
  const running = project.startRun('--on', 'cluster');
  await until(() => running.events.some((event) => event.type === 'stage-output'));
  await delay(20_000);
  const before = processorTime(running);
  await delay(1000 * seconds);
  const after = processorTime(running);
  console.log(`\n100 stages, ${cores} of them running, while a command waits for ${seconds} s`);
  report('  controller: share of a core', (100 * (after.own - before.own)) / seconds, '%', 0.5);
  report(
    '  … of the commands that it runs',
    (100 * (after.commands - before.commands)) / seconds,
    '%',
  );
  gate.pass(100);
  await timed(running);
}

function report(what: string, value: number, unit: string, goal?: number, limit = 'at most'): void {
  const isMet = goal === undefined || (limit === 'at most' ? value <= goal : value >= goal);
  const verdict = isMet ? '' : ': missed';
  const note = goal === undefined ? '' : ` (the goal is ${limit} ${goal} ${unit}${verdict})`;
  console.log(`${what}: ${value.toFixed(2).replace('.00', '')} ${unit}${note}`);
}
