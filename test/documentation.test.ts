import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { commands } from '../src/cli/declare-commands.ts';
import { describeSettings } from '../src/engine/config/schema/describe-settings.ts';
import { pipelineShape, stageShape } from '../src/engine/config/schema/shapes.ts';
import { architectureNames } from '../src/learning/models/architectures/architectures.ts';
import { activations, paddings } from '../src/learning/models/layers/layer.ts';
import { layerItem } from '../src/learning/models/layers/layer-items.ts';
import { modelMistakes } from '../src/learning/models/model-setting.ts';
import { formatTable } from '../src/reporting/terminal/format-table.ts';
import type { Highlight } from '../src/stage.ts';
import { evaluationTables } from '../stages/evaluate/tables.ts';
import { kinds } from '../stages/index.ts';
import { Project } from './support/rig.ts';

const inRepository = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));
const read = (path: string): string => readFileSync(inRepository(path), 'utf8');

/** What examples read of a package, as far as a plan looks at it. */
const faceApi = 'node_modules/@vladmandic/face-api/model/age_gender_model';
const faceApiFiles = { [`${faceApi}-weights_manifest.json`]: '[]', [`${faceApi}.bin`]: '' };

/** The code blocks of a page in one language. */
const blocks = (page: string, language: string): readonly string[] =>
  Array.from(read(page).matchAll(/^```(\w+)\n(.*?)^```$/gms), ([, name, text]) =>
    name === language ? text! : '',
  ).filter((text) => text !== '');

/** The names of every key in a JSON schema of a shape, maps of the user's own names left out. */
function keysOf(schema: unknown): readonly string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  return Object.entries(schema).flatMap(([word, below]) =>
    word === 'properties' ? [...Object.keys(below), ...Object.values(below).flatMap(keysOf)] : keysOf(below),
  );
}

test('of every key of the pipeline file, and every port and setting of a kind, is said what it is', async () => {
  const specs = Object.values(kinds).map(({ spec }) => spec);
  const shapes = [pipelineShape, stageShape].map((shape) => ['the file', describeSettings(shape)] as const);
  const rows = [...shapes, ...specs.map(({ name, settings }) => [name, describeSettings(settings)] as const)];
  const ports = specs.flatMap(({ name, inputs, outputs }) =>
    Object.entries({ ...inputs, ...outputs }).map(([port, { summary }]) => ({ of: name, path: port, summary })),
  );
  const all = [...ports, ...rows.flatMap(([of, keys]) => keys.map(({ path, summary }) => ({ of, path, summary })))];
  assert.ok(all.length > 300);
  assert.deepEqual(
    all.filter(({ summary }) => !/\w.*[^:]$/.test(summary)),
    [],
  );
});

test('the example of every kind has ports that there are, and settings that it takes', async () => {
  const { parse } = await import('yaml');
  for (const kind of Object.values(kinds)) {
    const { name, example } = kind.spec;
    const stages = Object.values<{ kind: string; inputs?: object; with?: object }>(parse(example));
    assert.ok(stages.some((stage) => stage.kind === name));
    for (const stage of stages) {
      const { settings, inputs, openPorts, check } = kinds[stage.kind]!.spec;
      const given = Object.keys(stage.inputs ?? {});
      assert.deepEqual(openPorts ? [] : given.filter((port) => !Object.hasOwn(inputs, port)), [], name);
      const lacking = Object.keys(inputs).filter((port) => !inputs[port]!.optional && !given.includes(port));
      assert.deepEqual(lacking, [], name);
      assert.deepEqual(check?.(settings.parse(stage.with ?? {}), new Set(given)) ?? [], [], name);
    }
  }
});

