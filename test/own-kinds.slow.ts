import assert from 'node:assert/strict';
import { cpSync, symlinkSync } from 'node:fs';
import { test } from 'node:test';
import { Project } from './support/rig.ts';

const yaml = `
stages:
  hail:
    kind: greet
    inputs: { names: ./names.txt }
    outputs: { text: out/hail.txt }
    with: { greeting: hail }
`;
const files = {
  'names.txt': 'ann\nbob\n',
  'stages/greet/spec.ts': `
import { defineKind } from 'restage';
import { z } from 'zod';
export const spec = defineKind({
  name: 'greet',
  version: 1,
  summary: 'Greets everyone in a list.',
  settings: z.strictObject({ greeting: z.string().default('hello'), loud: z.boolean().default(false) }),
  inputs: { names: { type: 'any', summary: 'One name a line.' } },
  outputs: { text: { type: 'files', summary: 'The greetings.', extension: '.txt' } },
  example: 'hail: { kind: greet, inputs: { names: ./names.txt } }',
});
`,
  'stages/greet/run.ts': `
import { readFileSync, writeFileSync } from 'node:fs';
import { type StageContext, StageError } from 'restage';
import { greet } from './greet.ts';
export default async function run(context: StageContext<{ greeting: string; loud: boolean }>): Promise<void> {
  const names = readFileSync(context.input('names').path, 'utf8').trim().split('\\n');
  if (names.includes('')) throw new StageError('line ' + (names.indexOf('') + 1) + ' holds no name');
  context.progress({ done: names.length, total: names.length, unit: 'names' });
  context.highlight({ title: 'Greeted', columns: ['people'], rows: [[names.length]] });
  writeFileSync(context.output('text'), names.map((name) => greet(context.settings.greeting, name)).join('\\n') + '\\n');
}
`,
  'stages/greet/greet.ts':
    'export const greet = (greeting: string, name: string): string => `${greeting} ${name}`;\n',
  'stages/greet/unused.ts': 'export const unused = 1;\n',
};

test('a project’s own kind runs like a built-in one, and counts by what it imports', async () => {
  using project = new Project(yaml, files);
  const { outcomes, events, stderr } = await project.run();
  assert.deepEqual(outcomes, { hail: 'ran' }, stderr);
  assert.equal(project.read('out/hail.txt'), 'hail ann\nhail bob\n');
  assert.ok(
    events.some((event) => event.type === 'stage-progress' && event.progress.unit === 'names'),
  );
  project.write('stages/greet/unused.ts', 'export const unused = 2;\n');
  assert.deepEqual((await project.run()).outcomes, { hail: 'up to date' });

  project.edit('stages/greet/greet.ts', '${greeting} ${name}', '${greeting}, ${name}!');
  assert.deepEqual((await project.run()).outcomes, { hail: 'ran' });
  assert.equal(project.read('out/hail.txt'), 'hail, ann!\nhail, bob!\n');
  project.edit('stages/greet/greet.ts', '${greeting}, ${name}!', '${greeting} ${name}');
  assert.deepEqual((await project.run()).outcomes, { hail: 'restored' });
});

test('a remembered run is examined again when the code of the project’s own kind changes', async () => {
  using project = new Project(yaml, files);
  project.letHoursPass(1);
  await project.command('run', 'test.yaml');
  const runs = project.files('cache/runs').length;
  assert.match((await project.command('run', 'test.yaml')).stdout, /1 stage up to date/);
  assert.equal(project.files('cache/runs').length, runs);
  project.edit('stages/greet/greet.ts', '${greeting} ', '${greeting}: ');
  assert.match((await project.command('run', 'test.yaml')).stdout, /1 ran/);
});

