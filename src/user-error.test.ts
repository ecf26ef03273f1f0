import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { describeSystemError, reasonOf } from './user-error.ts';

function failure(work: () => unknown): NodeJS.ErrnoException {
  try {
    work();
  } catch (error) {
    return error as NodeJS.ErrnoException;
  }
  throw new Error('expected it to fail');
}

test('errors of the system are put into words, with the path', () => {
  const descriptionOf = (work: () => unknown) => describeSystemError(failure(work));
  assert.equal(
    descriptionOf(() => readFileSync('/none')),
    '/none: it does not exist.',
  );
  assert.equal(
    descriptionOf(() => readdirSync('/dev/null')),
    '/dev/null: a part of its path is a file.',
  );
  const long = `/tmp/${'x'.repeat(300)}`;
  assert.equal(
    descriptionOf(() => readFileSync(long)),
    `${long}: its name or its path is too long; a name has at most 255 bytes.`,
  );
});

test('other errors keep their own words', () => {
  assert.equal(reasonOf(failure(() => JSON.parse('{'))), failure(() => JSON.parse('{')).message);
  const rare = Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO', syscall: 'read' });
  assert.equal(describeSystemError(rare), 'EIO: i/o error, read');
});