test('the examples of the page run, and give no warning', async () => {
  const say =
    'params: { word: hi }\nstages: { say: { kind: command, outputs: { text: artifacts/say.txt }, with: { run: "echo ${params.word} > ${outputs.text}" } } }\n';
  using project = new Project('stages: {}\n', {
    'pipelines/base.yaml': 'description: below\n',
    'pipelines/other.yaml': say,
    'tools/score.sh': 'sed s/^/k/\n',
    'list.sh': 'ls "$@"\n',
    'data/one/a.png': 'a',
    'data/b.png': 'b',
    'node_modules/dejavu-fonts-ttf/ttf/Sans.ttf': 'f',
  });
  for (const yaml of blocks('docs/yaml.md', 'yaml')) {
    project.write('pipelines/test.yaml', yaml);
    const { code, warnings, stderr, stdout } = await project.run();
    assert.deepEqual({ code, warnings, stderr }, { code: 0, warnings: [], stderr: '' }, stdout);
  }
  assert.equal(project.read('artifacts/both.txt'), 'hello\nhi\nhello\n');
});

test('the example of the page on the cache goes as it is printed', async () => {
  const page = 'docs/cache.md';
  using project = new Project('stages: {}\n', { 'pipelines/names.yaml': blocks(page, 'yaml')[0]! });
  const steps = blocks(page, 'console').flatMap((text) => text.split(/^\$ /m).slice(1));
  assert.ok(steps.length > 10);
  for (const step of steps) {
    const [command, ...lines] = step.trimEnd().split('\n');
    const [program, ...words] = command!.split(' ');
    if (program !== 'restage') execFileSync('sh', ['-ec', command!], { cwd: project.root });
    else assert.match((await project.command(...words)).stdout, printedAs(lines), command);
  }
  const { stdout } = await project.command('explain', 'names.yaml', 'count', '--json');
  assert.deepEqual(JSON.parse(stdout)[0].fingerprint, JSON.parse(blocks(page, 'json')[0]!));
});

/** What a page shows of an output: what stands for `…` may be anything. */
function printedAs(lines: readonly string[]): RegExp {
  const text = lines.join('\n').replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  return new RegExp(`^${text.replaceAll('…', '[^]*')}\n$`);
}

test('the examples of the pages on training, networks, weights, evaluation and explanation are pipelines without a mistake', async () => {
  using project = new Project('stages: {}\n', { ...faceApiFiles, 'results.template.md': '' });
  const pages = ['training', 'networks', 'weights', 'evaluation', 'explanation'].map((name) => `docs/${name}.md`);
  for (const yaml of pages.flatMap((page) => blocks(page, 'yaml'))) {
    project.write('pipelines/test.yaml', yaml);
    const { code, stderr } = await project.command('plan', 'test.yaml');
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
  }
});

test('the table of an evaluation is printed as the README shows it', () => {
  const confusion = { trueNegatives: 0, falsePositives: 0, falseNegatives: 0, truePositives: 0 };
  const intervals = {
    accuracy: [0.895, 0.94751],
    auc: [0.9703, 0.991],
    equalErrorRate: [0.045, 0.1],
  };
  const numbers = {
    images: 400,
    accuracy: 0.9225,
    majorityAccuracy: 0.5,
    auc: 0.9836,
    equalErrorRate: 0.075,
    loss: 0.1625,
  };
  const test = { ...numbers, intervals, confusion, called: { real: 0, fake: 0 } };
  const evaluation = { confidence: 0.95, chosenEpoch: { epoch: 8 }, splits: { test } };
  const [{ title, columns, rows }] = evaluationTables(evaluation as never, 'image') as [Highlight];
  const lines = [`${title} (scores)`, ...formatTable(columns, rows).map((line) => `  ${line}`)];
  const shown = read('README.md')
    .split('\n')
    .map((line) => line.slice(4));
  assert.deepEqual(
    lines.filter((line) => !shown.includes(line)),
    [],
  );
});

test('the README has at most 900 words, and the page on commands names every command', () => {
  assert.ok(read('README.md').split(/\s+/).length <= 900);
  const declared = Object.keys(commands);
  const named = Array.from(read('docs/commands.md').matchAll(/^\| `([\w-]+)[^`]*` \| .+ \|$/gm), ([, name]) => name!);
  assert.ok(declared.length > 10);
  assert.deepEqual(
    declared.filter((name) => !named.includes(name)),
    [],
  );
});

test('every block of code on a page ends, before another begins', () => {
  const docs = readdirSync(inRepository('docs')).filter((name) => name.endsWith('.md'));
  for (const page of ['README.md', 'ARCHITECTURE.md', ...docs.map((name) => `docs/${name}`)]) {
    const fences = Array.from(read(page).matchAll(/^```(.*)$/gm), ([, language]) => language);
    assert.equal(fences.length % 2, 0, page);
    assert.ok(
      fences.every((language, i) => i % 2 === 0 || language === ''),
      page,
    );
  }
});

