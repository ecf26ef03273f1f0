import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts';
import { sha256 } from '../../../digest.ts';
import { LocalStore } from '../../store/local-store.ts';
import { logTail } from './log-tail.ts';

test('the last twenty lines of the last attempt are shown', (t) => {
  const store = new LocalStore(temporaryFolder(t));
  const run = store.startRun('2025-01-31T09-12', 'study');
  const begun = { fingerprint: sha256('fit'), startedAt: 1 };
  for (const [number, length] of [3, 30].entries()) {
    const attempt = run.attempt('fit', number + 1);
    attempt.record(begun);
    const lines = Array.from({ length }, (_, index) => `line ${index + 1}\n`);
    mkdirSync(dirname(attempt.log), { recursive: true });
    writeFileSync(attempt.log, lines.join(''));
  }
  const last = Array.from({ length: 20 }, (_, index) => `line ${index + 11}`);
  assert.deepEqual(logTail(run, 'fit'), last);
  assert.deepEqual(logTail(run, 'never ran'), []);
});
