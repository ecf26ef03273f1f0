import assert from 'node:assert/strict';
import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder, writeFiles } from '../../../test/support/temporary-folder.ts';
import { slurm } from './slurm.ts';

test('what a job needs and what its place declares become options of sbatch', async (context) => {
  const folder = writeFiles(temporaryFolder(context), {
    sbatch: '#!/bin/sh\nprintf "%s\\n" "$@" > "${0%/*}/words"\necho 17\n',
  });
  chmodSync(join(folder, 'sbatch'), 0o755);
  const { PATH } = process.env;
  process.env['PATH'] = `${folder}:${PATH}`;
  context.after(() => Object.assign(process.env, { PATH }));
  const place = { name: 'cluster', partition: 'long', account: 'faces', options: { qos: 'high', exclusive: true } };
  const wordsFor = async (change: object) => {
    const request = { name: 'restage-1', script: '/p/script.sh', root: '/p', log: '/p/100%/output', seconds: 3605 };
    const needs = { cpu: 1.5, gpu: 0, memory: 2 ** 30 + 1 };
    assert.equal(await slurm(place).submit({ ...request, needs, workers: 1, ...change }), '17');
    return readFileSync(join(folder, 'words'), 'utf8').trim().split('\n');
  };
  const words = await wordsFor({});
  assert.deepEqual(words, [
    ...['--parsable', '--export=NONE', '--requeue', '--open-mode=append', '--job-name=restage-1', '--chdir=/p'],
    ...['--output=/p/100%%/output', '--cpus-per-task=2', '--mem=1025M', '--time=60:5', '--signal=B:TERM@120'],
    ...['--partition=long', '--account=faces', '--qos=high', '--exclusive', '/p/script.sh'],
  ]);
  const more = await wordsFor({ needs: { cpu: 1, gpu: 1.5, memory: 0 }, workers: 3, after: ['7', '8'] });
  const added = more.filter((word) => !words.includes(word));
  assert.deepEqual(added, [
    ...['--cpus-per-task=1', '--mem=0M', '--gpus-per-node=2', '--array=0-2', '--dependency=afterany:7:8'],
  ]);
});
