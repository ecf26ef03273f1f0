import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { commands } from '../src/cli/declare-commands.ts';
import { HostedProject as Project } from './support/hosted-project.ts';
import { inRepository } from './support/pages.ts';
import { temporaryFolder } from './support/temporary-folder.ts';
import { files, print, shout } from './support/two-stages.ts';

test('graph prints Mermaid, and with --svg draws an SVG', async () => {
  using project = new Project(shout, files);
  assert.equal(
    await print(project, 'graph'),
    'flowchart TD\n  s0["shout<br/><small>command</small>"]\n  s1["count<br/><small>command</small>"]\n  s0 --> s1\n',
  );
  assert.equal(
    await print(project, 'graph', 'test.yaml', 'shout'),
    'flowchart TD\n  s0["shout<br/><small>command</small>"]\n',
  );
  assert.equal(await print(project, 'graph', '--svg', 'graph.svg'), 'Drew 2 stages in graph.svg\n');
  assert.match(project.read('graph.svg'), /^<svg /);
});

test('figure writes a chart as PDF with its fonts, the same bytes each time, and reports a missing chart', async () => {
  using project = new Project(shout, files);
  await print(project, 'graph', '--svg', 'graph.svg');
  assert.equal(await print(project, 'figure', 'graph.svg', 'graph.pdf'), 'Wrote graph.pdf\n');
  const pdf = project.read('graph.pdf');
  assert.match(pdf, /^%PDF-/);
  assert.match(pdf, /DejaVuSans/);
  await print(project, 'figure', 'graph.svg', 'again.pdf');
  assert.equal(project.read('again.pdf'), pdf);
  const { code, stderr } = await project.command('figure', 'artifacts/none', 'none.pdf');
  assert.equal(code, 1);
  assert.match(stderr, /There is no chart artifacts\/none\/chart\.svg/);
  project.write('mine.svg', '<svg width="9" height="9"></svg>');
  const mine = await project.command('figure', 'mine.svg', 'mine.pdf');
  assert.match(mine.stderr, /mine\.svg is not a drawing of Restage: it has no view box from 0 0/);
});

test('a command with words that it does not take says how it is typed', async () => {
  using project = new Project(shout, files);
  const { code, stderr } = await project.command('clean', 'photos.yaml');
  assert.equal(code, 2);
  assert.match(stderr, /too many arguments[^\n]*\n\(as in: \S+ clean; see --help\)\n$/);
});

test('clean removes outputs that no stage claims any more, unless somebody changed them', async () => {
  using project = new Project(shout, files);
  await project.run();
  assert.equal(await print(project, 'clean'), 'Nothing to clean.\n');
  project.edit('pipelines/test.yaml', 'out/shout.txt', 'out/loud.txt');
  project.edit('pipelines/test.yaml', 'out/count.txt', 'out/size.txt');
  const { stdout } = await project.command('run', 'test.yaml', '--reporter', 'plain');
  const said =
    '2 published outputs belong to no stage any more (out/count.txt, out/shout.txt): restage clean lists all, restage clean --yes removes them';
  assert.ok(stdout.includes(said), stdout);
  assert.ok(project.read('artifacts/test/report.html').includes(said), 'the report says it too');
  project.write('out/count.txt', 'mine now');
  assert.equal(
    await print(project, 'clean'),
    'would keep out/count.txt: it was changed since it was published\nwould remove out/shout.txt (shout of test)\nTo remove them: restage clean --yes\n',
  );
  assert.equal(
    await print(project, 'clean', '--yes'),
    'kept out/count.txt: it was changed since it was published\nRemoved 1 output.\n',
  );
  assert.deepEqual(project.files('out'), ['count.txt', 'loud.txt', 'size.txt']);
});

test('doctor reports what is missing for which feature, and fails only if every run would fail', async () => {
  using project = new Project(shout, files);
  mkdirSync(project.path('programs'));
  project.write(
    'programs/python3',
    '#!/bin/sh\ncase "$1" in --version) echo Python 3.13.1;; *) echo No module named torch >&2; exit 1;; esac\n',
  );
  chmodSync(project.path('programs/python3'), 0o755);
  symlinkSync(process.execPath, project.path('programs/node'));
  project.env['PATH'] = project.path('programs');
  const text = await print(project, 'doctor');
  assert.match(text, /^✓ Node +v\d+/m);
  assert.match(
    text,
    /^✓ Backend +onnxruntime \(@tensorflow\/tfjs [\d.]+, onnxruntime-node [\d.]+\)$/m,
  );
  assert.match(text, /^– Git +not found: runs are recorded without the commit$/m);
  assert.match(text, /^✓ Python +Python 3\.13\.1$/m);
  assert.match(
    text,
    /^– GPU +not found: no NVIDIA driver; the default backend computes on the processor$/m,
  );
  assert.match(text, /^✓ Store +cache\/, not shared$/m);
  project.write('store.yaml', 'url: [1]\n');
  const { code, stdout } = await project.command('doctor');
  assert.equal(code, 1);
  assert.match(
    stdout,
    /^✗ Store .*store\.yaml: it has mistakes: `restage store status` names them$/m,
  );
});

