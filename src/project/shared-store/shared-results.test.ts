import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { exampleResult, listArtifact } from '../../../test/support/example-result.ts';
import { temporaryFolder, writeFiles } from '../../../test/support/temporary-folder.ts';
import { targetKey } from '../../engine/publishing/publish-target.ts';
import { PublishedRecords } from '../../engine/publishing/published-record.ts';
import { LocalStore } from '../../engine/store/local-store.ts';
import { sharedRuns } from '../../engine/store/remote/shared-runs.ts';
import { groupBy } from '../../group-by.ts';
import { OpenedProject } from '../opened-project.ts';
import { withSharedStore } from './connect.ts';
import { initStore } from './init-store.ts';
import { sendResults } from './shared-results.ts';

const stages = ['a', 'b', 'c'];

/** A project with a run of a pipeline, whose file is gone, and with an empty shared store. */
async function ranProject(t: TestContext): Promise<OpenedProject> {
  const root = writeFiles(temporaryFolder(t), { 'pipelines/other.yaml': 'stages: {}\n' });
  const local = new LocalStore(root);
  const published = new PublishedRecords(local.folder);
  const run = local.startRun('2026-01-01', 'p');
  for (const [seed, stage] of stages.entries()) {
    const file = join(root, stage);
    writeFileSync(file, `text of ${stage}`);
    const artifact = await listArtifact(file);
    const result = exampleResult(seed, { out: artifact });
    await local.storeArtifact(file, artifact);
    await local.writeResult(result);
    local.writeLatest('p', stage, result.digest);
    const path = `artifacts/${stage}`;
    const { digest } = artifact;
    const time = '2026-01-01T00:00:00.000Z';
    published.write(targetKey(path), { path, pipeline: 'p', stage, port: 'out', digest, time });
  }
  const restored = stages.map((stage) => [stage, { outcome: 'restored' }] as const);
  run.writeRecord({
    pipeline: 'p',
    file: 'pipelines/p.yaml',
    startedAt: '2026-01-01T00:00:00.000Z',
    seconds: 1,
    restage: '0.1.0',
    stages: Object.fromEntries(restored),
  });
  await run.removeWork();
  const project = new OpenedProject(root, { env: { XDG_CONFIG_HOME: join(root, 'config') } });
  await initStore(project, [join(root, 'shared')], {});
  return project;
}

test('a push reads each result twice: to describe the run, and to send it', async (t) => {
  const project = await ranProject(t);
  const reads = t.mock.method(LocalStore.prototype, 'readResult').mock;
  await withSharedStore(project, async (connected) => {
    const { sent, failed } = await sendResults(connected);
    assert.deepEqual({ sent, failed }, { sent: stages.length, failed: 0 });
    const counts = [...groupBy(reads.calls, (call) => call.arguments[0]).values()];
    // One more read finds that there is something to send.
    assert.deepEqual(counts.map(({ length }) => length).sort(), [2, 2, 3]);
    const paths: unknown[] = [];
    for await (const { manifest } of sharedRuns(
      { listed: [connected.store], warn: assert.fail },
      'p',
    ))
      for (const [stage, { outputs }] of Object.entries(manifest.stages))
        paths.push([stage, outputs]);
    assert.deepEqual(
      paths,
      stages.map((stage) => [stage, { out: `artifacts/${stage}` }]),
    );
  });
});
