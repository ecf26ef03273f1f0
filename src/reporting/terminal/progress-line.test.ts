import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OutputStream } from './colour.ts';
import { ProgressLine } from './progress-line.ts';

/** A stream that keeps what is written. */
function streamOf(isTTY: boolean): OutputStream & { readonly texts: string[] } {
  const texts: string[] = [];
  return { texts, isTTY, columns: 100, rows: 24, write: (text) => texts.push(text) };
}

const progress = (done: number) => ({ done, total: 40, unit: 'images' });

test('a terminal has a bar with the time left, which goes when the command is done', () => {
  const stream = streamOf(true);
  const line = new ProgressLine(stream, { NO_COLOR: '1' });
  for (let second = 1; second <= 20; second++)
    line.update('faces', progress(second), 1000 * second);
  assert.match(
    stream.texts.at(-1)!,
    / {2}faces {2}█{5}░{5} {2}50 % {2}20 s left {2}20\/40 images {2}1\.00 images\/s/,
  );
  line.update('predict', { done: 1, total: 2, unit: 'images' }, 21_000);
  assert.match(stream.texts.at(-1)!, / {2}predict {2}█{5}░{5} {2}50 % {2}1\/2 images/);
  const drawings = stream.texts.length;
  line.clear();
  assert.ok(stream.texts.slice(drawings).join('').endsWith('\u001b[?25h'), 'the cursor is back');
});

test('a log has a line every ten seconds, and none of a command that is quick', () => {
  const stream = streamOf(false);
  const line = new ProgressLine(stream, {});
  line.update('frames', progress(0), 0);
  line.update('frames', progress(1), 5000);
  assert.deepEqual(stream.texts, []);
  line.update('frames', progress(2), 10_000);
  line.update('frames', progress(3), 15_000);
  line.update('frames', progress(4), 20_000);
  assert.deepEqual(stream.texts, [
    '… frames: 5 %, 3 min 10 s left, 2/40 images, 0.20 images/s\n',
    '… frames: 10 %, 3 min 0 s left, 4/40 images, 0.20 images/s\n',
  ]);
  line.clear();
});
