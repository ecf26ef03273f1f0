import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { OpenedProject } from '../../project/opened-project.ts';
import { type WatchedRuns, watchRuns } from './watch-runs.ts';

/** A project that is empty, and a way to change it. */
function emptyProject(t: TestContext) {
  const root = temporaryFolder(t);
  for (const folder of ['pipelines', 'stages']) mkdirSync(join(root, folder));
  // Listening to files and signals keeps no process alive.
  const alive = setInterval(() => {}, 60_000);
  t.after(() => clearInterval(alive));
  return {
    root,
    change: () => writeFileSync(join(root, 'pipelines', 'test.yaml'), 'stages: {}\n'),
  };
}

test('an interrupt ends a watch even in the moment in which a change is known already', async (t) => {
  const { root, change } = emptyProject(t);
  let runs = 0;
  const run = async ({ watch }: WatchedRuns): Promise<number> => {
    runs += 1;
    if (runs > 1) return 1;
    const changed = new Promise<void>((resolve) => watch.onChange(resolve));
    change();
    await changed;
    process.kill(process.pid, 'SIGINT'); // it is heard only in the next turn of the event loop
    return 0;
  };
  assert.deepEqual([await watchRuns(new OpenedProject(root), run), runs], [0, 1]);
});

test('after a run that was interrupted, a watch waits for no change', async (t) => {
  const { root, change } = emptyProject(t);
  const write = t.mock.method(process.stderr, 'write', () => true);
  const run = async ({ interrupts }: WatchedRuns): Promise<number> => {
    const interrupted = once(interrupts.cancellation.signal, 'abort');
    process.kill(process.pid, 'SIGINT');
    await interrupted;
    change(); // which ends the test also where it waits
    return 130;
  };
  assert.deepEqual(
    [await watchRuns(new OpenedProject(root), run), write.mock.callCount()],
    [130, 0],
  );
});
