import assert from 'node:assert/strict';
import { test } from 'node:test';
import { placeOfYaml } from '../../../../test/support/place-of-yaml.ts';
import { identifyJob } from './schedulers.ts';

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
  const queueOf = (keys: object) => placeOfYaml('cluster', keys).scheduler.queue;
  const grid = (submit: string) =>
    queueOf({ engine: 'template', template: { submit, query: 'qstat', cancel: 'qdel ${id}' } });
  const big = queueOf({ engine: 'slurm', partition: 'big' });
  const small = queueOf({ engine: 'slurm', partition: 'small' });
  assert.equal(big, small);
  assert.equal(grid('qsub'), grid('qsub'));
  assert.notEqual(grid('qsub'), grid('bsub'));
  assert.notEqual(big, grid('qsub'));
});
