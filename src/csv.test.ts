import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { csvLine, csvRecords } from './csv.ts';

test('fields with commas, quotes and line breaks are read back as written', () => {
  const field = fc.oneof(fc.string(), fc.stringMatching(/^[a",\n ]{0,8}$/));
  const record = fc.array(
    field.filter((text) => !text.includes('\r')),
    { minLength: 2, maxLength: 4 },
  );
  fc.assert(
    fc.property(fc.array(record), (written) => {
      const read = [...csvRecords(written.map(csvLine).join(''))];
      assert.deepEqual(
        read.map(({ fields }) => fields),
        written,
      );
    }),
  );
});

test('a record knows its line; empty lines and a byte order mark are left out', () => {
  const text = '\uFEFFpath,label\r\n\r\n"a\nb",real\r\nc,fake';
  assert.deepEqual(
    [...csvRecords(text)],
    [
      { fields: ['path', 'label'], line: 1 },
      { fields: ['a\nb', 'real'], line: 3 },
      { fields: ['c', 'fake'], line: 5 },
    ],
  );
});
