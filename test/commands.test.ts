import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Project } from './rig.ts';

const shout = `description: two stages
stages:
  shout:
    kind: command
    inputs: { text: ./in.txt }
    outputs: { text: out/shout.txt }
    with: { run: "echo shouting; tr a-z A-Z < \${inputs.text} > \${outputs.text}" }
  count:
    kind: command
    inputs: { text: shout.text }
    outputs: { text: out/count.txt }
    with: { run: "wc -c < \${inputs.text} > \${outputs.text}" }
`;
const files = { 'in.txt': 'abc\n' };
const program = fileURLToPath(new URL('../bin/pipeline.js', import.meta.url));
const print = async (project: Project, ...argv: readonly string[]): Promise<string> => {
  const { code, stdout, stderr } = await project.command(...argv);
  assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
  return stdout;
};

test('plan says what would happen and why, changes nothing, and run --dry-run is the same', async () => {
  using project = new Project(shout, files);
  const never = `test: 2 stages
  run      shout  never ran
  may run  count  reads shout, which must run
1 run, 1 may run
`;
  assert.equal(await print(project, 'plan'), never);
  assert.equal(await print(project, 'run', '--dry-run'), never);
  assert.ok(!project.has('out'));
  await project.run();
  assert.equal(await print(project, 'plan'), 'test: 2 stages\n  fresh    shout\n  fresh    count\n2 fresh\n');

  project.write('in.txt', 'abcd\n');
  project.write('out/count.txt', 'x');
  assert.equal(
    await print(project, 'plan'),
    `test: 2 stages
  run      shout  input text changed
  may run  count  reads shout, which must run
1 run, 1 may run
`,
  );
  project.write('in.txt', 'abc\n');
  assert.equal(
    await print(project, 'plan', 'test.yaml', 'count'),
    'test: 2 stages\n  fresh    shout\n  restore  count  output text was changed in place\n1 fresh, 1 restore\n',
  );
  const [row] = JSON.parse(await print(project, 'plan', '--json', '--force', 'shout')) as { state: string }[];
  assert.equal(row?.state, 'stale');
});

test('explain shows value by value what differs from the last result', async () => {
  using project = new Project(shout, files);
  await project.run();
  assert.match(
    await print(project, 'explain', 'shout'),
    /^shout \(command\): fresh\n {2}nothing differs from the last result\n {2}fingerprint [0-9a-f]{64}\n {2}result {6}of .* on .*\n$/,
  );
  project.edit('pipelines/test.yaml', 'wc -c', 'wc -l');
  const told = await print(project, 'explain', 'test.yaml', 'count');
  assert.ok(
    told.startsWith(`count (command): stale
  settings.run: "wc -c < \${inputs.text} > \${outputs.text}" → "wc -l < \${inputs.text} > \${outputs.text}"

  value         last result                                 now
  settings.run  "wc -c < \${inputs.text} > \${outputs.text}"  "wc -l < \${inputs.text} > \${outputs.text}"

  fingerprint `),
    told,
  );
  const [explained] = JSON.parse(await print(project, 'explain', 'count', '--json')) as { differences: unknown[] }[];
  assert.equal(explained?.differences.length, 1);
});

test('plan and explain answer also where the cache takes nothing', async () => {
  using project = new Project(shout, { ...files, 'cache/digests.json/in-the-way': '' });
  for (const command of ['plan', 'explain']) {
    const { code, stdout, stderr } = await project.command(command);
    assert.equal(code, 0);
    assert.match(stdout, /never ran/);
    assert.match(stderr, /^warning: Cannot write .*digests\.json/);
  }
});

