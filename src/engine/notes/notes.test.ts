import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { temporaryFolder, writeFiles } from '../../../test/support/temporary-folder.ts';
import { storeText } from '../store/remote/buckets/bucket.ts';
import { ensureKey, keyFile } from '../store/remote/keys.ts';
import { Notes } from './notes.ts';

const run = '2026-01-31T09-12-03.042-4f2a';
const later = '2026-02-01T09-12-03.042-4f2a';
const subject = { run, pipeline: 'test' };
const anna = { USER: 'anna', XDG_CONFIG_HOME: '/nowhere' };
const ben = { USER: 'ben', XDG_CONFIG_HOME: '/nowhere' };

test('edits of two people, merged by Git, count by their time, each part alone', async (t) => {
  const root = temporaryFolder(t);
  const git = (folder: string, ...words: readonly string[]) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...words], {
      cwd: folder,
      stdio: 'pipe',
    });
  const first = join(root, 'first');
  const second = join(root, 'second');
  writeFiles(first, { 'a.txt': 'a' });
  git(first, 'init', '-b', 'main');
  await new Notes(first).edit(subject, { name: 'one', tag: ['old'] }, anna);
  git(first, 'add', '.');
  git(first, 'commit', '-m', 'first');
  git(root, 'clone', first, second);
  // Both edit, also in the same file.
  await new Notes(first).edit(subject, { note: 'of Anna', tag: ['good'] }, anna);
  await new Notes(second).edit(subject, { name: 'two', untag: ['old'] }, ben);
  await new Notes(second).edit({ run: later, pipeline: 'test' }, { pin: true }, anna);
  for (const folder of [first, second]) {
    git(folder, 'add', '.');
    git(folder, 'commit', '-m', 'edits');
  }
  git(second, 'pull', '--no-rebase', '--no-edit');
  const notes = new Notes(second);
  const { name, note, tags } = notes.of(subject)!;
  assert.deepEqual({ name, note, tags }, { name: 'two', note: 'of Anna', tags: ['good'] });
  assert.equal(notes.of({ run: later })!.isPinned, true);
  assert.deepEqual(notes.damaged, []);
});

test('a pipeline has one baseline: the run or member that was made it last', async (t) => {
  const notes = new Notes(temporaryFolder(t));
  const member = { ...subject, member: 'rate=0.1,seed=7' };
  const baselines = () =>
    [...notes.noted.values()].filter(({ isBaseline }) => isBaseline).map(({ member }) => member);
  await notes.edit(subject, { baseline: true }, anna);
  await notes.edit(member, { baseline: true }, anna);
  assert.deepEqual(baselines(), ['rate=0.1,seed=7']);
  await notes.edit(subject, { baseline: false }, anna);
  assert.deepEqual(baselines(), ['rate=0.1,seed=7'], 'only a baseline can stop being it');
  await notes.edit(member, { baseline: false }, anna);
  assert.deepEqual(baselines(), []);
});

test('the author is the name of a key of store.yaml only where that key signed the line', async (t) => {
  const root = temporaryFolder(t);
  const config = temporaryFolder(t);
  const env = { USER: 'anna', XDG_CONFIG_HOME: config };
  const key = ensureKey(keyFile(env));
  const notes = new Notes(root);
  await notes.edit(subject, { name: 'mine' }, env);
  assert.deepEqual(readdirSync(join(root, 'notes')).sort(), ['.gitattributes', `${key.id}.jsonl`]);
  const last = () => {
    const { author, isVouched } = new Notes(root).of(subject)!.last;
    return { author, isVouched };
  };
  assert.deepEqual(last(), { author: 'anna', isVouched: false }, 'nobody trusts the key yet');
  writeFiles(join(root, 'shared'), { 'store.json': storeText() });
  writeFileSync(join(root, 'store.yaml'), `url: ./shared\nkeys: { boss: ${key.text} }\n`);
  assert.deepEqual(last(), { author: 'boss', isVouched: true });
  // A line under the name of that key, which it did not sign.
  const path = join(root, 'notes', `${key.id}.jsonl`);
  const line = readFileSync(path, 'utf8').replace('"mine"', '"forged"');
  writeFileSync(path, line);
  assert.deepEqual(last(), { author: 'anna', isVouched: false });
});

test('an edit follows the last one that is known, even of a clock that is ahead; lines of the far future wait', async (t) => {
  const root = temporaryFolder(t);
  const notes = new Notes(root);
  const line = (name: string, time: number) =>
    `${JSON.stringify({ run, pipeline: 'test', name, by: 'x', time: new Date(time).toISOString() })}\n`;
  const hour = 3_600_000;
  writeFiles(join(root, 'notes'), {
    'x.jsonl': line('ahead', Date.now() + hour) + line('far', Date.now() + 1000 * hour),
  });
  assert.equal(notes.of(subject)!.name, 'ahead');
  await notes.edit(subject, { name: 'mine' }, anna);
  assert.equal(notes.of(subject)!.name, 'mine');
});

test('a baseline follows the one before, even of a clock that is ahead', async (t) => {
  const root = temporaryFolder(t);
  const notes = new Notes(root);
  const time = new Date(Date.now() + 3_600_000).toISOString();
  const ahead = { run: later, pipeline: 'test', baseline: true, by: 'x', time };
  writeFiles(join(root, 'notes'), { 'x.jsonl': `${JSON.stringify(ahead)}\n` });
  await notes.edit(subject, { baseline: true }, anna);
  assert.deepEqual(
    [notes.of(subject)!.isBaseline, notes.of({ run: later })!.isBaseline],
    [true, false],
  );
});