test('gc lists what nothing needs, and removes it with --yes', async () => {
  using project = new Project(shout, files);
  await project.run();
  project.write('in.txt', 'other\n');
  await project.run();
  const before = project.files('cache/objects').length;
  assert.equal(
    await print(project, 'gc', '--keep', '1h'),
    'Nothing to remove: all 23 B stay. A shorter `--keep` removes more.\n',
  );
  project.letHoursPass(72);
  assert.match(
    await print(project, 'gc', '--keep', '1d', '--yes'),
    /^Removed 2 results and \d objects \(\d+ B; \d+ B stay\)\.\n$/,
  );
  assert.ok(project.files('cache/objects').length < before);
  assert.deepEqual((await project.run()).outcomes, { shout: 'up to date', count: 'up to date' });
});

test('verify finds a damaged object, sets it aside, and the next run that needs it computes it again', async () => {
  using project = new Project(shout.replace('echo shouting; ', ''), files);
  await project.run();
  assert.equal(await print(project, 'verify'), '2 objects, 2 results: ✓ all sound\n');
  const object = project
    .files('cache/objects')
    .find((file) => project.read(`cache/objects/${file}`) === 'ABC\n')!;
  project.replace(`cache/objects/${object}`, 'ABD\n');
  const { code, stdout, stderr } = await project.command('verify');
  assert.equal(code, 1);
  assert.match(stderr, /^warning: .* is damaged \(.*\): it was moved to .*quarantine/);
  assert.match(stdout, /1 damaged, 1 incomplete\n$/);
  project.remove('out');
  assert.deepEqual((await project.run()).outcomes, { shout: 'ran', count: 'restored' });
  assert.equal(await print(project, 'verify'), '2 objects, 2 results: ✓ all sound\n');
});

/** The lines that a terminal of 80 columns would break. */
const longLines = (text: string) => text.split('\n').filter((line) => line.length > 80);

test('kinds lists the kinds, or one with its settings, ports and an example', async () => {
  using project = new Project(shout);
  const list = await print(project, 'kinds');
  for (const kind of ['command', 'evaluate', 'load-dataset', 'plot', 'roc-det', 'train']) {
    assert.match(list, new RegExp(`^${kind}\\n {4}\\S`, 'm'));
  }
  const train = await print(project, 'kinds', 'train');
  assert.match(train, /\nComputes on what `--backend` names: auto, onnxruntime,.*\n\nExample\n/s);
  for (const kind of list.match(/^\S+$/gm)!)
    assert.deepEqual(longLines(await print(project, 'kinds', kind)), []);
  const command = await print(project, 'kinds', 'command');
  assert.match(command, /^command: Runs any program as a stage, through the shell\.\n/);
  assert.match(
    command,
    /\nInputs: any that the YAML declares\n.*\nSettings \(under `with`\)\n.*run: string, required.*\nExample\n {2}sizes:\n/s,
  );
});

