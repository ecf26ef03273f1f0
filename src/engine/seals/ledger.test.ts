import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { type Digest, sha256 } from '../../digest.ts';
import { ensureKey, keyFile } from '../store/remote/keys.ts';
import { Ledger, ledgerFile } from './ledger.ts';
import {
  faultsOf,
  headOf,
  type LedgerEvent,
  lookHistory,
  readLines,
  type SealedEvent,
} from './ledger-lines.ts';
import { recordScoreLook } from './score-looks.ts';

const seal = sha256('a seal');

const sealedEvent = (name: Digest, images: string): SealedEvent => ({
  event: 'sealed',
  seal: name,
  of: 'faces.dataset',
  part: 'test',
  images,
  packed: '',
});

const lookEvent = (stage: string, seals: readonly Digest[] = [seal]): LedgerEvent => ({
  event: 'look',
  pipeline: 'test',
  stage,
  kind: 'evaluate',
  fingerprint: sha256(stage),
  reads: 'images',
  seals,
});

const unsigned = { env: { XDG_CONFIG_HOME: '/nowhere' } };

const faultsIn = (root: string) => faultsOf(readLines(readFileSync(ledgerFile(root), 'utf8')));

test('each line carries the digest of the one before: a changed, removed or moved line shows', async (t) => {
  const root = temporaryFolder(t);
  const ledger = new Ledger(root);
  for (const stage of ['a', 'b', 'c']) await ledger.append(() => [lookEvent(stage)], unsigned);
  assert.deepEqual(faultsIn(root), []);
  const [first, second, third] = readFileSync(ledgerFile(root), 'utf8').split('\n');
  const damaged = {
    changed: [first, second!.replace('evaluate', 'predict'), third],
    removed: [first, third],
    moved: [second, first, third],
  };
  const faults = Object.values(damaged).map((lines) => {
    writeFileSync(ledgerFile(root), `${lines.join('\n')}\n`);
    return faultsIn(root).length > 0;
  });
  assert.deepEqual(faults, [true, true, true]);
});

test('a line is signed where the user has a key, and shows a change by somebody without it', async (t) => {
  const root = temporaryFolder(t);
  const env = { XDG_CONFIG_HOME: join(root, 'home') };
  ensureKey(keyFile(env));
  await new Ledger(root).append(() => [lookEvent('a')], { env, commit: 'c0ffee' });
  assert.deepEqual(faultsIn(root), []);
  const text = readFileSync(ledgerFile(root), 'utf8');
  // The chain of a single line holds whatever it says; its signature does not.
  writeFileSync(ledgerFile(root), text.replace('c0ffee', 'decafe'));
  assert.deepEqual(faultsIn(root), ['Line 1 is not signed by its key.']);
});

