import assert from 'node:assert/strict';
import { test } from 'node:test';
import { getBackend, version } from '@tensorflow/tfjs';
import { startBackend } from './start-backend.ts';

function stage(backend: string) {
  const notes: Record<string, string | number> = {};
  const note = (name: string, value: string | number) => {
    notes[name] = value;
  };
  return { backend, cpus: 1, root: '/nowhere', notes, note, warn: () => {} };
}

test('the backend that the user named runs, and what runs is noted', async () => {
  const cpu = stage('cpu');

  assert.equal((await startBackend(cpu)).name, 'cpu');
  assert.equal(getBackend(), 'cpu');
  assert.deepEqual(cpu.notes, { backend: 'cpu', '@tensorflow/tfjs': version.tfjs, threads: 1 });
});

test('a name that is no backend is refused with those that are', async () => {
  await assert.rejects(startBackend(stage('cuda')), {
    name: 'StageError',
    message:
      'Expected a backend (auto, onnxruntime, onnxruntime:webgpu, onnxruntime:cuda, tensorflow, webgpu, cpu), got "cuda".',
  });
});

test('a backend whose packages are missing is the mistake of who asked for it, and shows no stack', async () => {
  await assert.rejects(startBackend(stage('webgpu')), {
    name: 'StageError',
    message: /^Expected the package webgpu for the backend "webgpu", found none, looking from \/nowhere and /,
  });
});
