import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { partialValue } from '../../../test/support/partial-value.ts';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { placeShape } from '../config/schema/shapes.ts';
import type { World } from '../plan/examine.ts';
import { BatchFolder, type Ticket } from './batch-folder.ts';
import { Submitter } from './submitter.ts';
import { templateScheduler } from './template-scheduler.ts';

/** The workers of the batches of three classes of two tickets each, where three jobs may exist. */
async function workersOf(context: TestContext, detach: boolean): Promise<readonly number[]> {
  const cache = temporaryFolder(context);
  const template = { submit: 'echo 7', id: '(.*)', query: '', cancel: '' };
  const submitter = new Submitter(
    {
      place: { name: 'other', ...placeShape.parse({ engine: 'template', template }) },
      most: 3,
      detach,
      scheduler: templateScheduler(template),
      signal: new AbortController().signal,
      warn: assert.fail,
      world: partialValue<World>({ pipeline: { root: cache }, store: { folder: cache } }),
      commandFor: () => ({ node: 'node', words: [] }),
    },
    () => 0,
  );
  const ticket = partialValue<Ticket>({ stage: { name: 'a' } });
  const placed = [1, 1, 2, 2, 3, 3].map((cpu) =>
    submitter.add(ticket, new Map(), { cpu, gpu: 0, memory: 0 }),
  );
  await delay(120);
  submitter.flush();
  const batches = BatchFolder.all(cache).map((folder) => folder.batch()!);
  for (const one of placed.slice(0, 2 * batches.length)) await (await one).submitted;
  return batches.sort((a, b) => a.needs.cpu - b.needs.cpu).map(({ workers }) => workers);
}

test('a template finds the id in the last line that has one, speaks C, and tells the command that cancels the name of the job', async (context) => {
  const folder = temporaryFolder(context);
  const calls = join(folder, 'calls');
  const template = {
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
  assert.equal(await templateScheduler(template).submit({ ...request, name: 'restage' }), '17');
  const scheduler = templateScheduler({ ...template, id: 'C restage-1 is job (\\d+)' });
  const id = await scheduler.submit(request);
  await scheduler.cancel(id, request.name);
  assert.equal(readFileSync(calls, 'utf8'), '17 restage-1\n');
});

test('stages that ask for different things share the number of jobs that may exist', async (context) => {
  assert.deepEqual(await workersOf(context, false), [2, 1]);
});

test('where nobody waits for room, each remaining batch has one worker', async (context) => {
  assert.deepEqual(await workersOf(context, true), [2, 1, 1]);
});
