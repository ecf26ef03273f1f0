import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts';
import type { JobRequest } from '../../../scheduler.ts';
import { submitPatiently } from './submit-patiently.ts';
import { template as form } from './template.ts';

const request: JobRequest = {
  name: 'restage-1',
  script: '/s',
  root: '/',
  log: '/o',
  seconds: 60,
  workers: 1,
  needs: { cpu: 1, gpu: 0, memory: 0 },
};

test('a template finds the id in the last line that has one, speaks C, and tells the command that cancels the name of the job', async (context) => {
  const folder = temporaryFolder(context);
  const calls = join(folder, 'calls');
  const commands = {
    submit: 'echo "31 nodes are down"; echo "$LC_ALL ${name} is job 17"',
    id: '(\\d+)',
    query: 'echo 17',
    cancel: `echo \${id} \${name} >> ${calls}`,
    states: {},
  };
  const open = (template: typeof commands) => form.open({ name: 'grid', template }, process.env);
  assert.equal(await open(commands).submit({ ...request, name: 'restage' }), '17');
  const scheduler = open({ ...commands, id: 'C restage-1 is job (\\d+)' });
  const id = await scheduler.submit(request);
  await scheduler.cancel(id, request.name);
  assert.equal(readFileSync(calls, 'utf8'), '17 restage-1\n');
});

const pbs = {
  submit: 'echo "17[].server ${name} ${array}"',
  id: '^(\\d+)',
  cancel: 'true',
  array: '-J 1-${workers}',
  states: { Q: 'queued', R: 'running', F: 'completed', X: 'died' },
} as const;

const openPbs = (list: string) =>
  form.open({ name: 'grid', template: { ...pbs, list } }, process.env);

test('a template with `array` has several workers in one job, and `list` tells their states and reasons', async (context) => {
  const folder = temporaryFolder(context);
  const submit = `${pbs.submit} > ${folder}/submitted; cat ${folder}/submitted`;
  const list = `echo '31 nodes are down
17_1 restage-1 R
17_2 restage-1 Q Not Running: Insufficient amount of resource: ncpus
18_1 other R'`;
  const scheduler = form.open({ name: 'grid', template: { ...pbs, submit, list } }, process.env);
  assert.ok(scheduler.hasArrays);
  assert.equal(await scheduler.submit({ ...request, workers: 2 }), '17');
  assert.equal(readFileSync(join(folder, 'submitted'), 'utf8'), '17[].server restage-1 -J 1-2\n');
  const reason = 'Not Running: Insufficient amount of resource: ncpus';
  assert.deepEqual(await scheduler.list(['restage-1']), [
    { id: '17_1', name: 'restage-1', state: 'R' },
    { id: '17_2', name: 'restage-1', state: 'Q', reason },
  ]);
  const states = await scheduler.inspect('17', 'restage-1');
  assert.deepEqual(
    states,
    new Map([
      ['17_1', { state: 'R' }],
      ['17_2', { state: 'Q', reason }],
    ]),
  );
  const phases = ['R', 'Q', 'X', 'S'].map((state) => scheduler.phaseOf({ state }));
  assert.deepEqual(phases, ['running', 'queued', 'died', 'alive']);
  assert.deepEqual(await scheduler.inspect('18', 'restage-1'), new Map());
  assert.deepEqual(await scheduler.inspect('19', 'restage-1'), new Map());
});

test('an empty list of a template proves nothing, and one that fails is no answer', async () => {
  const [[, job] = []] = (await openPbs('true').inspect('17', 'restage-1')) ?? [];
  assert.equal(job && openPbs('true').phaseOf(job), 'unlisted');
  assert.equal(await openPbs('exit 1').inspect('17', 'restage-1'), undefined);
});

test('a job that a killed command submitted by a template is found by its name', async () => {
  const accepted: string[] = [];
  const scheduler = openPbs('echo "17_1 restage-1 R"');
  await submitPatiently(scheduler, request, {
    accepted: (id, workers) => accepted.push(`${id} ${workers}`),
    mayBeAccepted: true,
  });
  assert.deepEqual(accepted, ['17 1']);
});

test('a worker of an array knows its id by the variables of Grid Engine, PBS and LSF', () => {
  const jobOf = (env: Readonly<Record<string, string>>) => form.identify(env)?.job;
  assert.equal(jobOf({ JOB_ID: '17', SGE_TASK_ID: '3' }), '17_3');
  assert.equal(jobOf({ JOB_ID: '17', SGE_TASK_ID: 'undefined' }), '17');
  assert.equal(jobOf({ PBS_JOBID: '17[3].server' }), '17_3');
  assert.equal(jobOf({ LSB_JOBID: '17', LSB_JOBINDEX: '3' }), '17_3');
  assert.equal(jobOf({ LSB_JOBID: '17', LSB_JOBINDEX: '0' }), '17');
});

test('a template says how its jobs are listed', () => {
  const template = { submit: 'qsub', cancel: 'qdel', id: '(.*)', states: {} };
  const missing = (change: object) => form.missing?.({ template: { ...template, ...change } });
  assert.deepEqual(missing({}), { key: 'template.list', holds: 'the command that lists jobs' });
  assert.equal(missing({ query: 'qstat' }), undefined);
  assert.equal(missing({ list: 'qstat' }), undefined);
});