test('kinds --markdown prints the reference of all kinds, or of one', async () => {
  using project = new Project(shout);
  const train = await print(project, 'kinds', 'train', '--markdown');
  assert.match(train, /^## train\n\n/);
  assert.match(train, /\n\| `clip\.norm` \| number > 0 \| required \| as \{ norm \}: .*\|\n/);
  const all = await print(project, 'kinds', '--markdown');
  assert.ok(all.startsWith('# ') && all.includes(train) && all.includes('\n## command\n'));
});

test('schema prints the JSON schema for editors', async () => {
  using project = new Project(shout);
  const schema = JSON.parse(await print(project, 'schema')) as { $schema: string };
  assert.match(schema.$schema, /draft-07/);
});

test('gc says what holds the cache above its target', async () => {
  using project = new Project(shout, files);
  await project.run();
  assert.equal(
    await print(project, 'gc', '--max-size', '1KiB'),
    'Nothing to remove: all 15 B stay. A shorter `--keep` removes more.\n',
  );
  project.letHoursPass(72);
  assert.equal(
    await print(project, 'gc', '--max-size', '1B'),
    `Nothing to remove: all 15 B stay. A shorter \`--keep\` removes more.
The store stays 14 B above --max-size 1 B, because these are kept:
  15 B: the last result of every stage, including frozen ones (removable once the pipeline's file is deleted)
`,
  );
});

test('two pipelines in one command, a drawing without a folder and a graph too large to draw are errors', async () => {
  using project = new Project(shout, {
    ...files,
    'pipelines/more.yaml': shout.replaceAll('out/', 'more/'),
  });
  const { code, stderr } = await project.command('run', 'test.yaml', 'more.yaml');
  assert.deepEqual(
    { code, first: stderr.split('\n')[0] },
    {
      code: 1,
      first: 'error: Expected one pipeline, got two: test.yaml and more.yaml [several-files]',
    },
  );
  const bare = await project.command('run', 'test.yaml', 'more');
  assert.match(bare.stderr, /^error: Expected one pipeline, got two: test\.yaml and more /);
  const nowhere = await project.command('graph', 'test.yaml', '--svg', 'no/where.svg');
  assert.equal(
    nowhere.stderr,
    'error: Cannot write no/where.svg: its folder does not exist. Make it, or choose another place.\n',
  );
  project.write(
    'pipelines/long.yaml',
    `stages:\n${Array.from({ length: 3000 }, (_, i) => `  s${i}: { kind: command, inputs: { x: ${i === 0 ? './in.txt' : `s${i - 1}.y`} }, outputs: { y: o/${i} }, with: { run: "true" } }`).join('\n')}\n`,
  );
  const long = await project.command('graph', 'long.yaml', '--svg', 'long.svg');
  assert.match(
    long.stderr,
    /^error: Expected at most 1000 stages to draw, got 3000 \[too-large\]\n\n {2}Name some of them/,
  );
});

test('after the file, a word names a stage, even if a pipeline has the same name', async () => {
  using project = new Project(shout, {
    ...files,
    'pipelines/count.yaml': shout.replaceAll('out/', 'more/'),
  });
  assert.deepEqual((await project.run('count')).outcomes, { shout: 'ran', count: 'ran' });
  assert.match(await print(project, 'logs', 'test.yaml', 'count'), /^count: succeeded /);
  assert.match(await print(project, 'plan', 'count'), /^count: 2 stages\n/);
});

test('without a file a command takes the only pipeline; of several, some take the one that ran last', async () => {
  using project = new Project(shout, files);
  assert.match(await print(project, 'plan'), /^test: 2 stages\n/);
  project.write('pipelines/more.yaml', shout.replaceAll('out/', 'more/'));
  await project.run();
  for (const command of ['run', 'plan']) {
    const { code, stderr } = await project.command(command);
    assert.equal(code, 1);
    assert.match(stderr, /^error: Which pipeline\? There are more\.yaml, test\.yaml \[no-file\]\n/);
  }
  assert.match(await print(project, 'logs', 'count'), /^count: succeeded /);
  assert.match(await print(project, 'explain', 'count'), /^count \(command\): up to date\n/);
  assert.match(await print(project, 'graph'), /^flowchart|^graph/);
});

test('--reporter json prints one event a line, from the start of the run to its end', async () => {
  using project = new Project(shout, files);
  const lines = (await print(project, 'run', '--reporter', 'json')).trimEnd().split('\n');
  const events = lines.map((line) => JSON.parse(line) as { type: string; stage?: string });
  assert.deepEqual(
    events.map(({ type, stage }) => (stage === undefined ? type : `${type} ${stage}`)),
    [
      'run-started',
      'stage-decided shout',
      'stage-started shout',
      'stage-output shout',
      'stage-finished shout',
      'stage-decided count',
      'stage-started count',
      'stage-finished count',
      'run-finished',
    ],
  );
});

test('colours are for terminals: a pipe gets none, unless FORCE_COLOR is set, and NO_COLOR removes them', async () => {
  using project = new Project(shout, files);
  const colours = (text: string) => text.includes('\u001b[');
  assert.ok(!colours(await print(project, 'run')));
  delete project.env['NO_COLOR'];
  assert.ok(!colours(await print(project, 'run', '--force')));
  project.env['FORCE_COLOR'] = '1';
  assert.ok(colours(await print(project, 'run', '--force')));
});

test('--help, alone and for every command, has an example and fits in 80 columns', async () => {
  using project = new Project(shout);
  const listed = (await print(project, '--help')).split('\nCommands:\n')[1]!;
  const names = Array.from(listed.matchAll(/^ {2}([a-z][a-z-]*)/gm), ([, name]) => name!);
  const ours = Object.keys(commands);
  assert.deepEqual(names, [...ours, 'help']);
  for (const words of [[], ...ours.map((name) => [name])]) {
    const help = await print(project, ...words, '--help');
    assert.match(help, /^Usage: pipeline /); // as the rig types it
    assert.match(help, /\nExamples?:\n {2}\$ pipeline /);
    assert.deepEqual(longLines(help), []);
  }
});

test('in a clone that was never built, the command says so in one line, with what to do', (context) => {
  const clone = temporaryFolder(context);
  // The folder has no package.json that says what a .js is.
  const program = join(clone, 'bin/restage.cjs');
  mkdirSync(join(clone, 'bin'));
  copyFileSync(inRepository('bin/restage.js'), program);
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, 'run'], {
    encoding: 'utf8',
  });
  assert.deepEqual(
    { status, stdout, stderr },
    {
      status: 2,
      stdout: '',
      stderr: `error: Restage is not built in ${clone}: run \`npm ci\` there\n`,
    },
  );
});
