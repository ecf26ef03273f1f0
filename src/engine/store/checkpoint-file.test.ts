import assert from 'node:assert/strict';
import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { CheckpointFile } from './checkpoint-file.ts';

const checkpoint = {
  state: { epoch: 3, losses: [0.1 + 0.2, 1e-300], name: 'ä' },
  arrays: [
    Float32Array.of(1, Math.fround(0.1), Number.NaN, -0),
    new Float32Array(0),
    new Float32Array(3_000_000).fill(7),
  ],
};

function place(t: { after(cleanUp: () => void): void }) {
  const path = join(temporaryFolder(t), 'ab', 'abc');
  const warnings: string[] = [];
  return { path, warnings, file: new CheckpointFile(path, (message) => warnings.push(message)) };
}

test('a checkpoint is loaded as it was saved, bit by bit, and replaces the one before', (t) => {
  const { path, warnings, file } = place(t);
  assert.equal(file.load(), undefined);
  file.save({ state: null, arrays: [] });
  assert.deepEqual(file.load(), { state: null, arrays: [] });
  file.save(checkpoint);
  assert.deepEqual(file.load(), checkpoint);
  assert.deepEqual(readdirSync(dirname(path)), ['abc']);
  assert.deepEqual(warnings, []);
});

test('a checkpoint that is damaged or cut short anywhere counts as none, with a warning', (t) => {
  const { path, warnings, file } = place(t);
  file.save(checkpoint);
  const bytes = readFileSync(path);
  const damages = [0, 2, 10, 120, bytes.length - 40, bytes.length - 1];
  for (const at of damages) {
    const damaged = Buffer.from(bytes);
    damaged[at]! ^= 0x40;
    writeFileSync(path, damaged);
    assert.equal(file.load(), undefined);
  }
  for (const length of [0, 3, 31, 32, 1000, bytes.length - 1]) {
    truncateSync(path, length);
    assert.equal(file.load(), undefined);
    writeFileSync(path, bytes);
  }
  assert.deepEqual(
    warnings,
    Array(12).fill(
      `The checkpoint ${path} cannot be used (it is damaged): the stage begins from the start`,
    ),
  );
  assert.deepEqual(file.load(), checkpoint);
});

test('a checkpoint that cannot be written gives one warning', (t) => {
  const { path, warnings, file } = place(t);
  file.save(checkpoint);
  const inTheWay = new CheckpointFile(join(path, 'below', 'abc'), (message) =>
    warnings.push(message),
  );
  inTheWay.save(checkpoint);
  inTheWay.save(checkpoint);
  assert.deepEqual(warnings, [
    'Cannot write a checkpoint: a file is in the way of a folder. Move it away and run again. This run continues without it.',
  ]);
  assert.deepEqual(file.load(), checkpoint);
});
