import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Digest, sha256 } from '../../digest.ts';
import type { JsonObject } from '../../json.ts';
import { load, stageOf } from '../config/testing-kinds.ts';
import type { Fingerprint, FingerprintInput } from '../fingerprint/fingerprint.ts';
import { describeChange } from './describe-decision.ts';
import { type ChangeDetails, changesBetween } from './fingerprint-changes.ts';

const { defaultOf } = stageOf(
  await load(`stages:
  faces: { kind: load, inputs: { images: data/ } }
  fit: { kind: train, inputs: { dataset: faces.dataset } }
`),
  'fit',
);

const folders = new Map<Digest, ReadonlyMap<string, Digest>>([
  [
    sha256('before'),
    new Map(['a', 'b', 'c', 'd', 'e'].map((name) => [`${name}.png`, sha256(name)])),
  ],
  [
    sha256('after'),
    new Map(['a', 'b2', 'e', 'f', 'g'].map((name) => [`${name[0]}.png`, sha256(name)])),
  ],
]);
const details: ChangeDetails = {
  defaultOf,
  filesOf: (digest) => folders.get(digest),
  changedCode: () => [],
};

const work = (content: Partial<Fingerprint>): Fingerprint => ({
  kind: 'train',
  version: 1,
  settings: {},
  inputs: {},
  outputs: ['model'],
  ...content,
});
const described = (
  before: Partial<Fingerprint>,
  after: Partial<Fingerprint>,
  more: Partial<ChangeDetails> = {},
) => changesBetween(work(before), work(after), { ...details, ...more }).map(describeChange);

test('every setting and input that changed is described, value by value', () => {
  assert.deepEqual(
    described(
      {
        settings: { epochs: 8, set: 'x' },
        inputs: { dataset: [{ digest: sha256('faces') }], old: [] },
      },
      {
        settings: { epochs: 5, batchSize: 16 },
        inputs: {
          dataset: [{ digest: sha256('other faces') }],
          weights: [{ digest: sha256('w') }],
        },
      },
      { defaultOf: undefined },
    ),
    [
      'settings.epochs: 8 → 5',
      'settings.set: "x" → default',
      'settings.batchSize: set to 16',
      'input dataset changed',
      'input old was dropped',
      'input weights is new',
    ],
  );
});

const optimizer = (before: JsonObject | undefined, after: JsonObject | undefined) => {
  const settings = (value: JsonObject | undefined): JsonObject =>
    value === undefined ? {} : { optimizer: value };
  return described({ settings: settings(before) }, { settings: settings(after) });
};

test('a map of settings that one side leaves out is compared leaf by leaf with its defaults', () => {
  const rate = { kind: 'adam', learningRate: 0.0003 };
  assert.deepEqual(optimizer(rate, undefined), ['settings.optimizer.learningRate: 0.0003 → 0.001']);
  assert.deepEqual(optimizer(undefined, rate), ['settings.optimizer.learningRate: 0.001 → 0.0003']);
});

test('where a map changes its kind, each side is completed with its own defaults', () => {
  assert.deepEqual(optimizer(undefined, { kind: 'sgd', momentum: 0 }), [
    'settings.optimizer.kind: "adam" → "sgd"',
    'settings.optimizer.learningRate: 0.001 → 0.1',
    'settings.optimizer.momentum: set to 0',
  ]);
});

const inputs = (...items: readonly FingerprintInput[]) => ({ inputs: { images: items } });

test('the files of a folder that differ are named, the first of them, and the others counted', () => {
  assert.deepEqual(
    described(inputs({ digest: sha256('before') }), inputs({ digest: sha256('after') })),
    ['input images changed: b.png changed, f.png added, g.png added and 2 more'],
  );
});

test('the changed files of a glob are named once, by their paths, whatever their positions in the list', () => {
  const item = (path: string, text: string) => ({ digest: sha256(text), labels: { path } });
  const before = inputs(item('x/1.png', '1'), item('x/3.png', '3'));
  assert.deepEqual(described(before, inputs(item('x/2.png', '2'), item('x/3.png', 'new'))), [
    'input images changed: x/3.png changed, x/2.png added, x/1.png removed',
  ]);
  const many = inputs(...Array.from({ length: 30 }, (_, index) => item(`${index}.png`, 'new')));
  const [change] = changesBetween(work(inputs()), work(many), details);
  assert.ok(change?.of === 'input' && change.change === 'content');
  assert.deepEqual([change.files?.first.length, change.files?.more], [20, 10]);
});

test('of an input whose files are unknown only the change is described', () => {
  assert.deepEqual(described(inputs({ digest: sha256('x') }), inputs({ digest: sha256('y') })), [
    'input images changed',
  ]);
});

test("a changed extension and changed code of a project's own kind are described with what is known", () => {
  const digest = sha256('x');
  assert.deepEqual(described(inputs({ digest, extension: '.csv' }), inputs({ digest })), [
    'input images ends in no extension, before in ".csv"',
  ]);
  const changedCode = () => ['lib/a.ts', 'stages/train/run.ts'];
  assert.deepEqual(described({ version: 'abc' }, { version: 'def' }, { changedCode }), [
    'code of stages/train changed (lib/a.ts, run.ts)',
  ]);
  assert.deepEqual(described({ version: 1 }, { version: 2 }), ['version: 1 → 2']);
});

test('of texts of several lines the first different line is shown, and of long values the different part', () => {
  const run = (before: string, after: string) =>
    described({ settings: { run: before } }, { settings: { run: after } });
  assert.deepEqual(run('mkdir a\ncp b c\n', 'mkdir a\ncp b d\n'), [
    'settings.run, line 2: "cp b c" → "cp b d"',
  ]);
  assert.deepEqual(run('one\ntwo', 'one\ntwo\nthree'), ['settings.run, line 3: nothing → "three"']);
  assert.deepEqual(run('one\ntwo\nthree', 'one\ntwo'), ['settings.run, line 3: "three" → nothing']);
  const long = 'python train.py --data data/images --epochs 200 --batch 16 --rate';
  assert.deepEqual(run(`${long} 0.1 --seed 1`, `${long} 0.2 --seed 1`), [
    'settings.run: …--batch 16 --rate 0.1 --seed 1" → …--batch 16 --rate 0.2 --seed 1"',
  ]);
});
