// Measures in a quarter of an hour, with the usual patience of a run, how soon a killed worker on a
// private Slurm is taken over, and a stopped one while `squeue` prints nothing:
//   npm run build && node --import tsx test/torture/cluster-times.ts
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync } from 'node:fs';
import { endOf, Project } from '../support/rig.ts';
import { Slurm } from '../support/slurm.ts';
import { until } from '../support/until.ts';

const yaml = `stages:
  slow:
    kind: command
    with: { run: 'echo run >> count; echo begun; read _ < gate; echo done > \${outputs.out}' }
    outputs: { out: artifacts/slow.txt }
`;

await using slurm = await Slurm.start(2);

/** Minutes from a signal to a worker until its stage runs again elsewhere. */
async function takeover(signal: 'SIGKILL' | 'SIGSTOP'): Promise<number> {
  using project = new Project(yaml, {
    'places.yaml': 'cluster: { engine: slurm, memory: { default: 200MiB }, maxJobs: 2 }\n',
  });
  mkdirSync(project.path('bin'));
  project.write('bin/squeue', '#!/bin/sh\nexit 0\n');
  chmodSync(project.path('bin/squeue'), 0o755);
  Object.assign(project.env, slurm.env, { PATH: `${project.path('bin')}:${slurm.env['PATH']}` });
  const gate = project.gate('gate');
  const running = project.startRun('--on', 'cluster');
  await running.output('slow', 'begun');
  process.kill(slurm.processes(project.path('cache/jobs'))[0]!, signal);
  const start = performance.now();
  await until(() => project.read('count') === 'run\nrun\n', 900_000);
  const minutes = (performance.now() - start) / 60_000;
  gate.pass(2);
  assert.deepEqual((await endOf(running)).outcomes, { slow: 'ran' });
  assert.equal(project.read('count'), 'run\nrun\n');
  return minutes;
}

const [killed, stopped] = await Promise.all([takeover('SIGKILL'), takeover('SIGSTOP')]);
console.log(
  `taken over after ${killed.toFixed(1)} min (killed), ${stopped.toFixed(1)} min (stopped, but listed)`,
);
assert.ok(killed <= 2 && stopped <= 12);
