// Kills of the controller, and of workers, while 50 stages run on a private Slurm:
//   node --import tsx test/torture/cluster-kills.ts [controller|worker] [kills]
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { Project } from '../support/rig.ts';
import { Slurm } from '../support/slurm.ts';

const [, , what = 'controller', count = '100'] = process.argv;
const stages = what === 'worker' ? 150 : 50;
const yaml = `stages:
  one:
    kind: command
    matrix: { n: [${Array.from({ length: stages }, (_, n) => n).join(', ')}] }
    with: { run: 'echo \${matrix.n} >> count; sleep ${what === 'worker' ? 3 : 6}; echo \${matrix.n} > \${outputs.out}' }
    outputs: { out: 'artifacts/\${matrix.n}.txt' }
`;
const places = 'cluster: { engine: slurm, memory: { default: 200MiB }, maxJobs: 4 }\n';

await using slurm = await Slurm.start();
using project = new Project(yaml, { 'places.yaml': places });
Object.assign(project.env, slurm.env, { RESTAGE_PATIENCE: 'silence=12000,cancel=15000,ask=1000' });
let kills = 0;
if (what === 'controller') {
  for (; kills < Number(count); kills += 1) {
    const running = project.start('run', 'test.yaml', '--on', 'cluster', '--reporter', 'plain');
    await Promise.race([running.ended, delay(300 + 1500 * Math.random())]);
    running.child.kill('SIGKILL');
    await running.ended;
  }
}
const last = project.startRun('--on', 'cluster');
let isOver = false;
void last.ended.then(() => {
  isOver = true;
});
while (what === 'worker' && kills < Number(count) && !isOver) {
  await delay(4000 + 4000 * Math.random());
  const pids = slurm.processes(project.path('cache/jobs'));
  const pid = pids[Math.floor(Math.random() * pids.length)];
  if (pid === undefined) continue;
  process.kill(pid, 'SIGKILL');
  kills += 1;
}
const { code, stdout } = await last.ended;
assert.equal(code, 0, stdout.split('\n').slice(-5).join('\n'));
const runs = project.read('count').trim().split('\n');
const wrong = Array.from({ length: stages }, (_, n) => n).filter(
  (n) => project.read(`artifacts/${n}.txt`) !== `${n}\n`,
);
const executions = Math.max(
  ...Array.from({ length: stages }, (_, n) => runs.filter((line) => line === String(n)).length),
);
process.stdout.write(
  `${kills} kills of a ${what}: ${stages} stages, ${runs.length} executions, at most ${executions} of one, ${wrong.length} with wrong bytes\n`,
);
