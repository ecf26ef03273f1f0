import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HostedProject as Project } from './support/hosted-project.ts';
import { library } from './support/library.ts';
import { endOf } from './support/rig.ts';
import { group } from './support/store-group.ts';
import { print } from './support/two-stages.ts';
import { until } from './support/until.ts';

/** Lists the clips of a folder, measures each of them, and puts the sizes together. */
const clips = `stages:
  videos:
    kind: command
    inputs: { clips: data/ }
    outputs: { list: artifacts/list.csv }
    with: { run: "(echo name,file; cd \${inputs.clips}; for f in *.txt; do echo \${f%.txt},data/$f; done) > \${outputs.list}" }
  measure:
    kind: command
    matrix: { clip: { from: videos.list } }
    inputs: { clip: "\${matrix.clip.file}" }
    outputs: { size: { type: files } }
    with: { run: "wc -c < \${inputs.clip} > \${outputs.size}" }
  all:
    kind: command
    inputs: { sizes: [measure.size] }
    outputs: { text: out/all.txt }
    with: { run: "cat \${inputs.sizes} > \${outputs.text}" }
  other: { kind: command, with: { run: "echo other" } }
`;
const files = { 'data/a.txt': 'abc\n', 'data/b.txt': 'abcdef\n' };

test('an axis from the output of a stage: a plan says what it cannot know, and a run makes the stages', async () => {
  using project = new Project(clips, files);
  assert.equal(
    await print(project, 'plan'),
    `test: 4 stages
  run         videos           never ran
  not known   measure[clip=?]  one for each value in videos.list, which is not known yet
  not known   all              needs measure[clip=?]
  run         other            never ran
2 run, 2 not known
`,
  );
  const ran = await project.run();
  assert.deepEqual(ran.outcomes, {
    videos: 'ran',
    other: 'ran',
    'measure[clip=a]': 'ran',
    'measure[clip=b]': 'ran',
    all: 'ran',
  });
  assert.equal(ran.code, 0);
  const known = ran.events.find((event) => event.type === 'stages-known');
  assert.deepEqual(known?.type === 'stages-known' && known.stages, [
    'videos',
    'measure[clip=a]',
    'measure[clip=b]',
    'all',
    'other',
  ]);
  assert.ok(
    ran.events.some(
      (event) =>
        event.type === 'info' && event.message === 'its list is known now: 3 further stages',
    ),
  );
  assert.equal(project.read('out/all.txt'), '4\n7\n');
  const again = `test: 5 stages
  up to date  videos
  up to date  measure[clip=a]
  up to date  measure[clip=b]
  up to date  all
  up to date  other
5 up to date
`;
  assert.equal(await print(project, 'plan'), again);
  assert.match(await print(project, 'run'), /✓ test: 5 stages up to date/);
  assert.equal(await print(project, 'plan'), again, 'also where the run is remembered');
});

test('a changed list runs only what is new, and what is gone is no stage any more', async () => {
  using project = new Project(clips, files);
  await project.run();
  project.write('data/c.txt', 'c\n');
  const added = await project.run();
  assert.deepEqual(added.outcomes, {
    videos: 'ran',
    other: 'up to date',
    'measure[clip=a]': 'up to date',
    'measure[clip=b]': 'up to date',
    'measure[clip=c]': 'ran',
    all: 'ran',
  });
  assert.equal(project.read('out/all.txt'), '4\n7\n2\n');
  project.remove('data/a.txt');
  const removed = await project.run();
  assert.deepEqual(removed.outcomes, {
    videos: 'ran',
    other: 'up to date',
    'measure[clip=b]': 'up to date',
    'measure[clip=c]': 'up to date',
    all: 'ran',
  });
  assert.equal(project.read('out/all.txt'), '7\n2\n');
  assert.equal(await print(project, 'clean', '--yes'), 'Removed 1 output.\n');
  assert.deepEqual(
    project.files('artifacts/test'),
    ['measure@clip=b/size', 'measure@clip=c/size'],
    'only the output of what is no stage any more was unclaimed',
  );
});