test('a file of very many tags takes no longer than one of texts, and shows a hundred of them', (t) => {
  const root = temporaryFolder(t);
  const lines = Array.from({ length: 20_000 }, (_, index) => {
    const time = new Date(Date.UTC(2026) + index).toISOString();
    return JSON.stringify({ ...subject, by: 'x', time, tag: [`a${index}`, `b${index}`] });
  });
  writeFiles(join(root, 'notes'), { 'x.jsonl': lines.join('\n') });
  assert.equal(new Notes(root).of(subject)!.tags.length, 100);
});

test('a note of half characters is written, with a sign for each', async (t) => {
  const notes = new Notes(temporaryFolder(t));
  await notes.edit(subject, { note: `😀${'\ud800'.repeat(3_998)}` }, anna);
  assert.equal(notes.of(subject)!.note, `😀${'\ufffd'.repeat(3_998)}`);
});

test('lines that are no notes are named and ignored, whatever they are, and links are not followed', async (t) => {
  const root = temporaryFolder(t);
  const notes = new Notes(root);
  await notes.edit(subject, { name: 'kept' }, anna);
  const [file] = readdirSync(join(root, 'notes')).filter((name) => name.endsWith('.jsonl'));
  const good = { run, pipeline: 'test', time: '2026-01-01T00:00:00.000Z', by: 'x' };
  const bad = [
    '<<<<<<< HEAD',
    'null',
    '[]',
    '{"run":1}',
    JSON.stringify({ ...good, name: 'x'.repeat(101) }),
    JSON.stringify({ ...good, note: 'x'.repeat(100_000) }),
    JSON.stringify({ ...good, tag: [{}] }),
    JSON.stringify({ ...good, time: 'yesterday' }),
    JSON.stringify({ ...good, key: 'no key' }),
    '\u0000\u001b[2J',
    '{"run":"', // cut off by a kill
  ];
  appendFileSync(join(root, 'notes', file!), bad.join('\n'));
  await notes.edit(subject, { tag: ['after'] }, anna);
  const { name, tags } = notes.of(subject)!;
  assert.deepEqual([name, tags, notes.damaged.length], ['kept', ['after'], bad.length]);
  assert.equal(notes.damaged[0], `notes/${file}:2`);
  // A link of a repository leads to a file that nobody may append to.
  const other = temporaryFolder(t);
  writeFileSync(join(root, 'target'), 'mine\n');
  mkdirSync(join(other, 'notes'));
  symlinkSync(join(root, 'target'), join(other, 'notes', file!));
  await assert.rejects(new Notes(other).edit(subject, { name: 'x' }, anna), {
    message: `notes/${file} is no plain file: move it away`,
  });
  assert.equal(readFileSync(join(root, 'target'), 'utf8'), 'mine\n');
  const linked = temporaryFolder(t);
  symlinkSync(join(root, 'notes'), join(linked, 'notes'));
  assert.equal(new Notes(linked).noted.size, 0);
});

test('texts of any characters are stored and shown without control characters and turned directions', async (t) => {
  const text = fc.string({ unit: 'binary', maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(text, text, fc.array(text, { maxLength: 4 }), async (name, note, tag) => {
      const root = temporaryFolder(t);
      const notes = new Notes(root);
      const wide = [...tag].filter((item) => item.length > 0 && item.length <= 40);
      await notes.edit(subject, { name: name.slice(0, 100), note, tag: wide }, anna);
      const noted = new Notes(root).of(subject)!;
      const shown = [noted.name, noted.note, ...noted.tags].join(' ');
      assert.doesNotMatch(shown, /[^\P{Cc}\t\n]|[\u202a-\u202e\u2066-\u2069]/u);
      assert.doesNotMatch(noted.name + noted.tags.join(), /\n/);
      assert.deepEqual(notes.damaged, []);
    }),
    { numRuns: 40 },
  );
});

test('the notes of a run travel as they were written, and arrive once', async (t) => {
  const from = temporaryFolder(t);
  const to = temporaryFolder(t);
  const source = new Notes(from);
  await source.edit(subject, { name: 'mine' }, anna);
  await source.edit({ ...subject, member: 'seed=7' }, { tag: ['best'] }, anna);
  await source.edit({ run: later, pipeline: 'test' }, { name: 'another run' }, anna);
  const lines = source.linesOf(run);
  const target = new Notes(to);
  // A baseline of another pipeline would take that pipeline's own.
  const foreign = lines[0]!.replace('"pipeline":"test"', '"pipeline":"other"');
  const strange = ['no line', JSON.stringify({ run: later }), `${lines[0]}\nx`, foreign];
  assert.equal(target.merge(subject, [...lines, ...strange], ben), 2);
  assert.equal(target.merge(subject, lines, ben), 0);
  assert.deepEqual(new Notes(to).linesOf(run), lines);
  assert.deepEqual(new Notes(to).of({ run, member: 'seed=7' })!.tags, ['best']);
  cpSync(join(from, 'notes'), join(to, 'notes'), { recursive: true });
  assert.deepEqual(new Notes(to).linesOf(run), lines, 'also by Git: each counts once');
});
