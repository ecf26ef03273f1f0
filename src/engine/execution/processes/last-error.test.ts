import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lastError, searched } from './last-error.ts';

test('the error of a Python program is the end of its last traceback, whatever its class is called', () => {
  const traceback = (error: string) => `epoch 1
Traceback (most recent call last):
  File "train.py", line 3, in <module>
    loss.backward()
${error}
`;
  const memory = 'torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.';
  assert.equal(lastError(traceback(memory)), memory);
  assert.equal(lastError(traceback('net.Unstable: it diverged')), 'net.Unstable: it diverged');
  assert.equal(lastError(traceback('KeyboardInterrupt')), 'KeyboardInterrupt');
  const chained = `${traceback("KeyError: 'lr'")}
During handling of the above exception, another exception occurred:

${traceback('ValueError: no rate')}`;
  assert.equal(lastError(chained), 'ValueError: no rate');
});

test('the error of another program is the last line that reads like one, and not a line of its stack', () => {
  assert.equal(lastError('sh: 1: nothing: not found\n'), 'sh: 1: nothing: not found');
  assert.equal(
    lastError('Error: bad\n    at Error.read (a.js:1:2)\n\nNode.js v20\n'),
    'Error: bad',
  );
  assert.equal(lastError('1 %\r2 %\rfatal: no disk\rbye\n'), 'fatal: no disk');
  assert.equal(lastError('\u001b[31mError: red\u001b[0m\n'), 'Error: red');
});

test('what does not read like an error is none', () => {
  assert.equal(lastError('loading\nepoch 1\n'), undefined);
  assert.equal(lastError(''), undefined);
});

test('only the end is searched, and a long line is cut', () => {
  assert.equal(lastError(`Error: early\n${'.'.repeat(searched)}\n`), undefined);
  assert.equal(lastError(`Error: ${'x'.repeat(500)}`)?.length, 300);
});
