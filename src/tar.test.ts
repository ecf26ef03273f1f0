import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  fstatSync,
  linkSync,
  openSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { mutated } from '../test/support/mutations.ts';
import { temporaryFolder, writeFiles } from '../test/support/temporary-folder.ts';
import { readTar, TarError, type TarFile, tarEnd, tarHeader, tarPadding } from './tar.ts';

const long = `runs/${'a'.repeat(93)}/2026-01-31T09-12-03.000-abcd/0123456789abcdef.json`;

function filesOf(path: string): readonly TarFile[] {
  const file = openSync(path, 'r');
  try {
    return [...readTar(file, fstatSync(file).size)];
  } finally {
    closeSync(file);
  }
}

/** An archive of a folder, made by the system's tar. */
function archiveOf(folder: string, ...options: readonly string[]): string {
  execFileSync('tar', ['-cf', `${folder}.tar`, ...options, '-C', folder, '.']);
  return `${folder}.tar`;
}

function someFolder(t: TestContext): string {
  return writeFiles(join(temporaryFolder(t), 'some'), {
    a: 'first',
    'b/é': 'second',
    [long]: 'third',
  });
}

test('archives of GNU, of POSIX and of our own writer have the same files', (t) => {
  const folder = someFolder(t);
  const archive = join(temporaryFolder(t), 'own.tar');
  const all = ['a', 'b/é', long].flatMap((name) => {
    const bytes = readFileSync(join(folder, name));
    return [tarHeader(name, bytes.length), bytes, tarPadding(bytes.length)];
  });
  writeFileSync(archive, Buffer.concat([...all, tarEnd]));
  for (const path of [
    archive,
    archiveOf(folder, '--format=gnu'),
    archiveOf(folder, '--format=posix'),
  ]) {
    const bytes = readFileSync(path);
    const texts = filesOf(path).map(({ name, start, size }) => [
      name,
      bytes.toString('utf8', start, start + size),
    ]);
    assert.deepEqual(Object.fromEntries(texts), { a: 'first', 'b/é': 'second', [long]: 'third' });
  }
  assert.match(execFileSync('tar', ['-tf', archive], { encoding: 'utf8' }), /^a\nb\/.*\nruns\//);
});

test('a file of more than 8 GiB has its size in a pax header', (t) => {
  const path = join(temporaryFolder(t), 'large.tar');
  const size = 9 * 1024 ** 3;
  const header = tarHeader('large', size);
  writeFileSync(path, header);
  truncateSync(path, header.length + size + tarEnd.length); // sparse
  assert.deepEqual(filesOf(path), [{ name: 'large', start: header.length, size }]);
});

test('an archive with anything but plain files and folders is refused, and so is one that is cut or no archive', (t) => {
  const folder = someFolder(t);
  const refused = (path: string, message: string) => {
    assert.throws(() => filesOf(path), new TarError(message));
  };
  const whole = readFileSync(archiveOf(folder));
  for (const length of [0, 100, 512, 600, 1024, 1536]) {
    writeFileSync(`${folder}.tar`, whole.subarray(0, length));
    refused(`${folder}.tar`, 'it is cut short');
  }
  refused(join(import.meta.dirname, 'tar.ts'), 'it is no tar archive, or damaged');

  symlinkSync('/dev/zero', join(folder, 'link'));
  refused(archiveOf(folder), '"./link" in it is neither a plain file nor a folder');
  execFileSync('rm', [join(folder, 'link')]);
  execFileSync('mkfifo', [join(folder, 'fifo')]);
  refused(archiveOf(folder), '"./fifo" in it is neither a plain file nor a folder');
  execFileSync('rm', [join(folder, 'fifo')]);
  linkSync(join(folder, 'a'), join(folder, 'hard'));
  assert.throws(() => filesOf(archiveOf(folder)), TarError);
  execFileSync('rm', [join(folder, 'hard')]);
  truncateSync(join(folder, 'a'), 1_000_000);
  refused(
    archiveOf(folder, '--sparse', '--format=gnu'),
    '"./a" in it is neither a plain file nor a folder',
  );
  refused(archiveOf(folder, '--sparse', '--format=posix'), 'a file in it is sparse');
});

test('a damaged archive has files that lie inside it, or is refused', (t) => {
  const whole = readFileSync(archiveOf(someFolder(t), '--format=posix'));
  const path = join(temporaryFolder(t), 'damaged.tar');
  fc.assert(
    fc.property(mutated(whole), (bytes) => {
      writeFileSync(path, bytes);
      try {
        for (const { start, size } of filesOf(path))
          assert.ok(start >= 0 && start + size <= bytes.length);
      } catch (error) {
        if (!(error instanceof TarError)) throw error;
      }
    }),
    { numRuns: 200 },
  );
});