test('graph prints Mermaid, and draws an SVG where it is told', async () => {
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

/** Times are those of the day. */
const timeless = (text: string) =>
  text.replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g, '<when>').replaceAll(/[\d.]+ s\b/g, '_ s');
const logs = async (project: Project, ...words: readonly string[]) => timeless(await print(project, 'logs', ...words));

test('logs prints what a stage said for the result that is published, also where another pipeline ran it', async () => {
  using project = new Project(shout, files);
  assert.equal((await project.command('logs', 'shout')).stderr, 'shout never ran here.\n');
  await project.run();
  const published = 'shout: succeeded on <when> in _ s, the published result\nshouting\n';
  assert.equal(await logs(project, 'shout'), published);
  assert.match(await logs(project, 'count'), /^count: succeeded on .* \(it printed nothing\)\n$/);
  project.write('pipelines/other.yaml', shout.replaceAll('out/', 'other/'));
  await project.command('run', 'other.yaml');
  assert.equal(await logs(project, 'other.yaml', 'shout'), published);
});

test('logs follows what is published: a result that was restored comes with its own log', async () => {
  using project = new Project(shout, files);
  await project.run();
  project.edit('pipelines/test.yaml', 'echo shouting; tr a-z A-Z', 'echo louder; tr a-z B-Z');
  await project.run();
  assert.match(await logs(project, 'shout'), /published result\nlouder\n$/);
  project.edit('pipelines/test.yaml', 'echo louder; tr a-z B-Z', 'echo shouting; tr a-z A-Z');
  assert.match(
    await print(project, 'plan', 'test.yaml', 'shout'),
    /restore {2}shout {2}another result is published there \(settings\.run: "echo louder; .* → "echo shouting; /,
  );
  assert.equal((await project.run()).outcomes['shout'], 'restored');
  assert.match(await logs(project, 'shout'), /published result\nshouting\n$/);
});

test('logs tells of the last attempt how it ended, also of one that printed nothing', async () => {
  using project = new Project(shout.replace('echo shouting; ', 'echo FIRST; exit 1; '), files);
  await project.run();
  assert.equal(
    await logs(project, 'shout'),
    `shout: failed on <when> after _ s: exited with code 1: echo FIRST; exit 1; tr a-z A-Z < \${inputs.text} > \${outputs.text}\nFIRST\n`,
  );
  assert.match(await print(project, 'plan'), /shout {2}failed when it last ran, and has no earlier result\n/);
  project.edit('pipelines/test.yaml', 'echo FIRST; exit 1; ', 'exit 7; ');
  const { stdout } = await project.command('run', 'test.yaml');
  assert.ok(!stdout.includes('pipeline logs'), stdout);
  assert.match(
    await logs(project, 'shout'),
    /^shout: failed on <when> after _ s: exited with code 7: .* \(it printed nothing\)\n$/,
  );
});

test('logs tells of a forced attempt at the published result that failed', async () => {
  using project = new Project(shout.replace('echo shouting; ', 'cat said; test ! -e broken; '), {
    ...files,
    said: 'fine\n',
  });
  await project.run();
  project.write('broken', '');
  project.write('said', 'not so\n');
  await project.run('--force', 'shout');
  assert.match(await logs(project, 'shout'), /^shout: failed on .*\nnot so\n$/);
});

test('logs prints what a killed run of this pipeline said, and not that of another one', async () => {
  using project = new Project(shout, files);
  await project.run();
  const other = shout.replaceAll('out/', 'other/').replace('echo shouting;', 'echo other; read _ < gate;');
  project.write('pipelines/other.yaml', other);
  project.gate('gate');
  const killed = project.start('run', 'other.yaml', '--reporter', 'json');
  await killed.event('stage-output', 'shout');
  assert.match(await logs(project, 'other.yaml', 'shout'), /^shout: running since <when>\nother\n$/);
  killed.child.kill('SIGKILL');
  await killed.ended;
  assert.match(await logs(project, 'test.yaml', 'shout'), /\nshouting\n$/);
  assert.match(
    await logs(project, 'other.yaml', 'shout'),
    /^shout: interrupted, as its run was killed, begun on <when>\nother\n$/,
  );
  assert.match(await print(project, 'plan', 'other.yaml'), /shout {2}interrupted when it last ran/);
});

test('clean removes outputs that no stage claims any more, and only those that nobody changed', async () => {
  using project = new Project(shout, files);
  await project.run();
  assert.equal(await print(project, 'clean'), 'Nothing to clean.\n');
  project.edit('pipelines/test.yaml', 'out/shout.txt', 'out/loud.txt');
  project.edit('pipelines/test.yaml', 'out/count.txt', 'out/size.txt');
  await project.run();
  project.write('out/count.txt', 'mine now');
  assert.equal(
    await print(project, 'clean'),
    'would remove out/count.txt (count of test)\nwould remove out/shout.txt (shout of test)\nDo it with: pipeline clean --yes\n',
  );
  assert.equal(
    await print(project, 'clean', '--yes'),
    'kept out/count.txt: it was changed since it was published\nRemoved 1 output.\n',
  );
  assert.deepEqual(project.files('out'), ['count.txt', 'loud.txt', 'size.txt']);
});

test('gc tells what nothing needs, and removes it when told to', async () => {
  using project = new Project(shout, files);
  await project.run();
  project.write('in.txt', 'other\n');
  await project.run();
  const before = project.files('cache/objects').length;
  assert.equal(
    await print(project, 'gc', '--keep', '1h'),
    'Would remove 0 results and 0 objects (0 B; 23 B stay). Do it with: pipeline gc --yes\n',
  );
  project.letHoursPass(72);
  assert.match(
    await print(project, 'gc', '--keep', '1d', '--yes'),
    /^Removed 2 results and \d objects \(\d+ B; \d+ B stay\)\.\n$/,
  );
  assert.ok(project.files('cache/objects').length < before);
  assert.deepEqual((await project.run()).outcomes, { shout: 'fresh', count: 'fresh' });
});

test('verify finds a damaged object, sets it aside, and the next run that needs it makes it again', async () => {
  using project = new Project(shout.replace('echo shouting; ', ''), files);
  await project.run();
  assert.equal(await print(project, 'verify'), '2 objects, 2 results: ✓ all sound\n');
  const object = project.files('cache/objects').find((file) => project.read(`cache/objects/${file}`) === 'ABC\n')!;
  project.replace(`cache/objects/${object}`, 'ABD\n');
  const { code, stdout, stderr } = await project.command('verify');
  assert.equal(code, 1);
  assert.match(stderr, /^warning: .* is damaged \(.*\): it was moved to .*quarantine/);
  assert.match(stdout, /1 damaged, 1 incomplete\n$/);
  project.remove('out');
  assert.deepEqual((await project.run()).outcomes, { shout: 'ran', count: 'restored' });
  assert.equal(await print(project, 'verify'), '2 objects, 2 results: ✓ all sound\n');
});

test('kinds lists the kinds, and one with its settings, ports and an example', async () => {
  using project = new Project(shout);
  const list = await print(project, 'kinds');
  for (const kind of ['command', 'evaluate', 'load-dataset', 'plot', 'roc-det', 'train']) {
    assert.match(list, new RegExp(`^${kind} +\\S`, 'm'));
  }
  assert.match(
    await print(project, 'kinds', 'train'),
    /\nComputes on what `--backend` names: auto, onnxruntime, .*\n\nExample\n/,
  );
  const command = await print(project, 'kinds', 'command');
  assert.match(command, /^command: Runs any program, by the shell, as a stage\.\n/);
  assert.match(
    command,
    /\nInputs: any that the YAML declares\n.*\nSettings \(under `with`\)\n.*run +string.*\nExample\n {2}sizes:\n/s,
  );
});

test('schema prints the JSON schema that editors complete pipelines with', async () => {
  using project = new Project(shout);
  const schema = JSON.parse(await print(project, 'schema')) as { $schema: string };
  assert.match(schema.$schema, /draft-07/);
});

test('init writes a project in which the plan is known, and overwrites nothing', async () => {
  using project = new Project(shout);
  assert.equal(
    await print(project, 'init', 'new'),
    `wrote  new/pipelines/first.yaml\nwrote  new/.gitignore\n\nNow:   cd new && node ${program} run first.yaml\n`,
  );
  project.write('new/.gitignore', 'mine');
  assert.match(
    await print(project, 'init', 'new'),
    /^kept {3}new\/pipelines\/first.yaml, which is there already\nkept /,
  );
  assert.equal(project.read('new/.gitignore'), 'mine');
  assert.match(await print(project, 'plan', 'new/pipelines/first.yaml'), /^\.\/new\/pipelines\/first: 6 stages\n/);
});

test('init below a file says what is in the way', async () => {
  using project = new Project(shout, { notes: 'mine' });
  const { code, stderr } = await project.command('init', 'notes/new');
  assert.equal(code, 1);
  assert.equal(
    stderr,
    'error: Cannot write notes/new/pipelines/first.yaml: a file is in the way of a folder. Move it away and run again.\n',
  );
});

test('init in a folder of any name says how to go there', async () => {
  using project = new Project(shout);
  assert.match(
    await print(project, 'init', 'my faces/Übung'),
    /\nNow: {3}cd 'my faces\/Übung' && node .* run first.yaml\n$/,
  );
  assert.ok(project.has('my faces/Übung/pipelines/first.yaml'));
});

test('init says a command that starts Restage from there, which depends on how it can be found', async () => {
  using project = new Project(shout);
  mkdirSync(project.path('bin'));
  mkdirSync(project.path('node_modules/.bin'), { recursive: true });
  symlinkSync(program, project.path('node_modules/.bin/pipeline'));
  assert.match(await print(project, 'init', 'npx'), /\nNow: {3}cd npx && npx pipeline run first.yaml\n$/);
  symlinkSync(program, project.path('bin/pipeline'));
  project.env['PATH'] = `${project.path('bin')}:${process.env['PATH']}`;
  assert.match(await print(project, 'init', 'path'), /\nNow: {3}cd path && pipeline run first.yaml\n$/);
  delete project.env['PATH'];
  const said = await print(
    project,
    'init',
    '/tmp/../tmp/restage-test-nowhere-near'.replace('/tmp/../tmp', project.path('..')),
  );
  project.remove('../restage-test-nowhere-near');
  const line = /Now: {3}(.*) run first.yaml/.exec(said)![1]!.replace(/^cd .* && /, '');
  assert.match(execFileSync('sh', ['-c', `${line} --version`], { encoding: 'utf8' }), /^\d+\.\d+\.\d+\n$/);
});

test('gc says what holds the cache above its target', async () => {
  using project = new Project(shout, files);
  await project.run();
  assert.equal(
    await print(project, 'gc', '--max-size', '1KiB'),
    'Would remove 0 results and 0 objects (0 B; 15 B stay). Do it with: pipeline gc --yes\n',
  );
  project.letHoursPass(72);
  assert.equal(
    await print(project, 'gc', '--max-size', '1B'),
    `Would remove 0 results and 0 objects (0 B; 15 B stay). Do it with: pipeline gc --yes
That is 14 B above 1 B, and stays:
  15 B: the last results of stages, frozen ones among them; of a pipeline whose file is gone they would go
`,
  );
});

test('plan and run warn of a parameter that nobody reads and of a program that is no input', async () => {
  const yaml = `params: { word: x, unused: 1 }
stages:
  say: { kind: command, inputs: { text: ./in.txt }, outputs: { text: out/say }, with: { run: "sh ./say.sh \${params.word} < \${inputs.text} > \${outputs.text}" } }
`;
  using project = new Project(yaml, { ...files, 'say.sh': 'cat; echo "$1"\n' });
  const told = [
    'pipelines/test.yaml:1:20: The parameter "unused" is read by no stage',
    'pipelines/test.yaml:3:98: ./say.sh is not an input of "say": editing it will not rerun this stage',
  ];
  const { code, stderr } = await project.command('plan');
  assert.equal(code, 0);
  assert.equal(stderr, told.map((line) => `warning: ${line}\n`).join(''));
  assert.deepEqual((await project.run()).warnings, told);
  project.edit('pipelines/test.yaml', ', unused: 1', '');
  project.edit('pipelines/test.yaml', '{ text: ./in.txt }', '{ text: ./in.txt, program: ./say.sh }');
  assert.equal((await project.command('plan')).stderr, '');
});

test('a setting that the file leaves out is told with its default', async () => {
  const yaml = `stages:
  made: { kind: make-faces, with: { size: 64, images: { train: 2, val: 1, test: 1 } } }
`;
  using project = new Project(yaml);
  await project.run();
  project.edit('pipelines/test.yaml', 'size: 64, ', '');
  assert.match(await print(project, 'plan'), /run +made +settings\.size: 64 → 256\n/);
  assert.match(await print(project, 'explain'), /settings\.size +64 +256 \(default\)\n/);
});

test('plan and explain name the files of a folder or a glob that changed', async () => {
  const yaml = `stages:
  folder: { kind: command, inputs: { images: data/faces }, outputs: { text: out/a }, with: { run: "ls \${inputs.images} > \${outputs.text}" } }
  glob: { kind: command, inputs: { images: "data/faces/*.png" }, outputs: { text: out/b }, with: { run: "echo \${inputs.images} > \${outputs.text}" } }
`;
  using project = new Project(
    yaml,
    Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`data/faces/${i}.png`, `${i}`])),
  );
  await project.run();
  project.write('data/faces/5.png', 'other');
  project.write('data/faces/55.png', 'new');
  project.remove('data/faces/1.png');
  const told = await print(project, 'plan');
  assert.match(told, / folder {2}input images changed: 5\.png changed, 55\.png added, 1\.png removed\n/);
  assert.match(
    told,
    / glob +input images changed: data\/faces\/5\.png changed, data\/faces\/55\.png added, data\/faces\/1\.png removed\n/,
  );
  assert.match(await print(project, 'explain', 'folder'), /\n {2}input images changed: 5\.png changed/);
});

