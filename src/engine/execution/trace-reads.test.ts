import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeUndeclared, parseTrace } from './trace-reads.ts';

const pathsRead = (trace: string, root: string) =>
  parseTrace(trace, root).flatMap(({ path, isMade }) => (isMade ? [] : [path]));

test('a trace gives the paths that a process opened for reading, ran or linked', () => {
  const trace = String.raw`1795762300.25 execve("./tool", ["./tool"], 0x7ffd /* 33 vars */) = 0
1795762301.25 openat(AT_FDCWD</p/sub>, "/etc/ld.so.cache", O_RDONLY|O_CLOEXEC) = 3</etc/ld.so.cache>
1795762302.25 openat(AT_FDCWD</p/sub>, "../\303\244\".txt", O_RDONLY) = 3</p/\303\244\".txt>
1795762303.25 openat(AT_FDCWD</p/sub>, "gone", O_RDONLY) = -1 ENOENT (No such file or directory)
1795762304.25 openat(AT_FDCWD</p/sub>, "out", O_WRONLY|O_CREAT|O_TRUNC, 0666) = 3</p/sub/out>
1795762305.25 openat(AT_FDCWD</p/sub>, ".", O_RDONLY|O_DIRECTORY|O_CLOEXEC) = 3</p/sub>
1795762306.25 openat(5</p/other>, "both", O_RDWR) = 6</p/other/both>
1795762307.25 linkat(5</p/other>, "a", AT_FDCWD</p/sub>, "b", 0) = 0
1795762308.25 openat(AT_FDCWD</p/next>, "x", O_RDONLY) = 3</p/next/x>(deleted)
1795762309.25 execve("run", ["run"], 0x7ffd /* 33 vars */) = 0
1795762310.25 openat(AT_FDCWD</p/next>, "y", O_RDONLY <unfinished ...>
`;
  assert.deepEqual(pathsRead(trace, '/p'), [
    '/p/sub/tool',
    '/etc/ld.so.cache',
    '/p/ä".txt',
    '/p/other/both',
    '/p/other/a',
    '/p/next/x',
    '/p/next/run',
  ]);
});

test('where an older strace names no working folder, a relative path is one of the project', () => {
  assert.deepEqual(pathsRead('1.5 execve("tools/say", ["say"], 0x1 /* 2 vars */) = 0\n', '/p'), [
    '/p/tools/say',
  ]);
});

test('hidden folders and node_modules are named as a whole, and at most twenty names', () => {
  const named = (paths: readonly string[]) =>
    /declare: (.*)\. Name/.exec(describeUndeclared(paths))![1];
  assert.equal(
    named(['a/.git/x/y', 'a/.git/z', 'b', 'node_modules/c/d']),
    'a/.git/ (2 of its files), b, node_modules/ (1 of its files)',
  );
  const many = Array.from({ length: 23 }, (_, index) => `${index}`);
  assert.equal(named(many), `${many.slice(0, 20).join(', ')} and 3 more`);
});