test('while a list is not known, what its earlier stages published and left in the store is kept', async () => {
  using project = new Project(clips, files);
  await project.run();
  project.edit('pipelines/test.yaml', '(echo name', 'exit 3; (echo name');
  assert.equal(await print(project, 'clean', '--yes'), 'Removed 0 outputs.\n');
  const failed = await project.run();
  assert.equal(failed.code, 1);
  assert.deepEqual(failed.outcomes, {
    videos: 'failed',
    other: 'up to date',
    'measure[clip=?]': 'blocked',
    all: 'blocked',
  });
  assert.equal(failed.messages['measure[clip=?]'], 'waits for videos, which failed');
  assert.match(
    project.read('artifacts/test/report.html'),
    /<h3>measure\[clip=\?\]<\/h3>.*waits for videos, which failed/s,
  );
  project.letHoursPass(48);
  await print(project, 'gc', '--keep', '1h', '--yes');
  delete project.env['NODE_OPTIONS'];
  project.edit('pipelines/test.yaml', 'exit 3; (echo name', '(echo name');
  assert.deepEqual((await project.run()).outcomes, {
    videos: 'up to date',
    'measure[clip=a]': 'up to date',
    'measure[clip=b]': 'up to date',
    all: 'up to date',
    other: 'up to date',
  });
});

test('a member can be named before its list is known; one that the list has not is a mistake', async () => {
  using project = new Project(clips, files);
  const one = await project.run('measure@clip=b');
  assert.deepEqual(one.outcomes, { videos: 'ran', 'measure[clip=b]': 'ran' });
  project.write('data/c.txt', 'c\n');
  const absent = await project.run('measure@clip=d');
  assert.equal(absent.code, 1);
  assert.deepEqual(absent.outcomes, { videos: 'ran', 'measure[clip=?]': 'failed' });
  assert.equal(absent.messages['measure[clip=?]'], 'There is no stage "measure@clip=d"');
  const { code, stderr } = await project.command('plan', 'test.yaml', 'measure@clip=d');
  assert.equal(code, 1);
  assert.match(stderr, /Its axis "clip" has no value "d"\. There are a, b, c\./);
});

test('places and graphics cards of stages that no list has made yet are checked before anything runs', async () => {
  const placed = clips.replace(
    '    inputs: { clip: "${matrix.clip.file}" }',
    '    place: clustr\n    inputs: { clip: "${matrix.clip.file}" }',
  );
  const places = 'cluster: { engine: slurm }\n';
  using project = new Project(placed, { ...files, 'places.yaml': places });
  const unknown = await project.run();
  assert.deepEqual([unknown.code, unknown.outcomes], [1, {}]);
  assert.match(
    unknown.stderr,
    /^pipelines\/test\.yaml:7:3: error: There is no place "clustr" \[unknown-place\]$/m,
  );
  assert.match(unknown.stderr, /Did you mean "cluster"\?/);
  project.edit('pipelines/test.yaml', 'place: clustr', 'resources: { gpu: 99 }');
  const greedy = await project.run();
  assert.deepEqual([greedy.code, greedy.outcomes], [1, {}]);
  assert.match(
    greedy.stderr,
    /error: "measure\[clip=\?\]" asks for 99 graphics cards, and this machine has .* \[too-many-gpus\]$/m,
  );
});

test('a list that cannot be used fails what awaits it, and nothing else', async () => {
  using project = new Project(
    clips.replace('{ from: videos.list }', '{ from: videos.list, column: nam }'),
    files,
  );
  const failed = await project.run();
  assert.equal(failed.code, 1);
  assert.deepEqual(failed.outcomes, {
    videos: 'ran',
    other: 'ran',
    'measure[clip=?]': 'failed',
    all: 'blocked',
  });
  const place = 'pipelines/test.yaml:9:50';
  const message = '"videos.list" has no column "nam"';
  assert.equal(failed.messages['measure[clip=?]'], `${place}: ${message}`);
  const plan = await project.command('plan', 'test.yaml');
  assert.equal(plan.code, 1);
  assert.ok(plan.stderr.startsWith(`${place}: error: ${message} [unknown-key]`), plan.stderr);
  assert.match(plan.stderr, /Did you mean "name"\?/);
  assert.deepEqual((await project.run('videos', 'other')).outcomes, {
    videos: 'up to date',
    other: 'up to date',
  });
});

test('a run that is killed between list and stages continues with the stages', async () => {
  const gated = clips.replace('"wc -c', '"echo begun; read _ < gate; wc -c');
  using project = new Project(gated, files);
  const gate = project.gate('gate');
  const killed = project.startRun('--jobs', '1');
  await killed.event('stage-started', 'measure[clip=a]');
  killed.child.kill('SIGKILL');
  await killed.ended;
  gate.pass(2);
  const { outcomes } = await project.run();
  assert.deepEqual(outcomes, {
    videos: 'up to date',
    'measure[clip=a]': 'ran',
    'measure[clip=b]': 'ran',
    all: 'ran',
    other: 'up to date',
  });
});