test('the page on networks names every one, from the size on that it takes, and every option of a layer', async () => {
  const { z } = await import('zod');
  const page = read('docs/networks.md');
  const schema = z.toJSONSchema(layerItem, { io: 'input' });
  const words = [...keysOf(schema), ...architectureNames, ...activations, ...paddings];
  const missing = words.filter((word) => !page.includes(`\`${word}\``) && !page.includes(`${word}: `));
  assert.deepEqual(missing, []);
  for (const name of architectureNames) {
    const least = Number(new RegExp(`^\\| \`${name}\` \\|.*from (\\d+) \\|$`, 'm').exec(page)![1]);
    assert.deepEqual(
      [least - 1, least].map((size) => modelMistakes(name, size).length),
      [1, 0],
      name,
    );
  }
});

test('the kind of the page on own kinds runs as it is printed', async () => {
  const [yaml] = blocks('docs/own-kinds.md', 'yaml');
  const code = blocks('docs/own-kinds.md', 'ts').map((text) => [/^\/\/ (\S+)/.exec(text)![1]!, text] as const);
  using project = new Project(yaml!, { 'notes.txt': 'one\n\nthree\n', ...Object.fromEntries(code) });
  const { outcomes, warnings, stderr } = await project.run();
  assert.deepEqual({ outcomes, warnings }, { outcomes: { lines: 'ran' }, warnings: [] }, stderr);
  assert.equal(project.read('artifacts/test/lines/count.txt'), '3\n');
});

const shipped = readdirSync(inRepository('pipelines'), { recursive: true, encoding: 'utf8' }).filter((name) =>
  /\.yaml$/.test(name),
);

/** A project with the pipelines that come with Restage, as far as a plan looks at them. */
function shippedProject(): Project {
  const project = new Project('stages: {}\n', faceApiFiles);
  for (const file of shipped) project.write(`pipelines/${file}`, read(`pipelines/${file}`));
  for (const page of readdirSync(inRepository('pipelines/texts'))) project.write(`pipelines/texts/${page}`, '');
  return project;
}

test('the pipelines that come with Restage give no warning', async () => {
  using project = shippedProject();
  for (const file of shipped) project.write(`node_modules/restage/pipelines/${file}`, read(`pipelines/${file}`));
  for (const path of ['path/to/folder/original/1.png', 'scores.csv', 'mean.py', 'photos/1.png'])
    project.write(path, '');
  const examples = ['README.md', 'docs/experiments.md'].flatMap((page) => blocks(page, 'yaml'));
  // An example that extends a base of the experiments lies beside them.
  const files = examples.map((text, i) => `${/extends:.*\.\.\/base/.test(text) ? 'experiments/' : ''}example${i}.yaml`);
  for (const [i, text] of examples.entries()) project.write(`pipelines/${files[i]}`, text);
  const pipelines = [...shipped.filter((file) => !file.startsWith('base/')), ...files];
  assert.ok(pipelines.length > 10);
  for (const file of pipelines) {
    const { code, stderr } = await project.command('plan', file);
    assert.deepEqual({ file, code, stderr }, { file, code: 0, stderr: '' });
  }
  await project.command('init', '.');
  assert.equal((await project.command('plan', 'first.yaml')).stderr, '');
});

test('the stages that the examples of --help name are there', async () => {
  using project = shippedProject();
  const examples = Array.from(
    read('src/cli/declare-commands.ts').matchAll(/'restage (?:run|plan|explain|graph|logs|model) (\S+\.yaml.*?)'/g),
    ([, words]) => words!.replace(/ --(svg|steps) \S+/, '').split(' '),
  ).filter(([file]) => shipped.includes(file!));
  assert.ok(examples.length > 7 && examples.some(([file]) => file === 'study.yaml'));
  for (const words of examples) {
    const { code, stderr } = await project.command('plan', ...words);
    assert.deepEqual({ words, code, stderr }, { words, code: 0, stderr: '' });
  }
});
