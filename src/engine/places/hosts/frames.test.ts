import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeFrame, FrameReader } from './frames.ts';

test('messages and their bytes arrive whole, however the connection cuts them', () => {
  const sent = [
    { message: { type: 'hello', text: 'ä\n' }, body: Buffer.alloc(0) },
    { message: { type: 'object' }, body: Buffer.from([0, 1, 2, 255]) },
    { message: { type: 'beat' }, body: Buffer.alloc(0) },
  ];
  const bytes = Buffer.concat(sent.flatMap(({ message, body }) => encodeFrame(message, body)));
  for (const size of [1, 2, 3, 7, 8, 9, 64, bytes.length]) {
    const reader = new FrameReader();
    const received = [];
    for (let at = 0; at < bytes.length; at += size)
      for (const { message, body } of reader.read(bytes.subarray(at, at + size)))
        received.push({ message, body: Buffer.from(body) });
    assert.deepEqual(received, sent);
  }
});

test('what is no message ends the reading', () => {
  const reader = new FrameReader();
  assert.throws(
    () => [...reader.read(Buffer.from('Last login: Wed Dec  2 on pts/0'))],
    new Error('it sent something else than messages'),
  );
});
