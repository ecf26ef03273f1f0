// Kills the controller, workers, processes of stages or daemons of nodes (which are started again)
// while stages run on a private scheduler, and compares the bytes with those of a local run. Nodes
// are only killed with Slurm:
//   node --import tsx test/torture/cluster-kills.ts [controller|worker|stage|node] [kills] [engine]
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { BatchFolder, type Claim } from '../../src/engine/places/batch-folder.ts';
import { identifyJob } from '../../src/engine/places/schedulers/schedulers.ts';
import { Condor } from '../support/condor.ts';
import { GridEngine } from '../support/grid-engine.ts';
import { Project } from '../support/rig.ts';
import { Slurm, shellsIn, workersIn } from '../support/slurm.ts';
import { until } from '../support/until.ts';

const [, , what = 'controller', count = '100', engine = 'slurm'] = process.argv;
const stages = { controller: 50, node: 300 }[what] ?? 200;
const seconds = what === 'controller' ? 6 : 3;
const yaml = `params: { seconds: ${seconds} }
stages:
  one:
    kind: command
    matrix: { n: [${Array.from({ length: stages }, (_, n) => n).join(', ')}] }
    with: { run: 'echo \${matrix.n} >> count; sleep \${params.seconds}; echo \${matrix.n} > \${outputs.out}' }
    outputs: { out: 'artifacts/\${matrix.n}.txt' }
`;
const places = `cluster: { engine: ${engine}, memory: { default: 200MiB }, maxJobs: 4 }\n`;

using here = new Project(yaml);
assert.equal((await here.run('--set', 'params.seconds=0')).code, 0);
const starts = {
  slurm: async () => await Slurm.start(2, { SLURM_SLURMD_TIMEOUT: '10' }),
  htcondor: async () => Condor.start(),
  gridengine: async () => await GridEngine.start(),
};
await using scheduler = await starts[engine as keyof typeof starts]();
using project = new Project(yaml, { 'places.yaml': places });
Object.assign(project.env, scheduler.env, {
  RESTAGE_PATIENCE: 'silence=12000,cancel=15000,ask=1000',
});
if (scheduler instanceof Condor) {
  project.env['HOME'] = project.root;
  project.leaveRoot();
}

/** The name of the worker in whose job a process runs. */
function workerOf(pid: number): string {
  const words = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  const env = Object.fromEntries(
    words.map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]),
  );
  return identifyJob(env, pid).job;
}

/** The stages with a claim that matches, and without an end. */
const claimedBy = (isTheirs: (claim: Claim) => boolean): readonly string[] =>
  BatchFolder.all(project.path('cache')).flatMap((folder) => {
    const ended = folder.ended();
    const open = [...folder.claimed()].filter((index) => !ended.has(index));
    const claimed = open.filter((index) => isTheirs(folder.claimOf(index)!));
    return claimed.map((index) => folder.batch()!.tickets[index]!.stage);
  });

/** The stage whose shell a process is. */
const stageOf = (pid: number): readonly string[] =>
  (/echo (\d+) >> count/.exec(readFileSync(`/proc/${pid}/cmdline`, 'utf8')) ?? [])
    .slice(1)
    .map((n) => `one[n=${n}]`);

const kills: (readonly string[])[] = [];

/** The workers that run on a node. */
const workersOf = (node: string): readonly number[] =>
  workersIn(project.path('cache/jobs')).filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`SLURMD_NODENAME=${node}\0`);
    } catch {
      return false; // it has just ended
    }
  });

/**
 * Kills the daemon of a node, and starts it again once the node counts as down. Returns the stages
 * that its workers ran until they were gone: the daemon kills them some time after it is back, and
 * they claim tickets until then.
 */