test('an upgrade of a package that the project’s own kind imports runs its stages again', async () => {
  const manifest = (version: string) =>
    JSON.stringify({ name: '@polite/words', version, type: 'module', exports: './words.js' });
  using project = new Project(yaml, {
    ...files,
    'stages/greet/greet.ts': `
import { address } from '@polite/words';
export const greet = (greeting: string, name: string): string => address(greeting, name);
`,
    'node_modules/@polite/words/package.json': manifest('1.0.0'),
    'node_modules/@polite/words/words.js':
      'export const address = (greeting, name) => `${greeting} ${name}`;\n',
  });
  project.letHoursPass(1);
  const first = await project.run();
  assert.deepEqual(first.outcomes, { hail: 'ran' }, first.stderr);
  assert.match((await project.command('run', 'test.yaml')).stdout, /1 stage up to date/);

  project.write(
    'node_modules/@polite/words/words.js',
    'export const address = (greeting, name) => `${greeting} dear ${name}`;\n',
  );
  project.write('node_modules/@polite/words/package.json', manifest('1.1.0'));
  assert.match((await project.command('run', 'test.yaml')).stdout, /1 ran/);
  assert.equal(project.read('out/hail.txt'), 'hail dear ann\nhail dear bob\n');
});

test('a kind’s package is the one nearest to its source, also where the cache is a link to another disk', async () => {
  const words = (version: string) => ({
    'package.json': JSON.stringify({
      name: 'words',
      version,
      type: 'module',
      exports: './words.js',
    }),
    'words.js': `export const address = (greeting, name) => \`\${greeting} \${name} by ${version}\`;\n`,
  });
  const install = (folder: string, version: string) => {
    for (const [name, text] of Object.entries(words(version)))
      project.write(`${folder}/node_modules/words/${name}`, text);
  };
  using project = new Project(yaml, {
    ...files,
    'names.txt': 'ann\n',
    'stages/greet/greet.ts': `
import { address } from 'words';
export const greet = (greeting: string, name: string): string => address(greeting, name);
`,
  });
  using disk = new Project('');
  symlinkSync(disk.root, project.path('cache'));
  assert.match(
    (await project.command('plan')).stderr,
    /cannot be loaded: stages\/greet\/greet\.ts:2:25: Could not resolve "words"/,
  );
  install('.', '9.0.0');
  project.letHoursPass(1);
  await project.command('run', 'test.yaml');
  assert.equal(project.read('out/hail.txt'), 'hail ann by 9.0.0\n');
  assert.match((await project.command('run', 'test.yaml')).stdout, /1 stage up to date/);

  install('stages/greet', '1.0.0');
  assert.match((await project.command('run', 'test.yaml')).stdout, /1 ran/);
  assert.equal(project.read('out/hail.txt'), 'hail ann by 1.0.0\n');
  install('.', '9.9.9');
  assert.match(
    (await project.command('run', 'test.yaml')).stdout,
    /1 stage up to date|1 up to date/,
  );
});

test('a project that was moved or copied runs its kinds with its own packages', async () => {
  using project = new Project(yaml, {
    ...files,
    'names.txt': 'ann\n',
    'stages/greet/greet.ts': `import words from 'words'; export const greet = (...said: string[]): string => words(said);\n`,
    'node_modules/words/package.json':
      '{ "name": "words", "version": "1.0.0", "main": "words.js" }',
    'node_modules/words/words.js': `module.exports = (said) => said.join(' ');\n`,
  });
  await project.run();
  using copy = new Project('');
  cpSync(project.root, copy.root, { recursive: true });
  project.remove('node_modules');
  assert.deepEqual((await copy.run()).outcomes, { hail: 'up to date' });
  const forced = await copy.run('--force');
  assert.deepEqual(forced.outcomes, { hail: 'ran' }, forced.stderr);
  assert.equal(copy.read('out/hail.txt'), 'hail ann\n');
});

test('a module whose name is computed gets a warning with its position, before anything runs', async () => {
  using project = new Project(yaml, files);
  project.edit(
    'stages/greet/greet.ts',
    'export',
    'export const load = (name: string) => import(name);\nexport',
  );
  const warning =
    'stages/greet/greet.ts:1:39: The kind "greet" imports a module whose name is computed: a change of that module will not rerun its stages. Write the name out, or as a template such as `./parts/${name}.ts`, which takes every file that fits.';
  assert.equal((await project.command('plan')).stderr, `warning: ${warning}\n`);
  assert.deepEqual((await project.run()).warnings, [warning]);
});

