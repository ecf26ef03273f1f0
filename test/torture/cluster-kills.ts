// Kills the controller, workers, processes of stages or daemons of nodes (which are started again)
// while stages run on a private scheduler, and compares the bytes with those of a local run. A kill
// of a worker or of a stage's process counts only where a stage was under way: what it hits is
// frozen first, and must have begun. Nodes are only killed with Slurm:
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
/** Stages for each kill: enough that some still run at the last one. */
const stagesByKill: Readonly<Record<string, number>> = { worker: 10, stage: 6, node: 60 };
const stages = what === 'controller' ? 50 : stagesByKill[what]! * Number(count);
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

/** The number of the stage whose program a process executes; undefined for another process. */
const stageOf = (pid: number): string | undefined =>
  /^sh\0-ec\0.*echo (\d+) >> count/s.exec(readFileSync(`/proc/${pid}/cmdline`, 'utf8'))?.[1];

/** Stops a process, and waits until it stands still. False for one that has ended. */
async function freeze(pid: number): Promise<boolean> {
  process.kill(pid, 'SIGSTOP');
  for (;;) {
    const [, state] = /\) (\S)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))!;
    if (state === 'T') return true;
    if (state === 'Z' || state === 'X') return false;
    await delay(1);
  }
}

/** How often each stage has begun. */
const begun = (n: string): number =>
  (project.has('count') ? project.read('count').split('\n') : []).filter((line) => line === n)
    .length;

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
 * they claim tickets until then. Slurm may count the other node as down, too, since it asks one
 * node through the other: it starts the jobs of both again.
 */
async function killNode(slurm: Slurm): Promise<readonly string[] | undefined> {
  const node = Math.random() < 0.5 ? 'n1' : 'n2';
  const hosts = new Set([node]);
  const hit = new Set<string>();
  const isDown = () => {
    const down = slurm.command('sinfo', '-h', '-N', '-t', 'down', '-o', '%N').split(/\s+/);
    for (const name of down) if (name !== '') hosts.add(name);
    for (const stage of claimedBy(({ host }) => hosts.has(host))) hit.add(stage);
    return down.includes(node);
  };
  for (const stage of claimedBy(({ host }) => host === node)) hit.add(stage);
  if (hit.size === 0) return undefined;
  process.kill(slurm.daemon(`slurmd.${node}`), 'SIGKILL');
  await until(isDown, 120_000);
  const workers = workersOf(node);
  slurm.restart(node);
  await until(() => !isDown(), 120_000);
  await until(() => {
    isDown(); // workers that are dead by now had claims, too
    const alive = new Set(workersOf(node));
    return !workers.some((worker) => alive.has(worker));
  }, 120_000);
  return [...hit];
}

const hits = (n: string): number => kills.flat().filter((name) => name === `one[n=${n}]`).length;

/**
 * Kills a worker, or the processes of the stages that it runs. Returns the stages that were hit;
 * undefined where none was under way: everything goes on then.
 */
async function killOne(): Promise<readonly string[] | undefined> {
  const pids = workersIn(project.path('cache/jobs'));
  const pid = pids[Math.floor(Math.random() * pids.length)];
  if (pid === undefined) return undefined;
  const frozen: number[] = [];
  try {
    const worker = workerOf(pid);
    const shells = () =>
      shellsIn(project.root, '>> count').filter((shell) => workerOf(shell) === worker);
    const victims = what === 'stage' ? shells() : [pid];
    for (const victim of victims) {
      if (!(await freeze(victim))) return undefined;
      frozen.push(victim);
    }
    // Looked at again: a frozen worker no longer records what ends now.
    const running = (what === 'stage' ? victims : shells()).map(stageOf);
    const isUnderWay = (n: string | undefined): n is string =>
      n !== undefined && begun(n) === 1 + hits(n) && hits(n) < 3; // a fourth fails it
    if (running.length === 0 || !running.every(isUnderWay)) return undefined;
    for (const victim of frozen.splice(0)) process.kill(victim, 'SIGKILL');
    return running.map((n) => `one[n=${n}]`);
  } catch {
    return undefined; // it has just ended
  } finally {
    for (const victim of frozen) kill(victim, 'SIGCONT');
  }
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended.
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
  const hit = what === 'node' ? await killNode(scheduler as Slurm) : await killOne();
  if (hit !== undefined) kills.push(hit);
}
const { code, stdout } = await last.ended;
const failures = stdout.split('\n').filter((line) => line.includes('"outcome":"failed"'));
assert.equal(code, 0, failures.join('\n'));
assert.equal(kills.length, Number(count), 'the stages ended before all kills');
const numbers = Array.from({ length: stages }, (_, n) => String(n));
const wrong = numbers.filter(
  (n) => project.read(`artifacts/${n}.txt`) !== here.read(`artifacts/${n}.txt`),
);
const executions = numbers.map(begun);
const total = executions.reduce((sum, runs) => sum + runs, 0);
const tooOften = numbers.filter((n) => begun(n) > 1 + hits(n));
// What a dead node has begun may be stored all the same.
const missed =
  what === 'worker' || what === 'stage' ? numbers.filter((n) => begun(n) < 1 + hits(n)) : [];
const hit = what === 'controller' ? '' : `, which hit ${kills.flat().length} running stages`;
process.stdout.write(
  `${engine}: ${kills.length} kills of a ${what}${hit}: ${stages} stages, ${total} executions, at most ${Math.max(...executions)} of one, ${tooOften.length} more often than once and once more for each kill, ${missed.length} less often, ${wrong.length} with wrong bytes\n`,
);
assert.deepEqual([tooOften, missed, wrong], [[], [], []]);