test('a file that is edited while its lists are made is not read again in this run', async () => {
  using project = new Project(clips.replace('"(echo name', '"read _ < gate; (echo name'), files);
  const gate = project.gate('gate');
  const running = project.startRun();
  await running.event('stage-started', 'videos');
  project.edit('pipelines/test.yaml', 'echo other', 'echo another');
  gate.pass();
  const { code, messages } = await endOf(running);
  assert.equal(code, 1);
  const message = "the pipeline's file has changed since it was read: run it again";
  assert.equal(messages['measure[clip=?]'], message);
});

test('one list may lead to the next within a run, and a forced list is made anew before it counts', async () => {
  const chain = `${clips}  kinds:
    kind: command
    inputs: { text: all.text }
    outputs: { list: artifacts/kinds.csv }
    with: { run: "(echo size; cat \${inputs.text}) > \${outputs.list}" }
  deep:
    kind: command
    matrix: { size: { from: kinds.list } }
    with: { run: "echo \${matrix.size}" }
`;
  using project = new Project(chain, files);
  const { outcomes, code } = await project.run();
  assert.equal(code, 0);
  assert.deepEqual([outcomes['deep[size=4]'], outcomes['deep[size=7]']], ['ran', 'ran']);
  project.write('data/b.txt', 'ab\n');
  const plan = await print(project, 'plan', 'test.yaml', 'deep');
  assert.match(plan, /not known +deep\[size=\?\] +one for each value in kinds\.list/);
  const changed = await project.run();
  assert.equal(changed.outcomes['deep[size=4]'], 'up to date');
  assert.equal(changed.outcomes['deep[size=3]'], 'ran');
  const forced = await project.run('--force', 'videos');
  assert.equal(forced.outcomes['videos'], 'ran');
  assert.equal(forced.outcomes['measure[clip=a]'], 'up to date');
});

test('the stages of a list start as soon as it is made, while others still run', async () => {
  using project = new Project(clips.replace('"echo other"', '"read _ < gate"'), files);
  const gate = project.gate('gate');
  const running = project.startRun('--jobs', '2');
  await running.event('stage-finished', 'all');
  gate.pass();
  const { code, outcomes } = await endOf(running);
  assert.equal(code, 0);
  assert.deepEqual(Object.keys(outcomes).slice(-2), ['all', 'other']);
});

test('a list that was known before the run, and is another one when its stage has run, counts', async () => {
  const changing = `${clips.replace('inputs: { clips: data/ }', 'after: first\n    inputs: { clips: data/ }')}  first:
    kind: command
    with: { run: "test -e more && cp more data/c.txt && rm data/a.txt; true" }
`;
  using project = new Project(changing, files);
  assert.equal((await project.run()).code, 0);
  project.write('more', 'more\n');
  const { outcomes, code } = await project.run('--force', 'first');
  assert.equal(code, 0);
  assert.deepEqual(
    [outcomes['videos'], outcomes['measure[clip=b]'], outcomes['measure[clip=c]'], outcomes['all']],
    ['ran', 'up to date', 'ran', 'ran'],
  );
  assert.equal(project.read('out/all.txt'), '7\n5\n');
});

test('an empty list leaves its stages out, and the run succeeds', async () => {
  using project = new Project(clips.replace('for f in *.txt', 'for f in $(ls *.avi)'), files);
  const { code, outcomes } = await project.run();
  assert.deepEqual({ code, outcomes }, { code: 0, outcomes: { videos: 'ran', other: 'ran' } });
  assert.equal(
    await print(project, 'plan'),
    `test: 2 stages
  up to date  videos
  up to date  other
  left out    measure[clip=?]  videos.list has no values
  left out    all              it needs measure
2 up to date
`,
  );
});

test('the library plans, runs and reads the stages of a list', async () => {
  using folder = new Project(clips, files);
  await using project = await library.openProject(folder.root);
  const pipeline = await project.load('test.yaml');
  assert.deepEqual(
    pipeline.stages.map(({ name, pending }) => [name, pending]),
    [
      ['videos', undefined],
      ['measure[clip=?]', true],
      ['all', true],
      ['other', undefined],
    ],
  );
  const [, measure, all] = await pipeline.plan();
  assert.deepEqual(measure?.decision, { state: 'pending', lists: ['videos.list'], for: [] });
  assert.deepEqual(all?.decision, { state: 'pending', lists: [], for: ['measure[clip=?]'] });
  const { ok, stages } = await pipeline.run().result;
  assert.equal(ok, true);
  assert.equal(stages['measure[clip=b]']?.outcome, 'ran');
  assert.deepEqual(
    (await pipeline.plan()).map(({ stage, state }) => [stage, state]),
    ['videos', 'measure[clip=a]', 'measure[clip=b]', 'all', 'other'].map((name) => [
      name,
      'up to date',
    ]),
  );
  const rows = await pipeline.results(['measure']);
  assert.deepEqual(
    rows.map(({ axes }) => axes),
    [{ clip: 'a' }, { clip: 'b' }],
  );
});