test('a remembered run is examined again when a new file would be found first', async () => {
  using project = new Project(yaml, {
    ...files,
    'names.txt': 'ann\n',
    'stages/greet/run.ts': files['stages/greet/run.ts'].replace('./greet.ts', './greet'),
    'stages/greet/greet/index.js': `import words from 'words'; export const greet = (...said) => words(said);\n`,
    'node_modules/words/package.json':
      '{ "name": "words", "version": "1.0.0", "main": "words.js" }',
    'node_modules/words/words.js': `module.exports = (said) => said.join(' ');\n`,
  });
  project.remove('stages/greet/greet.ts');
  project.letHoursPass(1);
  const remembered = async (greeting: string) => {
    await project.command('run', 'test.yaml');
    assert.equal(project.read('out/hail.txt'), `${greeting}\n`);
    const runs = project.files('cache/runs').length;
    assert.match((await project.command('run', 'test.yaml')).stdout, /^✓ test: 1 stage up to date/);
    assert.equal(project.files('cache/runs').length, runs, 'the run went the long way');
  };
  const greetBy = (mark: string) =>
    `export const greet = (...said: string[]) => said.join('${mark}');\n`;
  await remembered('hail ann');
  project.write(
    'stages/node_modules/words/package.json',
    '{ "name": "words", "version": "2.0.0" }',
  );
  project.write(
    'stages/node_modules/words/index.js',
    `module.exports = (said) => said.join('+');\n`,
  );
  await remembered('hail+ann');
  project.write('stages/greet/greet/index.ts', greetBy('-'));
  await remembered('hail-ann');
  project.write('stages/greet/greet.ts', greetBy('='));
  await remembered('hail=ann');
  project.write('stages/greet/run.js', 'throw new Error("run.ts comes first");');
  await remembered('hail=ann');
  project.write('stages/greet/parts/one.ts', `export default '1';\n`);
  project.write(
    'stages/greet/greet.ts',
    `
const part = async (name: string) => (await import(\`./parts/\${name}.ts\`)).default;
const parts = await Promise.all(['one', 'more/two'].map((name) => part(name).catch(() => 'none')));
export const greet = (...said: string[]) => said.join(parts.join());
`,
  );
  project.write('stages/greet/parts/more/.keep', '');
  await remembered('hail1,noneann');
  project.write('stages/greet/parts/more/two.ts', `export default '2';\n`);
  await remembered('hail1,2ann');
});

test('settings at their default are not in the fingerprint, so that a kind can gain one', async () => {
  using project = new Project(yaml, files);
  await project.run();
  project.edit('pipelines/test.yaml', 'greeting: hail', 'greeting: hail, loud: false');
  assert.deepEqual((await project.run()).outcomes, { hail: 'up to date' });
});

test('a mistake in the data is shown as its message, a bug with the stack of the project’s own code', async () => {
  using project = new Project(yaml, files);
  project.write('names.txt', 'ann\n\nbob\n');
  const mistaken = await project.run();
  assert.equal(mistaken.messages['hail'], 'line 2 holds no name');
  project.edit('stages/greet/greet.ts', '`${greeting} ${name}`', 'name.reverse()');
  project.write('names.txt', 'ann\n');
  const broken = await project.run();
  assert.match(broken.messages['hail']!, /reverse is not a function/);
  assert.match(
    (await project.command('logs', 'hail')).stdout,
    /TypeError: name.reverse is not a function\n +at greet \(.*\/stages\/greet\/greet\.ts:\d+:\d+\)/,
  );
});

test('a kind that cannot be loaded is an error where it is used, and only a warning elsewhere', async () => {
  using project = new Project(yaml, { ...files, 'stages/greet/spec.ts': 'export const spec = ' });
  const { code, stderr } = await project.command('plan', 'test.yaml');
  assert.equal(code, 1);
  assert.match(
    stderr,
    /^pipelines\/test\.yaml:4:11: error: The kind greet in stages\/greet cannot be loaded: .*\[broken-kind\]/,
  );
  const otherPipeline =
    'stages: { say: { kind: command, outputs: { text: out/say }, with: { run: "echo > ${outputs.text}" } } }\n';
  project.write('pipelines/other.yaml', otherPipeline.replace('$\\{', '${'));
  for (const command of [['plan', 'other.yaml'], ['kinds'], ['schema']]) {
    const ended = await project.command(...command);
    assert.equal(ended.code, 0, ended.stderr);
    assert.match(ended.stderr, /^warning: The kind greet in stages\/greet cannot be loaded: .*\n$/);
  }
});