test('two pipelines in one command are one too many, and a drawing that cannot be is told', async () => {
  using project = new Project(shout, { ...files, 'pipelines/more.yaml': shout.replaceAll('out/', 'more/') });
  const { code, stderr } = await project.command('run', 'test.yaml', 'more.yaml');
  assert.deepEqual(
    { code, first: stderr.split('\n')[0] },
    {
      code: 1,
      first: 'error: Expected one pipeline, got two: test.yaml and more.yaml [several-files]',
    },
  );
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

const proc = existsSync('/proc/self') ? {} : { skip: 'there is no /proc here' };
test('init where the file system takes no folder says so at once', { ...proc, timeout: 20_000 }, async () => {
  using project = new Project(shout);
  const { code, stderr } = await project.command('init', '/proc/new/faces');
  assert.equal(code, 1);
  assert.equal(
    stderr,
    'error: Cannot write /proc/new/faces/pipelines/first.yaml: the file system takes no folder there. Choose another place.\n',
  );
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

test('colours are for terminals: none in a pipe, some where they are forced, none with NO_COLOR', async () => {
  using project = new Project(shout, files);
  const colours = (text: string) => text.includes('\u001b[');
  assert.ok(!colours(await print(project, 'run')));
  delete project.env['NO_COLOR'];
  assert.ok(!colours(await print(project, 'run', '--force')));
  project.env['FORCE_COLOR'] = '1';
  assert.ok(colours(await print(project, 'run', '--force')));
});

test('a reader that has seen enough of the logs is no fault', async () => {
  using project = new Project(shout.replace('echo shouting', 'seq 100000'), files);
  await project.run();
  const running = project.start('logs', 'shout');
  running.child.stdout!.destroy();
  assert.deepEqual(await running.ended, { code: 0, stdout: '', stderr: '' });
});

test('every command says in its --help what it does, with an example', async () => {
  using project = new Project(shout);
  for (const command of [
    'run',
    'plan',
    'explain',
    'graph',
    'logs',
    'clean',
    'gc',
    'verify',
    'kinds',
    'schema',
    'init',
  ]) {
    const help = await print(project, command, '--help');
    assert.match(help, /^Usage: pipeline /);
    assert.match(help, /\nExamples?:\n {2}\$ pipeline /);
  }
});
