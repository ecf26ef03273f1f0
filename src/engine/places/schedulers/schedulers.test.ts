import assert from 'node:assert/strict';
import { test } from 'node:test';
import { placeShape } from '../place-spec.ts';
import { identifyJob, shareQueue } from './schedulers.ts';

test('a job knows its id by the variables of its scheduler, and a process without any is none', () => {
  const jobOf = (env: Readonly<Record<string, string>>) => identifyJob(env, 99);
  const slurm = { SLURM_JOB_ID: '20', SLURM_RESTART_COUNT: '2' };
  const array = { ...slurm, SLURM_ARRAY_JOB_ID: '17', SLURM_ARRAY_TASK_ID: '3' };
  assert.deepEqual(jobOf(slurm), { job: '20', restart: 2, notified: true });
  assert.deepEqual(jobOf(array), { job: '17_3', restart: 2, notified: true });
  assert.deepEqual(jobOf({ SLURM_JOB_ID: '20', JOB_ID: '5' }).job, '20');
  for (const env of [{ JOB_ID: '7' }, { PBS_JOBID: '7.server' }, { LSB_JOBID: '7' }])
    assert.deepEqual(jobOf(env), { job: '7', restart: 0, notified: false });
  assert.deepEqual(jobOf({}), { job: 'process-99', restart: 0, notified: false });
});

test('jobs of two places can wait for each other where one scheduler has both', () => {
  const placeOf = (keys: object) => ({ name: 'cluster', ...placeShape.parse(keys) });
  const grid = (submit: string) =>
    placeOf({ engine: 'template', template: { submit, query: 'qstat', cancel: 'qdel ${id}' } });
  const big = placeOf({ engine: 'slurm', partition: 'big' });
  const small = placeOf({ engine: 'slurm', partition: 'small' });
  assert.ok(shareQueue(big, small));
  assert.ok(shareQueue(grid('qsub'), grid('qsub')));
  assert.ok(!shareQueue(grid('qsub'), grid('bsub')));
  assert.ok(!shareQueue(big, grid('qsub')));
});