test('a watched run makes the stages of a list that has changed', async () => {
  using project = new Project(clips, files);
  const running = project.startRun('--watch');
  await running.event('stage-finished', 'measure[clip=b]');
  await running.printed('Waiting for a change');
  project.write('data/c.txt', 'c\n');
  await running.event('stage-finished', 'measure[clip=c]');
  running.child.kill('SIGINT');
  await running.ended;
});

test('plan as JSON, explain, logs and graph show what is pending', async () => {
  using project = new Project(clips, files);
  const rows = JSON.parse(await print(project, 'plan', '--json'));
  assert.deepEqual(rows[1], {
    stage: 'measure[clip=?]',
    kind: 'command',
    state: 'pending',
    reasons: ['one for each value in videos.list, which is not known yet'],
  });
  assert.equal(
    await print(project, 'explain', 'test.yaml', 'measure'),
    `measure[clip=?] (command): not known
  one for each value in videos.list, which is not known yet
`,
  );
  assert.match(await print(project, 'graph'), /s0 -\.-> s1\n/);
  const { stderr } = await project.command('logs', 'test.yaml', 'measure');
  assert.equal(stderr, 'measure[clip=?] never ran here.\n');
});

test('the page Graph of serve shows what is pending', async () => {
  using project = new Project(clips, files);
  const running = project.start('serve', '--port', '0');
  let printed = '';
  running.child.stderr!.on('data', (text: string) => {
    printed += text;
  });
  await until(() => printed.includes('Ctrl-C'));
  const [, address] = /^Open {2}(http:\S+)$/m.exec(printed)!;
  const entry = await fetch(address!, { redirect: 'manual' });
  const cookie = entry.headers.get('set-cookie')!.split(';')[0]!;
  const page = await fetch(new URL('/graph', address), { headers: { cookie } });
  const text = await page.text();
  running.child.kill('SIGINT');
  await running.ended;
  assert.match(text, /4 stages: 2 run, 2 not known\./);
  assert.match(text, /one for each value in videos\.list, which is not known yet/);
});

test('a pull brings the stages of a list to where the file of the project publishes, below the folder that it names', async () => {
  const outputs = '{ size: "out/${matrix.clip}.txt", copy: "${matrix.clip.folder}/copy.txt" }';
  const listed = clips
    .replace('clips: data/', 'clips: ./in.txt')
    .replace(`echo name,file; ${listing}`, 'echo name,folder; echo a,out; echo b,src')
    .replace('    inputs: { clip: "${matrix.clip.file}" }\n', '')
    .replace('outputs: { size: { type: files } }', `outputs: ${outputs}`)
    .replace('wc -c < ${inputs.clip} >', 'echo ${matrix.clip} | tee ${outputs.copy} >');
  using lab = await group(listed);
  const { clone } = lab;
  // The list stage's own input is not needed.
  const pulled = await clone.command('store', 'pull', 'test.yaml');
  assert.equal(pulled.code, 1);
  const refusal = (name: string, folder: string) =>
    new RegExp(
      `The run of test publishes measure\\[clip=${name}\\]\\.copy at "${folder}/copy\\.txt", so the stage was left out: that path is neither below artifacts/ nor an output of pipelines/test\\.yaml`,
    );
  assert.match(pulled.stderr, refusal('b', 'src'));
  assert.doesNotMatch(pulled.stderr, refusal('a', 'out'));
  assert.deepEqual(clone.files('out'), ['a.txt', 'all.txt', 'copy.txt']);
  assert.equal(clone.read('out/all.txt'), 'a\nb\n');
});

test('another clone knows a list from the shared store, and computes nothing', async () => {
  using lab = await group(clips.replace('clips: data/', 'clips: ./in.txt').replace(listing, fixed));
  const { clone } = lab;
  clone.write('in.txt', 'abc\n');
  const plan = await print(clone, 'plan', 'test.yaml');
  assert.match(plan, /restore +measure\[clip=b\] +not published here/);
  assert.deepEqual((await clone.run()).outcomes, {
    videos: 'restored',
    'measure[clip=a]': 'restored',
    'measure[clip=b]': 'restored',
    all: 'restored',
    other: 'up to date',
  });
});

/** The program that lists the clips of a folder, and one that names the same file twice. */
const listing = 'cd ${inputs.clips}; for f in *.txt; do echo ${f%.txt},data/$f; done';
const fixed = 'echo a,./in.txt; echo b,pipelines/test.yaml';
