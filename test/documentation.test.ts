import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { commands } from '../src/cli/declare-commands.ts';
import { describeSettings } from '../src/engine/config/schema/describe-settings.ts';
import { pipelineShape, stageShape } from '../src/engine/config/schema/yaml-keys.ts';
import { architectureNames } from '../src/learning/models/architectures/architectures.ts';
import { activations, paddings } from '../src/learning/models/layers/layer.ts';
import { layerItem } from '../src/learning/models/layers/layer-items.ts';
import { modelMistakes } from '../src/learning/models/model-setting.ts';
import { Manual } from '../src/reporting/manual/manual.ts';
import { searchManual } from '../src/reporting/manual/search-manual.ts';
import { kinds } from '../stages/index.ts';
import { inRepository, notTyped, pages, read, stepsOf } from './support/pages.ts';

/** The names of every key in a JSON schema of a shape, maps of the user's own names left out. */
function keysOf(schema: unknown): readonly string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  return Object.entries(schema).flatMap(([word, below]) =>
    word === 'properties'
      ? [...Object.keys(below), ...Object.values(below).flatMap(keysOf)]
      : keysOf(below),
  );
}

test('of every key of the pipeline file, and every port and setting of a kind, is said what it is', async () => {
  const specs = Object.values(kinds).map(({ spec }) => spec);
  const shapes = [pipelineShape, stageShape].map(
    (shape) => ['the file', describeSettings(shape)] as const,
  );
  const rows = [
    ...shapes,
    ...specs.map(({ name, settings }) => [name, describeSettings(settings)] as const),
  ];
  const ports = specs.flatMap(({ name, inputs, outputs }) =>
    Object.entries({ ...inputs, ...outputs }).map(([port, { summary }]) => ({
      of: name,
      path: port,
      summary,
    })),
  );
  const all = [
    ...ports,
    ...rows.flatMap(([of, keys]) => keys.map(({ path, summary }) => ({ of, path, summary }))),
  ];
  assert.ok(all.length > 300);
  assert.deepEqual(
    all.filter(({ summary }) => !/\w.*[^:]$/.test(summary)),
    [],
  );
});

/** Types of artifacts that are always folders. */
const folders = ['dataset', 'features', 'model', 'chart', 'images'];

test('the example of every kind has ports that there are, and settings that it takes', async () => {
  const { parse } = await import('yaml');
  for (const kind of Object.values(kinds)) {
    const { name, example } = kind.spec;
    const stages = Object.values<{
      kind: string;
      inputs?: object;
      outputs?: object;
      with?: object;
    }>(parse(example.replaceAll(/"\$\{matrix[^"]*\}"/g, '0.5')));
    assert.ok(stages.some((stage) => stage.kind === name));
    for (const stage of stages) {
      const { settings, inputs, openPorts, check } = kinds[stage.kind]!.spec;
      const given = Object.keys(stage.inputs ?? {});
      assert.deepEqual(
        openPorts ? [] : given.filter((port) => !Object.hasOwn(inputs, port)),
        [],
        name,
      );
      const lacking = Object.keys(inputs).filter(
        (port) => !inputs[port]!.optional && !given.includes(port),
      );
      assert.deepEqual(lacking, [], name);
      const declared = Object.values<string | { path: string; type: string }>({ ...stage.outputs });
      const unfit = declared.filter(
        (output) =>
          typeof output !== 'string' && /\.\w+$/.test(output.path) && folders.includes(output.type),
      );
      assert.deepEqual(unfit, [], name); // as a model, which is a folder of Restage's own
      assert.deepEqual(check?.(settings.parse(stage.with ?? {}), new Set(given)) ?? [], [], name);
    }
  }
});

test('who searches for the words of other tools finds how Restage does it', () => {
  const words = [
    'hyperparameter',
    'grid search',
    'random search',
    'learning curve',
    'mixed precision',
  ];
  const tools = ['W&B', 'TensorBoard', 'MLflow', 'Hydra', 'Optuna', 'Docker', 'num_workers'];
  const text = read('docs/sweeps.md') + read('docs/other-tools.md');
  assert.deepEqual(
    [...words, ...tools].filter((word) => !text.includes(word)),
    [],
  );
});

test('who searches for the words of a class finds its page among the first', () => {
  const { pages } = new Manual(inRepository('.'));
  const queries = ['teacher', 'class students', 'assignment', 'hand-in', 'grades', 'wsl'];
  for (const query of [...queries, 'shared store folder students']) {
    const found = searchManual(pages, query).map(({ address }) => address.split('#')[0]);
    assert.ok(found.slice(0, 3).includes('/course'), `${query}: ${found.join(' ')}`);
  }
});

test('the page for reviewers names tests that are there, in two screens', () => {
  const text = read('docs/review.md');
  const tests = Array.from(text.matchAll(/`([\w/.-]+\/)([\w*-]+)\.test\.ts`/g));
  assert.ok(tests.length >= 5);
  for (const [name, folder, file] of tests) {
    const names = readdirSync(inRepository(folder!)).filter((name) => name.endsWith('.test.ts'));
    assert.ok(file === '*' ? names.length > 0 : names.includes(`${file}.test.ts`), name);
  }
  assert.ok(text.split(/\s+/).length <= 510);
  assert.ok(read('docs/course.md').split(/\s+/).length <= 740);
});

test('the README has at most 900 words, and the page on commands names every command', () => {
  assert.ok(read('README.md').split(/\s+/).length <= 900);
  const declared = Object.keys(commands);
  const named = Array.from(
    read('docs/commands.md').matchAll(/^\| `([\w-]+)[^`]*` \| .+ \|$/gm),
    ([, name]) => name!,
  );
  assert.ok(declared.length > 10);
  assert.deepEqual(
    declared.filter((name) => !named.includes(name)),
    [],
  );
});

test('every page begins with its title, and every block of code on it ends before another begins', () => {
  for (const page of pages) {
    assert.match(read(page), /^# /, page);
    const fences = Array.from(read(page).matchAll(/^```(.*)$/gm), ([, language]) => language);
    assert.equal(fences.length % 2, 0, page);
    assert.ok(
      fences.every((language, i) => i % 2 === 0 || language === ''),
      page,
    );
  }
});

