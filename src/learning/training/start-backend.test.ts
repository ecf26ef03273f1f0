import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { getBackend, neg, tidy, version } from '@tensorflow/tfjs';
import { startBackend } from './start-backend.ts';

function stage(backend: string, cpus = 1) {
  const notes: Record<string, string | number> = {};
  const note = (name: string, value: string | number) => {
    notes[name] = value;
  };
  return { backend, cpus, root: '/nowhere', notes, note, warn: () => {} };
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

test('a backend whose packages are missing is a user’s mistake, without a stack', async () => {
  await assert.rejects(startBackend(stage('webgpu')), {
    name: 'StageError',
    message:
      /^Expected the package webgpu for the backend "webgpu", found none, looking from \/nowhere and /,
  });
});

test('a stage computes on as many threads as it has cores', {
  skip: process.platform !== 'linux',
}, async () => {
  const running = () => readdirSync('/proc/self/task').length;
  const three = stage('onnxruntime', 3);
  await startBackend(three);
  const before = running();
  assert.deepEqual([...tidy(() => neg([1, 2]).dataSync())], [-1, -2]);
  // The main thread is the third.
  assert.equal(running() - before, 2);
  assert.equal(three.notes['threads'], 3);
});
