import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts';
import { type Digest, sha256 } from '../../../digest.ts';
import { HostLink, LostLink } from './host-link.ts';

interface Note {
  readonly type: string;
  readonly text: string;
}

/** Two ends of one connection. The second one has these files by their digests. */
function ends(files: ReadonlyMap<Digest, string>, silence = 60_000) {
  const there = new PassThrough();
  const back = new PassThrough();
  const heard: Note[] = [];
  const reasons: string[] = [];
  const end = (input: PassThrough, output: PassThrough) =>
    new HostLink<Note, Note>({
      input,
      output,
      silence,
      sourceOf: (digest) => files.get(digest),
      receive: (note) => heard.push(note),
      ended: (reason) => reasons.push(reason),
    });
  return { first: end(back, there), second: end(there, back), heard, reasons };
}

test('objects come by their digests: large ones whole, false ones not at all, and only those that may be read', async (t) => {
  const folder = temporaryFolder(t);
  const write = (name: string, bytes: Buffer) => {
    writeFileSync(join(folder, name), bytes);
    return join(folder, name);
  };
  const large = Buffer.alloc(3_000_000, 'large');
  const small = Buffer.from('small');
  const secret = sha256('secret');
  const files = new Map([
    [sha256(large), write('large', large)],
    [sha256(small), write('small', small)],
    [sha256('promised'), write('other', Buffer.from('something else'))],
    [sha256('lost'), join(folder, 'lost')],
  ]);
  const { first, second, heard } = ends(files);
  const pathOf = (digest: Digest) => join(folder, 'received', digest);
  second.send({ type: 'note', text: 'hello' });
  const fetch = (digest: Digest) => first.fetch(digest, pathOf(digest));
  const wanted = [sha256(large), sha256(small), sha256('promised'), sha256('lost'), secret];
  assert.deepEqual(await Promise.all(wanted.map(fetch)), [true, true, false, false, false]);
  assert.deepEqual(readFileSync(pathOf(sha256(large))), large);
  assert.deepEqual(readFileSync(pathOf(sha256(small))), small);
  assert.deepEqual(heard, [{ type: 'note', text: 'hello' }]);
  const outside = '../../etc/passwd' as Digest;
  assert.equal(await first.fetch(outside, join(folder, 'received', 'outside')), false);
  first.close('over');
});

test('when a connection ends, what waits for an object fails, and both ends know why', async (t) => {
  const folder = temporaryFolder(t);
  const { first, reasons } = ends(new Map());
  const fetched = first.fetch(sha256('never'), join(folder, sha256('never')));
  first.close('it was cut');
  await assert.rejects(fetched, new LostLink('it was cut'));
  await assert.rejects(first.fetch(sha256('x'), join(folder, 'x')), LostLink);
  assert.equal(reasons[0], 'it was cut');
});

test('an end that hears nothing for its silence gives up', async () => {
  const input = new PassThrough();
  const reason = await new Promise<string>((ended) => {
    const options = { input, output: new PassThrough(), sourceOf: () => undefined, ended };
    new HostLink({ ...options, silence: 200, receive: () => {} });
  });
  assert.match(reason, /^nothing was heard for \d+ s$/);
});
