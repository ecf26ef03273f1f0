// Kills the controller, workers or processes of stages, or freezes connections, while stages run on
// two machines behind ssh that share no files with this one, and compares the bytes with those of a
// local run:
//   node --import tsx test/torture/hosts-kills.ts [controller|worker|stage|network] [kills]
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { inRepository } from '../support/pages.ts';
import { Project } from '../support/rig.ts';
import { SshHosts } from '../support/ssh-hosts.ts';

const [, , what = 'controller', count = '100'] = process.argv;
/** Enough that stages still run at the last kill. */
const stages = 6 * Number(count);
const seconds = 3;
const names = ['gpu1', 'gpu2'];
const numbers = Array.from({ length: stages }, (_, n) => String(n));
const yaml = `params: { seconds: ${seconds} }
stages:
  one:
    kind: command
    matrix: { n: [${numbers.join(', ')}] }
    with: { run: 'echo \${matrix.n} >> /tmp/count; sleep \${params.seconds}; echo \${matrix.n} > \${outputs.out}' }
    outputs: { out: 'artifacts/\${matrix.n}.txt' }
`;
const restage = JSON.stringify([inRepository('bin/restage.js')]);
const shares = names.map((host) => `{ host: ${host}, cpu: 2 }`).join(', ');
const places = `lab: { engine: ssh, hosts: [${shares}], restage: ${restage} }\n`;

using here = new Project(yaml.replaceAll('/tmp/count', 'count'));
assert.equal((await here.run('--set', 'params.seconds=0')).code, 0);
await using hosts = await SshHosts.start(...names);
using project = new Project(yaml, { 'places.yaml': places });
Object.assign(project.env, { PATH: hosts.path, RESTAGE_PATIENCE: 'silence=5000,cancel=60000' });

/** The numbers of the stages that began on a host, in order. */
const begunOn = (host: string): readonly string[] =>
  hosts.on(host, 'touch /tmp/count; cat /tmp/count').split('\n').filter(Boolean);
const shell = /^sh -ec .*echo (\d+) >> \/tmp\/count/;
const daemons = /^sshd/;

/** The stages whose shells run on a host. */
const runningOn = (host: string): readonly string[] =>
  hosts.commands(host, shell).map((command) => shell.exec(command)![1]!);

/** The stages that ran under each kill. */
const kills: (readonly string[])[] = [];
/** Kills of a controller under which no stage ran. */
let misses = 0;
/** For each host, how many stages had begun there at its last kill. */
const begunBefore = new Map<string, number>();
/** How often each stage may begin once more: kills of its host before its output was here. */
const losses = new Map<string, number>();

const isHere = (n: string) => existsSync(project.path(`artifacts/${n}.txt`));

/** Does to one host what is asked for. Returns the stages that it may have to begin again. */
async function hurt(host: string): Promise<readonly string[] | undefined> {
  const missing = new Set(numbers.filter((n) => !isHere(n)));
  if (what === 'worker' && hosts.signal(host, 'KILL', /restage\.js worker/) === 0) return undefined;
  if (what === 'stage' && hosts.signal(host, 'KILL', shell) === 0) return undefined;
  if (what === 'network') {
    hosts.signal(host, 'STOP', daemons);
    await delay(8000);
    hosts.signal(host, 'CONT', daemons);
  }
  const begun = begunOn(host);
  const recent = begun.slice(begunBefore.get(host) ?? 0);
  begunBefore.set(host, begun.length);
  return [...new Set(recent)].filter((n) => missing.has(n));
}

/** Hurts a host on which stages run, if it can be. */
async function killOne(): Promise<void> {
  const host = names[Math.floor(Math.random() * names.length)]!;
  const running = runningOn(host);
  // A fourth kill of its process fails a stage.
  if (running.length === 0 || running.some((n) => (losses.get(n) ?? 0) >= 3)) return;
  const lost = await hurt(host);
  if (lost === undefined) return;
  kills.push(running);
  for (const n of new Set([...lost, ...running])) losses.set(n, (losses.get(n) ?? 0) + 1);
}

if (what === 'controller') {
  // One that comes before the first stage, or finds nothing to do, kills too, but is not counted.
  for (let isDone = false; kills.length < Number(count) && !isDone; ) {
    const running = project.start('run', 'test.yaml', '--on', 'lab', '--reporter', 'plain');
    await Promise.race([running.ended, delay(1500 + 9000 * Math.random())]);
    const hit = names.flatMap(runningOn);
    running.child.kill('SIGKILL');
    isDone = (await running.ended).code === 0;
    if (hit.length > 0) kills.push(hit);
    misses += Number(hit.length === 0);
  }
}
const last = project.startRun('--on', 'lab');
let isOver = false;
void last.ended.then(() => {
  isOver = true;
});
while (what !== 'controller' && kills.length < Number(count) && !isOver) {
  await delay(1000 + 3000 * Math.random());
  await killOne();
}
const { code, stdout } = await last.ended;
const failures = stdout.split('\n').filter((line) => line.includes('"outcome":"failed"'));
assert.equal(code, 0, failures.join('\n'));
const runs = names.flatMap(begunOn);
const wrong = numbers.filter(
  (n) => project.read(`artifacts/${n}.txt`) !== here.read(`artifacts/${n}.txt`),
);
const executions = (n: string) => runs.filter((line) => line === n).length;
// A kill of the controller hits what runs, at most all cores of both hosts.
const allowed = (n: string) =>
  1 + (what === 'controller' ? kills.length + misses : (losses.get(n) ?? 0));
const tooOften = numbers.filter((n) => executions(n) > allowed(n));
const left = names.map((host) => hosts.running(host, /restage\.js worker|>> \/tmp\/count/));
const missed = what === 'controller' ? `, and ${misses} under which none ran` : '';
console.log(
  `${kills.length} kills of a ${what}, which hit ${kills.flat().length} running stages${missed}: ${stages} stages, ${runs.length} executions, at most ${Math.max(...numbers.map(executions))} of one, ${tooOften.length} more often than once and once more for each kill, ${wrong.length} with wrong bytes`,
);
assert.deepEqual([tooOften, wrong], [[], []]);
if (what === 'controller') assert.ok(runs.length <= stages + 4 * (kills.length + misses));
assert.deepEqual(left, [0, 0]);
