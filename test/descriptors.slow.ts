import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import sharp from 'sharp';
import { Project, pipeline } from './support/rig.ts';
import { ServedPages } from './support/served-pages.ts';
import { print } from './support/two-stages.ts';

const yaml = `
stages:
  faces:
    kind: faces
    inputs: { images: data/portraits }
    with: { persons: true, align: { size: 64 } }
`;

/** Real photographs: those of the demo of `@vladmandic/face-api`. */
const demo = join(
  dirname(createRequire(import.meta.url).resolve('@vladmandic/face-api/package.json')),
  'demo',
);

/** All files of a folder and below, hidden ones included, by their paths in it. */
function filesIn(root: string): readonly string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/**
 * The first numbers of each descriptor among the pieces, in every form in which they might be
 * written: base64, bytes, and text.
 */
function formsIn(pieces: string): readonly string[] {
  const texts = filesIn(pieces).map((path) => readFileSync(path, 'latin1'));
  return texts.flatMap((text) =>
    [...text.matchAll(/\\"descriptor\\":\\"([^"\\]+)\\"/g)].flatMap(([, base64]) => {
      const bytes = Buffer.from(base64!, 'base64').subarray(0, 24);
      const numbers = Array.from({ length: 6 }, (_, i) => bytes.readFloatLE(4 * i));
      const digits = numbers.map((number) => String(number).slice(0, 9));
      return [base64!.slice(0, 32), bytes.toString('latin1'), bytes.toString('hex'), ...digits];
    }),
  );
}

/** Fails if a text holds a descriptor. `name` says which text it is. */
function assertNone(forms: readonly string[], name: string, text: string): void {
  for (const form of forms) assert.ok(!text.includes(form), `${name} holds a descriptor: ${form}`);
}

test('descriptors stay in files that only their owner may read: not in results, stores, archives, pages or logs', async () => {
  using project = new Project(yaml, {}, 'maker');
  using reader = new Project(yaml, {}, 'reader');
  for (const each of [project, reader]) each.env['XDG_CONFIG_HOME'] = each.path('..', 'config');
  for (const [name, samples] of Object.entries({ a: [1, 2], b: [5, 6] })) {
    mkdirSync(project.path('data/portraits', name), { recursive: true });
    for (const sample of samples) {
      const picture = sharp(join(demo, `sample${sample}.jpg`)).resize(640);
      await picture.png().toFile(project.path('data/portraits', name, `${sample}.png`));
    }
  }
  const run = await project.type(
    `umask 000; exec '${process.execPath}' '${pipeline}' run test.yaml --reporter json`,
  ).ended;
  assert.equal(run.code, 0, run.stderr);

  const pieces = project.path('cache/pieces');
  const forms = formsIn(pieces);
  assert.ok(forms.length >= 4 * 9, `${forms.length} forms of descriptors`);
  for (const path of filesIn(pieces)) assert.equal(statSync(path).mode & 0o777, 0o600, path);

  await print(project, 'store', 'init', '../shared');
  await print(project, 'store', 'push');
  const exported = await print(project, 'export', '../results.tar', 'test.yaml');
  const [, key] = /signed by (\S+)\.$/m.exec(exported)!;
  reader.write('store.yaml', project.read('store.yaml').replace('../', project.path('../')));
  await print(reader, 'store', 'pull', 'test.yaml');
  await print(reader, 'import', project.path('../results.tar'), '--trust', key!);
  assert.ok(reader.has('artifacts/test/faces/dataset/dataset.json'));
  assert.ok(!reader.has('cache/pieces'));

  const folders = [project.root, project.path('../shared'), reader.root];
  const files = folders.flatMap(filesIn).filter((path) => !path.startsWith(pieces));
  for (const path of [...files, project.path('../results.tar')])
    assertNone(forms, path, readFileSync(path, 'latin1'));
  for (const line of ['history', 'logs faces', 'explain faces', 'verify'])
    assertNone(forms, line, await print(project, ...line.split(' ')));
  assertNone(forms, 'the events', run.stdout + run.stderr);
  await assertServesNone(project, forms);
});

/** Asks the server for its pages, for all objects of results, and for the pieces. */
async function assertServesNone(project: Project, forms: readonly string[]): Promise<void> {
  const pages = new ServedPages(project);
  const [id] = readdirSync(project.path('cache/runs'));
  const faces = `run=${id}&stage=faces`;
  const objects = filesIn(project.path('cache/objects')).map((path) => path.slice(-64));
  const pieces = filesIn(project.path('cache/pieces'));
  const paths = [
    '/',
    '/runs.json',
    `/run/${id}`,
    `/run/${id}/log?stage=faces`,
    '/graph',
    `/images?${faces}`,
    `/images.json?${faces}`,
    ...objects.map((digest) => `/object/${digest}`),
  ];
  let answers = 0;
  for (const path of paths) {
    const { status, text } = await pages.ask(path);
    answers += Number(status === 200);
    assertNone(forms, path, text);
  }
  assert.ok(answers >= 6, `${answers} pages`);
  for (const path of pieces) {
    const name = path.slice(-64);
    for (const address of [`/object/${name}`, `/object/${name.slice(0, 2)}%2F..%2F..%2Fpieces`]) {
      const { status } = await pages.ask(address);
      assert.equal(status, 404, address);
    }
  }
}
