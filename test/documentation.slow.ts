import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { blocks, inRepository, read } from './support/pages.ts';
import { Project } from './support/rig.ts';

/** What examples read of a package, as far as a plan looks at it. */
const faceApiFiles = Object.fromEntries(
  ['age_gender_model', 'face_recognition_model'].flatMap((name) =>
    ['-weights_manifest.json', '.bin'].map((end) => [`node_modules/@vladmandic/face-api/model/${name}${end}`, '']),
  ),
);

test('the examples of the page run, and give no warning; one that trains is planned', async () => {
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
    const trains = yaml.includes('kind: train');
    const planned = trains ? { ...(await project.command('plan', 'test.yaml')), warnings: [] } : undefined;
    const { code, warnings, stderr, stdout } = planned ?? (await project.run());
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

/** What a page shows of an output: what stands for `…` may be anything, and decimals too where they differ by machine. */
function printedAs(lines: readonly string[], hasOtherNumbers = false): RegExp {
  const text = lines.join('\n').replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  const open = hasOtherNumbers ? text.replace(/\d\\\.\d+/g, '\\d\\.\\d+').replace(/ +/g, ' +') : text;
  return new RegExp(`^${open.replaceAll('…', '[^]*')}\n$`);
}

test('the tutorial goes as it is printed, on other machines with other numbers', async () => {
  const page = read('docs/tutorial.md');
  using project = new Project('stages: {}\n');
  project.remove('pipelines/test.yaml');
  const parts = page.matchAll(/Write `([^`]+)`:\n\n```yaml\n([\s\S]*?)```|```console\n([\s\S]*?)```/g);
  for (const [, file, yaml, console = ''] of parts) {
    if (file !== undefined) project.write(file, yaml!);
    for (const step of console.split(/^\$ /m).slice(1)) {
      const [command, ...lines] = step.trimEnd().split('\n');
      const [program, ...words] = command!.split(' ');
      const { stdout, stderr } =
        program === 'restage'
          ? await project.command(...words)
          : spawnSync('sh', ['-ec', command!], { cwd: project.root, encoding: 'utf8' });
      assert.match(stdout + stderr, lines.length === 0 ? /^$/ : printedAs(lines, true), command);
    }
  }
});

test('a mistake is printed as the page on diagnostics shows it', async () => {
  using project = new Project('stages: {}\n', { 'data/faces/dataset.json': '{}' });
  const before = 'stages:\n  net:\n    kind: train\n    inputs: { dataset: ./data/faces }\n    with:\n';
  project.write('pipelines/faces.yaml', `${before}      epoch: 5\n      model: simple-net\n`);
  const [command, ...lines] = blocks('docs/diagnostics.md', 'console')[0]!.trimEnd().split('\n');
  const { stdout, stderr } = await project.command(...command!.split(' ').slice(2));
  assert.match(stdout + stderr, printedAs(lines));
});

test('the examples of the pages on training, networks, weights, evaluation and explanation are pipelines without a mistake', async () => {
  const files = { ...faceApiFiles, 'results.template.md': '', 'models/detector.onnx': '' };
  using project = new Project('stages: {}\n', files);
  const pages = ['training', 'networks', 'weights', 'evaluation', 'explanation'].map((name) => `docs/${name}.md`);
  for (const yaml of pages.flatMap((page) => blocks(page, 'yaml'))) {
    project.write('pipelines/test.yaml', yaml);
    const { code, stderr } = await project.command('plan', 'test.yaml');
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
  }
});

test('the commands of the page on evaluation look back at the runs of two experiments', async () => {
  const scores = 'key,split,label,real,fake\na,test,0,0,0.1\nb,test,0,0,0.6\nc,test,1,0,0.7\nd,test,1,0,0.9\n';
  const scored = (confidence: number) =>
    `stages: { scores: { kind: evaluate, inputs: { scores: ./scores.csv }, with: { splits: [test], confidence: ${confidence} } } }\n`;
  const files = { 'pipelines/experiments/a.yaml': scored(0.9), 'pipelines/experiments/b.yaml': scored(0.95) };
  using project = new Project('stages: {}\n', { ...files, 'scores.csv': scores });
  for (const name of ['a', 'b']) assert.equal((await project.command('run', `experiments/${name}.yaml`)).code, 0);
  const [{ run }] = JSON.parse((await project.command('history', '--json')).stdout);
  const commands = Array.from(read('docs/evaluation.md').matchAll(/^ {4}restage (.*)$/gm), ([, words]) => words!);
  assert.equal(commands.length, 5);
  for (const words of commands) {
    const here = words
      .replace(/2025-\S+(?=:)/, run)
      .replaceAll("'", '')
      .split(' ');
    const { code, stdout, stderr } = await project.command(...here);
    assert.deepEqual({ words, code, stderr }, { words, code: 0, stderr: '' });
    assert.match(stdout, /scores|html/, words);
  }
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
  for (const path of ['path/to/folder/original/1.png', 'scores.csv', 'mean.py', 'photos/1.png'])
    project.write(path, '');
  const examples = ['README.md', 'docs/experiments.md'].flatMap((page) => blocks(page, 'yaml'));
  const files = examples.map((_, i) => `example${i}.yaml`);
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

test('the pipelines, stages and parameters that the examples of --help and the commands of pages name are there', async () => {
  using project = shippedProject();
  await project.command('init', '.');
  for (const path of ['path/to/folder/original/1.png', 'photos/1.png']) project.write(path, '');
  const pages = ['README.md', 'docs/commands.md', 'docs/experiments.md'].map(read).join('\n');
  const ofPages = Array.from(
    pages.matchAll(/^ {4}.*npx (?:restage|pipeline) (?:run|plan) (\S+\.yaml.*)$/gm),
    ([, words]) => words!.split(' '),
  ).filter(([file]) => shipped.includes(file!));
  const ofHelp = Array.from(
    read('src/cli/declare-commands.ts').matchAll(/'restage (?:run|plan|explain|graph|logs|model) (\S+\.yaml.*?)'/g),
    ([, words]) => words!.replace(/ --(svg|steps) \S+/, '').split(' '),
  );
  assert.ok(ofPages.length > 7 && ofHelp.length > 7);
  for (const words of [...ofPages, ...ofHelp]) {
    const { code, stderr } = await project.command('plan', ...words);
    assert.deepEqual({ words, code, stderr }, { words, code: 0, stderr: '' });
  }
});

test('the places and the store of the pages are files without a mistake', async () => {
  using project = new Project('stages: {}\n');
  for (const yaml of blocks('docs/cluster.md', 'yaml')) {
    project.write('places.yaml', yaml);
    const place = yaml.split(':')[0]!;
    project.write('pipelines/test.yaml', `stages: { say: { kind: command, place: ${place}, with: { run: echo } } }\n`);
    const { code, stderr } = await project.command('plan', 'test.yaml');
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
  }
  project.env['XDG_CONFIG_HOME'] = project.path('config'); // no key of whoever runs this
  project.write('store.yaml', blocks('docs/store.md', 'yaml')[0]!);
  const { code, stdout, stderr } = await project.command('store', 'keys');
  assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
  assert.match(stdout, /^name +key\nalice@laptop +\w+\n$/);
});