/** A process that appends lines until it is killed; it prints one character after each. */
const appender = (root: string, name: string, count: number) =>
  spawn(
    process.execPath,
    [
      '--import',
      'tsx',
      '--input-type=module',
      '-e',
      `const { Ledger } = await import(${JSON.stringify(pathToFileURL(new URL('./ledger.ts', import.meta.url).pathname))});
const ledger = new Ledger(${JSON.stringify(root)});
for (let i = 0; i < ${count}; i += 1) {
  await ledger.append(() => [{ event: 'unsealed', seal: ${JSON.stringify(seal)}, because: ${JSON.stringify(name)} + i }], ${JSON.stringify(unsigned)});
  process.stdout.write('.');
  // A process that takes the lease again at once starves the other one.
  await new Promise((resolve) => setTimeout(resolve, 5));
}`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );

test('two processes that append at once, one of which is killed, leave one whole chain', async (t) => {
  const root = temporaryFolder(t);
  const killed = appender(root, 'killed', 10_000);
  const other = appender(root, 'other', 20);
  // Heard from now on: one of them may have ended before the other begins.
  const ended = once(other, 'close');
  await Promise.all([once(killed.stdout, 'data'), once(other.stdout, 'data')]);
  killed.kill('SIGKILL');
  assert.deepEqual(await ended, [0, null]);
  await new Ledger(root).append(() => [lookEvent('after')], unsigned);
  assert.deepEqual(faultsIn(root), []);
  const lines = readLines(readFileSync(ledgerFile(root), 'utf8'));
  const count = (name: string) =>
    lines.filter(({ line }) => line?.event === 'unsealed' && line.because.startsWith(name)).length;
  assert.equal(count('other'), 20);
  assert.ok(count('killed') > 0);
});

test('a line that was cut off stays, is named, and the next line follows it', async (t) => {
  const root = temporaryFolder(t);
  const ledger = new Ledger(root);
  await ledger.append(() => [lookEvent('a')], unsigned);
  appendFileSync(ledgerFile(root), '{"event":"lo');
  await ledger.append(() => [lookEvent('b')], unsigned);
  assert.deepEqual(faultsIn(root), ['Line 2 is no line of a ledger.']);
  assert.ok(ledger.state.looks.has(sha256('b')));
});

test('a line that lacks what its event needs is named, and breaks nothing', async (t) => {
  const root = temporaryFolder(t);
  const ledger = new Ledger(root);
  await ledger.append(() => [sealedEvent(seal, ''), lookEvent('a')], unsigned);
  const time = '2026-12-01T00:00:00.000Z';
  const wrong = [
    { event: 'sealed', seal, of: 'faces', part: 'test', images: 3, packed: '', time },
    { event: 'look', stage: 'b', kind: 'evaluate', fingerprint: sha256('b'), time },
    { event: 'numbers', stage: 'b', fingerprint: sha256('b'), outputs: null, time },
    { event: 'exposed', seals: 'all', time },
    { event: 'unsealed', time },
    { event: 'unsealed', seal, because: 'no time' },
  ];
  for (const line of wrong) {
    const previous = headOf(ledger.lines);
    appendFileSync(ledgerFile(root), `${JSON.stringify({ ...line, previous })}\n`);
  }
  assert.deepEqual(
    faultsIn(root),
    wrong.map((_, i) => `Line ${i + 3} is no line of a ledger.`),
  );
  assert.equal(lookHistory(ledger.lines, sha256('a'))?.line, 2);
  assert.equal(ledger.unsealed.size, 0);
});

test('looks at a test set count for every set that shares images with it', async (t) => {
  const ledger = new Ledger(temporaryFolder(t));
  const first = sha256('1');
  const second = sha256('2');
  const apart = sha256('3');
  const image = (name: string) => sha256(name).slice(0, 16);
  await ledger.append(
    () => [
      sealedEvent(first, image('x') + image('y')),
      sealedEvent(second, image('y')),
      sealedEvent(apart, image('z')),
      lookEvent('a', [first]),
      lookEvent('b', [apart]),
      { event: 'exposed', stage: 'e', fingerprint: sha256('e'), seals: [first], images: 1 },
      { event: 'unsealed', seal: first, because: 'curious' },
      lookEvent('c', [second]),
    ],
    unsigned,
  );
  const { lines } = ledger;
  assert.deepEqual(lookHistory(lines, sha256('c'))?.before, {
    images: 1,
    scores: 0,
    exposed: 1,
    unsealed: 1,
  });
  assert.deepEqual(lookHistory(lines, sha256('b'))?.before, {
    images: 0,
    scores: 0,
    exposed: 0,
    unsealed: 0,
  });
  assert.equal(lookHistory(lines, sha256('d')), undefined);
});

test('looks at the same files under another seal count, whatever images that seal names', async (t) => {
  const ledger = new Ledger(temporaryFolder(t));
  const forged = sha256('1');
  const honest = sha256('2');
  const file = sha256('shard').slice(0, 16);
  await ledger.append(
    () => [
      { ...sealedEvent(forged, ''), packed: file },
      lookEvent('a', [forged]),
      { ...sealedEvent(honest, sha256('x').slice(0, 16)), packed: file },
      lookEvent('b', [honest]),
    ],
    unsigned,
  );
  const { before } = lookHistory(ledger.lines, sha256('b'))!;
  assert.deepEqual(before, { images: 1, scores: 0, exposed: 0, unsealed: 0 });
});

test('numbers that commands and pages make of sealed scores are a look, once', async (t) => {
  const root = temporaryFolder(t);
  const ledger = new Ledger(root);
  const scores = sha256('scores');
  const other = sha256('other scores');
  const compare = async (digests: readonly Digest[]) => {
    const look = { by: 'restage compare a b', kind: 'compare', scores: digests } as const;
    await recordScoreLook(ledger, { ...look, numbers: { 'test.auc': 0.7 } }, unsigned.env);
    return ledger.lines.flatMap(({ line }) => (line?.event === 'look' ? [line.stage] : []));
  };
  assert.deepEqual(await compare([scores]), []);
  const shown: LedgerEvent = {
    event: 'numbers',
    stage: 'a',
    fingerprint: sha256('a'),
    outcome: 'ran',
    numbers: {},
    outputs: { scores },
    scores: ['scores'],
  };
  await ledger.append(() => [sealedEvent(seal, ''), lookEvent('a'), shown], unsigned);
  assert.deepEqual(await compare([other]), ['a'], 'nobody sealed the images of these scores');
  assert.deepEqual(await compare([scores, other]), ['a', 'restage compare a b']);
  const [last] = ledger.lines.slice(-1);
  assert.ok(last?.line?.event === 'numbers');
  assert.deepEqual(last.line.numbers, { 'test.auc': 0.7 });
  assert.equal((await compare([scores, other])).length, 2, 'the same numbers are no new look');
  await ledger.append(() => [{ event: 'unsealed', seal, because: 'over' }], unsigned);
  assert.equal((await compare([scores])).length, 2, 'a broken seal keeps nothing');
});
