import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type ContentsCheck, StageError } from '../../stage.ts';
import { TestProject, value } from '../config/testing-kinds.ts';
import { cacheOf } from '../files/cache-paths.ts';
import { DigestIndex } from '../files/digest-index.ts';
import { Graph } from '../graph/graph.ts';
import { ContentsChecks } from './contents-checks.ts';

const yaml = `stages:
  long: { kind: command, inputs: { text: ./in.txt }, outputs: { text: out/long }, with: { run: a } }
  short: { kind: command, inputs: { text: ./in.txt }, outputs: { text: out/short }, with: { run: b } }
  other: { kind: command, inputs: { else: ./in.txt }, outputs: { text: out/else }, with: { run: c } }
  reader: { kind: command, inputs: { text: long.text }, outputs: { text: out/read }, with: { run: d } }
`;

/** A command that checks the pipeline's stages, and the messages that it shows. */
class Checking {
  readonly asked: string[] = [];
  readonly #project: TestProject;
  readonly #form: Partial<ContentsCheck>;

  constructor(project: TestProject, form: Partial<ContentsCheck> = {}) {
    this.#project = project;
    this.#form = form;
  }

  async messages(): Promise<readonly (string | undefined)[]> {
    const { root } = this.#project;
    const pipeline = value(await this.#project.load());
    const digests = new DigestIndex(cacheOf(root));
    const check: ContentsCheck = {
      ports: ['text'],
      settings: [],
      check: async ({ inputs, settings }) => {
        this.asked.push(String((settings as { readonly run: string }).run));
        const { path } = inputs('text')[0]!;
        if (path.endsWith('bad.txt')) throw new StageError('It is bad.');
        return true;
      },
      ...this.#form,
    };
    const checks = new ContentsChecks({
      root,
      graph: new Graph(pipeline),
      cache: cacheOf(root),
      checkOf: () => check,
      list: (path) => digests.list(path, { modes: false }),
    });
    const messages: (string | undefined)[] = [];
    for (const stage of pipeline.stages)
      messages.push(await checks.mistakeOf(stage, () => undefined));
    return messages;
  }
}

const begun = () => new TestProject({ 'pipelines/p.yaml': yaml, 'in.txt': 'text' });
const none = [undefined, undefined, undefined, undefined];

test('stages that read one file ask once, and the next command not at all until it changes', async () => {
  using project = begun();
  const first = new Checking(project);
  assert.deepEqual([await first.messages(), first.asked], [none, ['a']]);
  const second = new Checking(project);
  assert.deepEqual([await second.messages(), second.asked], [none, []]);
  project.write({ 'in.txt': 'another text' });
  const third = new Checking(project);
  assert.deepEqual([await third.messages(), third.asked], [none, ['a']]);
});

test('a setting that the answer depends on counts, and what is quickly found is not remembered', async () => {
  using project = begun();
  const counted = new Checking(project, { settings: ['run'] });
  await counted.messages();
  assert.deepEqual(counted.asked, ['a', 'b']);
  using another = begun();
  const quick = new Checking(another, { check: async () => false });
  await quick.messages();
  assert.throws(() => readdirSync(join(cacheOf(another.root), 'memory')), { code: 'ENOENT' });
});

test('a mistake is shown for each stage and found again by the next command', async () => {
  using project = new TestProject({
    'pipelines/p.yaml': yaml.replaceAll('in.txt', 'bad.txt'),
    'bad.txt': 'text',
  });
  const bad = ['It is bad.', 'It is bad.', undefined, undefined];
  for (const checking of [new Checking(project), new Checking(project)])
    assert.deepEqual([await checking.messages(), checking.asked], [bad, ['a']]);
});
