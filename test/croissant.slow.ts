import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { after, test } from 'node:test';
import { HostedProject as Project } from './support/hosted-project.ts';
import { pipeline } from './support/rig.ts';

const yaml = `stages:
  drawn: { kind: make-faces, with: { size: 48, images: { train: 3, val: 2, test: 2 } } }
  faces: { kind: load-dataset, inputs: { images: drawn.faces } }
`;

interface Node {
  readonly '@id': string;
  readonly '@type': string;
  readonly [property: string]: unknown;
}

interface Field extends Node {
  readonly source?: {
    readonly '@id'?: string;
    readonly extract?: { readonly jsonPath?: string; readonly fileProperty?: string };
    readonly transform?: { readonly regex: string };
  };
}

interface Description {
  readonly distribution: readonly Node[];
  readonly recordSet: readonly (Node & {
    readonly field: readonly Field[];
    readonly data?: readonly object[];
  })[];
  readonly [property: string]: unknown;
}

const project = new Project(yaml);
after(() => project[Symbol.dispose]());

/** Exports as somebody types it. */
const exported = (words: string) => project.type(`node ${pipeline} export ${words}`).ended;
const credits = '--license CC-BY-4.0 --creator "A. Author" --url https://example.org/faces';

test('a data set is described by Croissant: files with digests, and a record of each image that can be joined', async () => {
  const run = await project.run();
  assert.equal(run.code, 0, run.stderr + run.stdout);
  const written = await exported(`records/faces.json test.yaml faces --croissant ${credits}`);
  assert.match(written.stderr, /Cannot write records\/faces\.json/); // there is no such folder
  const told = await exported(`faces.json test.yaml faces --croissant ${credits}`);
  assert.deepEqual(
    [told.code, told.stdout],
    [0, 'Described the data set of faces in faces.json.\n'],
    told.stderr,
  );
  const description: Description = JSON.parse(project.read('faces.json'));
  const { distribution, recordSet } = description;
  // What the specification requires of a data set.
  assert.equal(description['@type'], 'sc:Dataset');
  assert.equal(description['conformsTo'], 'http://mlcommons.org/croissant/1.1');
  assert.equal(description['license'], 'https://spdx.org/licenses/CC-BY-4.0');
  assert.deepEqual(description['creator'], [{ '@type': 'sc:Person', name: 'A. Author' }]);
  for (const property of ['@context', 'name', 'description', 'url', 'datePublished'])
    assert.ok(description[property], property);
  const ids = [...distribution, ...recordSet, ...recordSet.flatMap(({ field }) => field)].map(
    (node) => node['@id'],
  );
  assert.equal(new Set(ids).size, ids.length);
  // Whatever refers to a part of the description refers to one that is there.
  for (const [, id] of JSON.stringify([distribution, recordSet]).matchAll(/\{"@id":"([^"]+)"\}/g))
    assert.ok(ids.includes(id!), id);

  const files = distribution.filter((node) => node['@type'] === 'cr:FileObject');
  assert.equal(files.length, 6);
  for (const file of files) {
    const path = project.path(decodeURIComponent(String(file['contentUrl'])));
    const digest = createHash('sha256').update(readFileSync(path)).digest('hex');
    assert.deepEqual([file['sha256'], file['contentSize']], [digest, `${statSync(path).size} B`]);
  }
});

test('a reader of the description finds every image with its class', () => {
  const { distribution, recordSet }: Description = JSON.parse(project.read('faces.json'));
  const setOf = (name: string) => recordSet.find((set) => set['@id'] === name)!;
  assert.deepEqual(setOf('classes').data, [
    { 'classes/name': 'real', 'classes/label': 0 },
    { 'classes/name': 'fake', 'classes/label': 1 },
  ]);
  assert.deepEqual(
    setOf('splits').data!.map((split) => Object.values(split)),
    [
      ['train', 'cr:TrainingSplit'],
      ['val', 'cr:ValidationSplit'],
      ['test', 'cr:TestSplit'],
    ],
  );
  for (const [split, count] of [
    ['train', 6],
    ['val', 4],
    ['test', 4],
  ] as const) {
    const key = setOf(split).field.find((field) => field['@id'] === `${split}/key`)!;
    const name = new RegExp(key.source!.transform!.regex);
    const { containedIn, excludes } = distribution.find(
      (node) => node['@id'] === `${split}-images`,
    )! as Node & { readonly containedIn: readonly Node[]; readonly excludes: string };
    assert.equal(excludes, '**/*.cls');
    const keys = containedIn
      .flatMap((shard) =>
        execFileSync('tar', ['-tf', project.path(shard['@id'])], { encoding: 'utf8' }).split('\n'),
      )
      .filter((path) => path !== '' && !path.endsWith('.cls'))
      .map((path) => name.exec(path)![1]!);
    const facts = setOf(`${split}-facts`);
    const source = distribution.find((node) => node['@id'].endsWith(`${split}/samples.json`))!;
    const samples: readonly Record<string, unknown>[] = JSON.parse(project.read(source['@id']));
    const column = (fact: string) => {
      const { source } = facts.field.find((field) => field['@id'] === `${split}-facts/${fact}`)!;
      const [, name] = /^\$\[\*\]\.(\w+)$/.exec(source!.extract!.jsonPath!)!;
      return samples.map((sample) => sample[name!]);
    };
    assert.equal(keys.length, count);
    assert.deepEqual(column('key').toSorted(), keys.toSorted());
    assert.deepEqual(new Set(column('class')), new Set(['real', 'fake']));
    // A fact that no image has is no field.
    assert.ok(!facts.field.some((field) => field['@id'] === `${split}-facts/video`));
  }
});

test('a description without an author, a page or a data set is refused', async () => {
  const refusals = [
    ['a.json test.yaml faces --croissant --license MIT', /add `--creator <name>`/],
    ['a.json test.yaml faces --croissant --license MIT --creator me', /add `--url <address>`/],
    [
      'a.json test.yaml faces --croissant --license MIT --creator me --url javascript:1',
      /add `--url <address>`/,
    ],
    [
      `artifacts/test/faces/dataset/a.json test.yaml faces --croissant ${credits}`,
      /a\.json lies in the data set, which it would change/,
    ],
    [`a.json test.yaml drawn --croissant ${credits}`, /No stage of test has published a data set/],
    [`faces.json test.yaml faces --croissant ${credits}`, /faces.json is there already/],
    [`a.json test.yaml faces --rocrate ${credits}`, /--creator and --url need --croissant/],
  ] as const;
  for (const [words, message] of refusals) {
    const { code, stderr } = await exported(words);
    assert.notEqual(code, 0);
    assert.match(stderr, message);
  }
  const list = readFileSync(project.path('artifacts/test/faces/dataset/val/samples.json'));
  const digest = createHash('sha256').update(list).digest('hex');
  const [object] = project
    .files('cache/objects')
    .filter((path) => path.replaceAll('/', '').endsWith(digest));
  project.replace(`cache/objects/${object}`, '[]');
  const damaged = await exported(`a.json test.yaml faces --croissant ${credits}`);
  assert.match(damaged.stderr, /The data set of faces is not here: run faces with/);
  assert.equal(project.has('a.json'), false);
});