test('a folder of stages/ without a spec is named when a pipeline asks for its kind', async () => {
  using project = new Project(yaml, {
    'names.txt': 'ann\n',
    'stages/greet/run.ts': files['stages/greet/run.ts'],
  });
  const { stderr } = await project.command('plan');
  assert.match(
    stderr,
    /error: Unknown kind "greet" \[unknown-kind\]\n[^$]*There is a folder stages\/greet, but no spec\.ts in it\./,
  );
});

test('a project’s own kind replaces a built-in one, with a warning', async () => {
  const spec = files['stages/greet/spec.ts'].replace("name: 'greet'", "name: 'plot'");
  using project = new Project(yaml.replace('kind: greet', 'kind: plot'), {
    'names.txt': 'ann\n',
    'stages/plot/spec.ts': spec,
    'stages/plot/run.ts': files['stages/greet/run.ts'],
    'stages/plot/greet.ts': files['stages/greet/greet.ts'],
  });
  const { outcomes, warnings } = await project.run();
  assert.deepEqual(outcomes, { hail: 'ran' });
  assert.deepEqual(warnings, [
    'The project\'s own kind in stages/plot replaces the built-in kind "plot"',
  ]);
});

test('a change of a kind’s code is reported by the names of its files', async () => {
  using project = new Project(yaml, files);
  await project.run();
  project.edit('stages/greet/greet.ts', '${greeting} ${name}', '${greeting}, ${name}');
  assert.match(
    (await project.command('plan')).stdout,
    /run +hail +code of stages\/greet changed \(greet\.ts\)\n/,
  );
});

