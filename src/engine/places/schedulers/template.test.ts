import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts';
import { template as form } from './template.ts';

test('a template finds the id in the last line that has one, speaks C, and tells the command that cancels the name of the job', async (context) => {
  const folder = temporaryFolder(context);
  const calls = join(folder, 'calls');
  const commands = {
    submit: 'echo "31 nodes are down"; echo "$LC_ALL ${name} is job 17"',
    id: '(\\d+)',
    query: 'echo 17',
    cancel: `echo \${id} \${name} >> ${calls}`,
  };
  const request = {
    name: 'restage-1',
    script: '/s',
    root: folder,
    log: '/o',
    seconds: 60,
    workers: 1,
    needs: { cpu: 1, gpu: 0, memory: 0 },
  };
  const open = (template: typeof commands) => form.open({ name: 'grid', template }, process.env);
  assert.equal(await open(commands).submit({ ...request, name: 'restage' }), '17');
  const scheduler = open({ ...commands, id: 'C restage-1 is job (\\d+)' });
  const id = await scheduler.submit(request);
  await scheduler.cancel(id, request.name);
  assert.equal(readFileSync(calls, 'utf8'), '17 restage-1\n');
});
