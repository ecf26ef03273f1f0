// Kills the controller, workers or processes of stages, or freezes connections, while stages run on
// two machines behind ssh that share no files with this one, and compares the bytes with those of a
// local run:
//   node --import tsx test/torture/hosts-kills.ts [controller|worker|stage|network] [kills]
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { inRepository } from '../support/pages.ts';
import { Project } from '../support/rig.ts';
import { SshHosts } from '../support/ssh-hosts.ts';

const [, , what = 'controller', count = '100'] = process.argv;
const stages = { controller: 50, network: 100 }[what] ?? 200;
const seconds = what === 'controller' ? 6 : 3;
const names = ['gpu1', 'gpu2'];
const yaml = `params: { seconds: ${seconds} }
stages:
  one:
    kind: command
    matrix: { n: [${Array.from({ length: stages }, (_, n) => n).join(', ')}] }
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

const kills: (readonly string[])[] = [];
const hitsOf = (n: string) => kills.flat().filter((hit) => hit === n).length;

/** Kills on one host what is asked for. Returns the stages that were hit; undefined for none. */
async function killOne(): Promise<readonly string[] | undefined> {
  const host = names[Math.floor(Math.random() * names.length)]!;
  const hit = runningOn(host);
  if (hit.length === 0 || hit.some((n) => hitsOf(n) >= 3)) return undefined; // a fourth fails it
  if (what === 'worker' && hosts.signal(host, 'KILL', /restage\.js worker/) === 0) return undefined;
  if (what === 'stage' && hosts.signal(host, 'KILL', shell) === 0) return undefined;
  if (what === 'network') {
    hosts.signal(host, 'STOP', daemons);
    await delay(8000);
    hosts.signal(host, 'CONT', daemons);
  }
  return hit;
}

if (what === 'controller') {
  for (; kills.length < Number(count); kills.push([])) {
    const running = project.start('run', 'test.yaml', '--on', 'lab', '--reporter', 'plain');
    await Promise.race([running.ended, delay(500 + 8000 * Math.random())]);
    running.child.kill('SIGKILL');
    await running.ended;
  }
}
const last = project.startRun('--on', 'lab');
let isOver = false;
void last.ended.then(() => {
  isOver = true;
});
while (what !== 'controller' && kills.length < Number(count) && !isOver) {
  await delay(1000 + 3000 * Math.random());
  const hit = await killOne();
  if (hit !== undefined) kills.push(hit);
}
const { code, stdout } = await last.ended;
const failures = stdout.split('\n').filter((line) => line.includes('"outcome":"failed"'));
assert.equal(code, 0, failures.join('\n'));
const runs = names.flatMap(begunOn);
const numbers = Array.from({ length: stages }, (_, n) => String(n));
const wrong = numbers.filter(
  (n) => project.read(`artifacts/${n}.txt`) !== here.read(`artifacts/${n}.txt`),
);
const executions = (n: string) => runs.filter((line) => line === n).length;
// A kill of the controller hits what runs, at most all cores of both hosts.
const allowed = (n: string) => 1 + (what === 'controller' ? kills.length : hitsOf(n));
const tooOften = numbers.filter((n) => executions(n) > allowed(n));
const left = names.map((host) => hosts.running(host, /restage\.js worker|>> \/tmp\/count/));
process.stdout.write(
  `${kills.length} kills of a ${what}${what === 'controller' ? '' : `, which hit ${kills.flat().length} stages`}: ${stages} stages, ${runs.length} executions, at most ${Math.max(...numbers.map(executions))} of one, ${tooOften.length} more often than once and once more for each kill, ${wrong.length} with wrong bytes\n`,
);
assert.deepEqual([tooOften, wrong], [[], []]);
assert.ok(runs.length <= stages + (what === 'controller' ? 4 * kills.length : kills.flat().length));
assert.deepEqual(left, [0, 0]);
