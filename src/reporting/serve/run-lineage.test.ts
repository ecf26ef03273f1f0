import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { Hono } from 'hono';
import { exampleResult, listArtifact } from '../../../test/support/example-result.ts';
import { temporaryFolder, writeFiles } from '../../../test/support/temporary-folder.ts';
import { hashFingerprint } from '../../engine/fingerprint/fingerprint.ts';
import { LocalStore } from '../../engine/store/local-store.ts';
import type { StageResult } from '../../engine/store/stage-result.ts';
import { addRoutes, openSources } from './serve.ts';

test('a run names the other runs that read what it made, and none that read something else', async (t) => {
  const root = temporaryFolder(t);
  const store = new LocalStore(root);
  writeFiles(root, { 'model.bin': 'weights' });
  const path = join(root, 'model.bin');
  const model = { ...(await listArtifact(path)), type: 'model' as const };
  await store.storeArtifact(path, model);
  const made = exampleResult(1, { model });
  const reading = (seed: number, digest: StageResult['digest']): StageResult => {
    const result = exampleResult(seed);
    const fingerprint = { ...result.fingerprint, inputs: { model: [{ digest }] } };
    return { ...result, fingerprint, digest: hashFingerprint(fingerprint) };
  };
  const idOf = (day: number) => `2025-01-${day}T09-12-03.042-4f2a`;
  const write = async (day: number, stages: Readonly<Record<string, StageResult>>) => {
    for (const result of Object.values(stages)) await store.writeResult(result);
    const entries = Object.entries(stages).map(
      ([stage, { digest }]) => [stage, { outcome: 'ran' as const, result: digest }] as const,
    );
    store.startRun(idOf(day), 'test').writeRecord({
      pipeline: 'test',
      file: 'test.yaml',
      startedAt: `2025-01-${day}T09:12:03.042Z`,
      seconds: 2,
      restage: '0',
      stages: Object.fromEntries(entries),
    });
  };
  await write(11, { fit: made });
  await write(12, { scores: reading(2, model.digest), other: exampleResult(3) });
  await write(13, { scores: reading(4, exampleResult(5).digest) });
  const app = new Hono();
  const warn = (line: string) => assert.fail(line);
  const options = { root, fill: () => undefined, env: {}, warn };
  addRoutes(app, openSources(options), { names: () => [], plan: async () => '' });
  const lineageOf = async (day: number) => (await app.request(`/run/${idOf(day)}/lineage`)).text();
  const text = await lineageOf(11);
  assert.match(text, /fit\.model/);
  assert.deepEqual(text.match(/href="[^"]*"/g), [`href="/run/${idOf(12)}"`]);
  assert.match(text, /test: scores</);
  assert.match(await lineageOf(12), /No other run read/);
});