test('a malformed spec is reported with the position, the expected and the found value', async () => {
  using project = new Project(yaml, files);
  const mistakes: readonly [from: string, to: string, message: RegExp][] = [
    [
      "type: 'files'",
      "type: 'file'",
      /spec\.outputs\.text\.type: expected one of dataset, .*, got "file"/,
    ],
    [
      "type: 'any'",
      "type: 'any', labelled: 'yes'",
      /spec\.inputs\.names\.labelled: expected true or nothing, got "yes"/,
    ],
    ["type: 'any'", 'type: []', /spec\.inputs\.names\.type: expected any, one of .*, got \[\]/],
    ["summary: 'Greets everyone in a list.',", '', /spec\.summary: expected a string, got nothing/],
    [
      "inputs: { names: { type: 'any', summary: 'One name a line.' } }",
      'inputs: ["names"]',
      /spec\.inputs: expected a map of ports by name, got \[ 'names' \]/,
    ],
    [
      'settings: z.strictObject(',
      'settings: (',
      /spec\.settings: expected a zod schema, .*, got \{ greeting: /,
    ],
    [
      "example: 'hail: { kind: greet, inputs: { names: ./names.txt } }'",
      'example: z',
      /spec\.example: expected a string, got .*/,
    ],
    ['version: 1', "version: 'one'", /spec\.version: expected a whole number, got "one"/],
  ];
  for (const [from, to, message] of mistakes) {
    project.edit('stages/greet/spec.ts', from, to);
    const { code, stderr } = await project.command('plan');
    assert.equal(code, 1);
    assert.match(
      stderr,
      /error: The kind greet in stages\/greet cannot be loaded: .* \[broken-kind\]\n/,
    );
    assert.match(stderr, message);
    project.write('stages/greet/spec.ts', files['stages/greet/spec.ts']);
  }
});

test('the settings of the project’s own kind are checked, listed and completed like those of any kind', async () => {
  using project = new Project(yaml.replace('greeting: hail', 'greting: hail'), files);
  const { code, stderr } = await project.command('run');
  assert.equal(code, 1);
  assert.match(
    stderr,
    /pipelines\/test.yaml:7:13: error: Unknown key "greting".*\n[^$]*Did you mean "greeting"\?/,
  );
  assert.match((await project.command('kinds', 'greet')).stdout, /greeting: string, default hello/);
  assert.match((await project.command('schema')).stdout, /"greeting"/);
});

const widths = {
  'stages/widths/spec.ts': `
import { defineKind } from 'restage';
import { z } from 'zod';
export const spec = defineKind({
  name: 'widths',
  version: 1,
  summary: 'Counts images by class.',
  settings: z.strictObject({ split: z.string().default('val'), draw: z.boolean().default(false), few: z.int().default(1) }),
  inputs: {
    dataset: { type: 'dataset', summary: 'Images.', parts: ({ split }) => [split] },
    metrics: { type: 'metrics', summary: 'Numbers.', list: true, optional: true },
  },
  outputs: {
    counts: { type: 'files', summary: 'JSON.', extension: '.json' },
    chart: { type: 'chart', summary: 'With draw: bars.', when: 'draw' },
  },
  openPorts: 'inputs',
  check: ({ few, draw }, inputs) =>
    few > 1 && !inputs.has('metrics') ? [{ at: ['few'], message: 'expected "metrics" with more than one' }] : [],
  example: 'widths: { kind: widths, inputs: { dataset: faces.dataset } }',
});
`,
  'stages/widths/run.ts': `
import { writeFileSync } from 'node:fs';
import { drawChart, openDataset, parseMetrics, readInput, type StageContext } from 'restage';
export default async function run(context: StageContext<{ split: string; draw: boolean }>): Promise<void> {
  using dataset = openDataset(context.input('dataset').path);
  const { samples } = dataset.split(context.settings.split);
  const bytes = await dataset.split(context.settings.split).read(0);
  const values = samples.map(({ class: name, width }) => ({ name, width }));
  const auc = context.inputs('metrics').map((input) => [input.labels, readInput('metrics', input, parseMetrics).values.get('val.auc')]);
  writeFileSync(context.output('counts'), JSON.stringify({ images: values.length, begins: bytes.toString('hex', 0, 2), auc, ports: context.inputPorts }));
  if (!context.settings.draw) return;
  await drawChart(context, 'chart', { data: { values }, mark: 'bar', encoding: { x: { field: 'name' }, y: { aggregate: 'count' } } });
}
`,
};

test('a project’s own kind reads data sets and metrics, draws charts, and checks its settings', async () => {
  const stage = (more: string) => `
stages:
  made: { kind: make-faces, with: { size: 64, images: { train: 2, val: 2, test: 2 } } }
  faces: { kind: load-dataset, inputs: { images: made.faces } }
  numbers:
    kind: command
    matrix: { n: [1, 2] }
    outputs: { metrics: { path: "out/\${matrix.n}.json", type: metrics } }
    with:
      run: >-
        echo '{ "splits": { "val": { "auc": 0.\${matrix.n} } } }' > \${outputs.metrics}
  widths:
    kind: widths
    inputs: { dataset: faces.dataset, further: ./names.txt${more}
`;
  const files = { ...widths, 'names.txt': 'ann' };
  using project = new Project(
    stage(', metrics: [numbers.metrics] }\n    with: { draw: true, few: 2 }'),
    files,
  );
  const { code, stderr, outcomes } = await project.run();
  assert.equal(code, 0, stderr);
  assert.equal(outcomes['widths'], 'ran');
  assert.deepEqual(JSON.parse(project.read('artifacts/test/widths/counts.json')), {
    images: 4,
    begins: 'ffd8',
    auc: [
      [{ n: '1' }, 0.1],
      [{ n: '2' }, 0.2],
    ],
    ports: ['dataset', 'further', 'metrics'],
  });
  assert.equal(JSON.parse(project.read('artifacts/test/widths/chart/chart.vl.json')).mark, 'bar');

  project.write('pipelines/test.yaml', stage(' }\n    with: { few: 2 }'));
  const wrong = await project.command('plan', 'test');
  assert.match(
    wrong.stderr,
    /15:18: error: expected "metrics" with more than one \[wrong-settings\]/,
  );
});
