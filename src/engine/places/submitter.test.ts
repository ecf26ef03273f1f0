import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { partialValue } from '../../../test/support/partial-value.ts';
import { placeOfYaml } from '../../../test/support/place-of-yaml.ts';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import type { Workspace } from '../plan/examine.ts';
import { BatchFolder, type Ticket } from './batch-folder.ts';
import { Submitter } from './submitter.ts';

/** The workers of the batches of three classes of two tickets each, where three jobs may exist. */
async function workersOf(context: TestContext, detach: boolean): Promise<readonly number[]> {
  const cache = temporaryFolder(context);
  const template = { submit: 'echo 7', id: '(.*)', query: '', cancel: '' };
  const place = placeOfYaml('other', { engine: 'template', template });
  const submitter = new Submitter(
    {
      place,
      most: 3,
      detach,
      scheduler: place.scheduler.open(process.env),
      signal: new AbortController().signal,
      warn: assert.fail,
      workspace: partialValue<Workspace>({
        env: {},
        pipeline: { root: cache },
        store: { local: { folder: cache } },
      }),
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

test('stages that ask for different things share the number of jobs that may exist', async (context) => {
  assert.deepEqual(await workersOf(context, false), [2, 1]);
});

test('where nobody waits for room, each remaining batch has one worker', async (context) => {
  assert.deepEqual(await workersOf(context, true), [2, 1, 1]);
});