async function killNode(slurm: Slurm): Promise<readonly string[] | undefined> {
  const node = Math.random() < 0.5 ? 'n1' : 'n2';
  const claimed = () => claimedBy(({ host }) => host === node);
  const hit = new Set(claimed());
  if (hit.size === 0) return undefined;
  const counts = (isDown: boolean) => () => {
    for (const stage of claimed()) hit.add(stage);
    return slurm.command('sinfo', '-h', '-n', node, '-o', '%T').startsWith('down') === isDown;
  };
  process.kill(slurm.daemon(`slurmd.${node}`), 'SIGKILL');
  await until(counts(true), 120_000);
  const workers = workersOf(node);
  slurm.restart(node);
  await until(counts(false), 120_000);
  await until(() => {
    const alive = new Set(workersOf(node));
    for (const stage of claimed()) hit.add(stage); // of workers that are dead by now, too
    return !workers.some((worker) => alive.has(worker));
  }, 120_000);
  return [...hit];
}

/**
 * Kills a worker, or the stages that it runs. Returns the stages that were hit; undefined where
 * there is no worker.
 */
function killOne(): readonly string[] | undefined {
  const pids = workersIn(project.path('cache/jobs'));
  const pid = pids[Math.floor(Math.random() * pids.length)];
  if (pid === undefined) return undefined;
  try {
    const worker = workerOf(pid);
    const ofWorker = (shell: number) => workerOf(shell) === worker;
    const shells = shellsIn(project.root, '>> count').filter(ofWorker);
    const hit =
      what === 'stage' ? shells.flatMap(stageOf) : claimedBy((claim) => claim.worker === worker);
    if (what === 'stage' && shells.length === 0) return undefined;
    if (hit.some((name) => kills.flat().filter((killed) => killed === name).length >= 3))
      return undefined; // a fourth fails it
    for (const victim of what === 'stage' ? shells : [pid]) process.kill(victim, 'SIGKILL');
    return hit;
  } catch {
    return undefined; // it has just ended
  }
}

if (what === 'controller') {
  for (; kills.length < Number(count); kills.push([])) {
    const running = project.start('run', 'test.yaml', '--on', 'cluster', '--reporter', 'plain');
    await Promise.race([running.ended, delay(300 + 1500 * Math.random())]);
    running.child.kill('SIGKILL');
    await running.ended;
  }
}
/** The pause before a kill, as a factor of the usual one. */
const pauses: Readonly<Record<string, number>> = { stage: 0.5, node: 1 };
const last = project.startRun('--on', 'cluster');
let isOver = false;
void last.ended.then(() => {
  isOver = true;
});
while (what !== 'controller' && kills.length < Number(count) && !isOver) {
  await delay((pauses[what] ?? 1) * (4000 + 4000 * Math.random()));
  const hit = what === 'node' ? await killNode(scheduler as Slurm) : killOne();
  if (hit !== undefined) kills.push(hit);
}
const { code, stdout } = await last.ended;
const failures = stdout.split('\n').filter((line) => line.includes('"outcome":"failed"'));
assert.equal(code, 0, failures.join('\n'));
const runs = project.read('count').trim().split('\n');
const numbers = Array.from({ length: stages }, (_, n) => n);
const wrong = numbers.filter(
  (n) => project.read(`artifacts/${n}.txt`) !== here.read(`artifacts/${n}.txt`),
);
const executions = (n: number) => runs.filter((line) => line === String(n)).length;
const hits = (n: number) => kills.flat().filter((name) => name === `one[n=${n}]`).length;
const tooOften = numbers.filter((n) => executions(n) > 1 + hits(n));
process.stdout.write(
  `${engine}: ${kills.length} kills of a ${what}${what === 'controller' ? '' : `, which hit ${kills.flat().length} stages`}: ${stages} stages, ${runs.length} executions, at most ${Math.max(...numbers.map(executions))} of one, ${tooOften.length} more often than once and once more for each kill, ${wrong.length} with wrong bytes\n`,
);
assert.deepEqual([tooOften, wrong], [[], []]);