test('test/page-commands.long.ts types every command of the pages but some of other programs, whose scripts are there', () => {
  const commands = pages.flatMap((page) =>
    stepsOf(page).flatMap((step) => ('command' in step ? [step.command] : [])),
  );
  assert.ok(commands.length > 150);
  const untyped = notTyped.map(([form]) => commands.filter((command) => form.test(command)));
  assert.deepEqual(
    untyped.map((some) => some.length > 0),
    notTyped.map(() => true),
  );
  const { scripts } = JSON.parse(read('package.json'));
  for (const command of untyped.flat()) {
    assert.doesNotMatch(command, /^(npx )?(restage|pipeline) /);
    for (const [, name] of command.matchAll(/npm run ([\w:]+)/g))
      assert.ok(Object.hasOwn(scripts, name!), command);
    for (const [path] of command.matchAll(/\b(scripts|bench|bin)\/\S+/g))
      assert.ok(existsSync(inRepository(path)), command);
  }
});

test('the page on networks names every one, from the size on that it takes, and every option of a layer', async () => {
  const { z } = await import('zod');
  const page = read('docs/networks.md');
  const schema = z.toJSONSchema(layerItem, { io: 'input' });
  const words = [...keysOf(schema), ...architectureNames, ...activations, ...paddings];
  const missing = words.filter(
    (word) => !page.includes(`\`${word}\``) && !page.includes(`${word}: `),
  );
  assert.deepEqual(missing, []);
  for (const name of architectureNames) {
    const row = new RegExp(`^\\| \`${name}\` \\|.*\\| (?:from (\\d+)|any) \\|$`, 'm').exec(page)!;
    const least = Number(row[1] ?? 1);
    if (least === 1) {
      assert.deepEqual(modelMistakes(name, 1), [], name);
      continue;
    }
    assert.deepEqual(
      [least - 1, least].map((size) => modelMistakes(name, size).length),
      [1, 0],
      name,
    );
  }
});

test('every kind that prints intervals is on the page of what is simulated', () => {
  const page = read('bench/statistics/README.md');
  const withIntervals = Object.values(kinds).flatMap(({ spec: { name, settings } }) =>
    describeSettings(settings).some(({ path }) => path === 'confidence') ? [name] : [],
  );
  assert.ok(withIntervals.length >= 12, withIntervals.join());
  assert.deepEqual(
    withIntervals.filter((name) => !page.includes(`\`${name}\``)),
    [],
  );
});
