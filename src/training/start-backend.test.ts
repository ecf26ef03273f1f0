import assert from 'node:assert/strict';
import { test } from 'node:test';
import { getBackend } from '@tensorflow/tfjs';
import { startBackend } from './start-backend.ts';

function stage(backend: string) {
  const notes: Record<string, string | number> = {};
  const note = (name: string, value: string | number) => {
    notes[name] = value;
  };
  return { backend, cpus: 1, notes, note, warn: () => {} };
}

test('the backend that the user named runs, and its name is noted', async () => {
  const cpu = stage('cpu');

  assert.equal(await startBackend(cpu), 'cpu');
  assert.equal(getBackend(), 'cpu');
  assert.deepEqual(cpu.notes, { backend: 'cpu', threads: 1 });
});

test('a name that is no backend is refused with those that are', async () => {
  await assert.rejects(startBackend(stage('cuda')), /^StageError: Expected a backend \(auto, .*\), got "cuda"\.$/);
});
