import assert from 'node:assert/strict';
import { chmodSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { storeText } from '../src/engine/store/remote/buckets/bucket.ts';
import { ensureKey, keyFile } from '../src/engine/store/remote/keys.ts';
import type { PipelineDiagnostic, PipelineEvent, Run } from '../src/index.ts';
import { HostedProject as Project } from './support/hosted-project.ts';
import { library } from './support/library.ts';
import { ownKind } from './support/own-kind.ts';
import { temporaryFolder, writeFiles } from './support/temporary-folder.ts';

const { openProject, PipelineError } = library;

const yaml = `
params: { auc: 0.75 }
stages:
  scores:
    kind: command
    inputs: { names: ./in.txt }
    outputs: { metrics: { path: out/metrics.json, type: metrics } }
    with:
      run: >-
        echo '{ "splits": { "test": { "auc": \${params.auc}, "confusion": { "hits": 3 },
        "intervals": { "auc": [0.7, 0.8] } } } }' > \${outputs.metrics}
  copy:
    kind: command
    inputs: { metrics: scores.metrics }
    outputs: { text: out/copy.txt }
    with: { run: "cp \${inputs.metrics} \${outputs.text}" }
`;
const files = { 'in.txt': 'ann\n' };

async function eventsOf(run: Run): Promise<readonly PipelineEvent[]> {
  const events: PipelineEvent[] = [];
  for await (const event of run) events.push(event);
  return events;
}

/** The mistakes with which something ends. */
async function mistakesOf(ending: Promise<unknown>): Promise<readonly PipelineDiagnostic[]> {
  const error = await ending.then(
    () => undefined,
    (error: unknown) => error,
  );
  assert.ok(error instanceof PipelineError, String(error));
  return error.diagnostics;
}

test('a program opens a project, plans, runs, and reads what the stages published', async () => {
  using folder = new Project(yaml, files);
  const project = await openProject(folder.root);
  try {
    const pipeline = await project.load('test.yaml', { set: { 'params.auc': 0.5 } });
    assert.deepEqual([pipeline.name, pipeline.file], ['test', 'pipelines/test.yaml']);
    const [first, second] = await pipeline.plan();
    assert.deepEqual(
      [first?.stage, first?.state, first?.reasons],
      ['scores', 'stale', ['never ran']],
    );
    assert.deepEqual(second?.decision, { state: 'waiting', for: ['scores'] });

    const run = pipeline.run({ jobs: 2 });
    const events = await eventsOf(run);
    assert.equal(events.at(-1)?.type, 'run-finished');
    const { ok, interrupted, stages, report } = await run.result;
    assert.deepEqual(
      [ok, interrupted, report],
      [true, false, folder.path('artifacts/test/report.html')],
    );
    assert.deepEqual([stages['scores']?.outcome, stages['copy']?.outcome], ['ran', 'ran']);

    const outputs = await pipeline.outputs('scores');
    assert.equal(outputs.metrics['test']?.['auc'], 0.5);
    assert.deepEqual(outputs, {
      paths: { metrics: folder.path('out/metrics.json') },
      metrics: { test: { auc: 0.5, 'confusion.hits': 3 } },
      numbers: { 'test.auc': 0.5, 'test.confusion.hits': 3 },
      intervals: { 'test.auc': [0.7, 0.8] },
    });
    assert.deepEqual(
      (await pipeline.plan()).map(({ state }) => state),
      ['up to date', 'up to date'],
    );
  } finally {
    await project.close();
  }
});

test('a program sets parameters, settings and axes, and reads files of parameters, as options do', async () => {
  const echo = `params: { rate: 0.1, word: { first: one, last: two } }
stages:
  echo:
    kind: command
    with: { run: "echo \${params.rate} \${params.word.first} \${params.word.last}" }
    matrix: { seed: [1, 2] }
    env: { SEED: "\${matrix.seed}" }
`;
  using folder = new Project(echo, { 'fast.yaml': 'word: { last: three }\n' });
  await using project = await openProject(folder.root);
  const options = { set: { 'params.word.first': 'zero' }, params: ['fast.yaml'] };
  const axes = { rate: [0.5, 0.25], seed: { range: [3, 4] } };
  const pipeline = await project.load('test.yaml', { ...options, axes });
  assert.deepEqual(
    (await pipeline.results()).map(({ stage, settings }) => [stage, settings['run']]),
    [
      ['echo[rate=0.5,seed=3]', 'echo 0.5 zero three'],
      ['echo[rate=0.25,seed=3]', 'echo 0.25 zero three'],
      ['echo[rate=0.5,seed=4]', 'echo 0.5 zero three'],
      ['echo[rate=0.25,seed=4]', 'echo 0.25 zero three'],
    ],
  );
  const [mistake] = await mistakesOf(project.load('test.yaml', { axes: { rat: [1, 2] } }));
  assert.equal(mistake?.message, 'No stage has an axis "rat", or reads a parameter of this name');
});

/** An event without what differs from run to run. */
const lasting = ({ time: _, ...event }: { readonly time: number }) =>
  JSON.stringify(event, (key, value) => (key === 'run' || key === 'seconds' ? 0 : value));

test('a run has the events that --reporter json prints', async () => {
  using typed = new Project(yaml, files);
  using called = new Project(yaml, files);
  const { events: printed } = await typed.run('--jobs', '1');
  await using project = await openProject(called.root);
  const events = await eventsOf((await project.load('test.yaml')).run({ jobs: 1 }));
  assert.ok(events.some((event) => event.type === 'stage-decided' && event.reasons.length > 0));
  assert.deepEqual(events.map(lasting), printed.map(lasting));
});

test('mistakes are one error, with each of them as data', async () => {
  using folder = new Project('stages:\n  one: { kind: comand }\n  two: { kind: tabel }\n');
  await using project = await openProject(folder.root);
  const loading = project.load('test.yaml');
  assert.deepEqual(await mistakesOf(loading), [
    {
      code: 'unknown-kind',
      message: 'Unknown kind "comand"',
      hint: 'Did you mean "command"?',
      at: { file: 'pipelines/test.yaml', line: 2, column: 16 },
    },
    {
      code: 'unknown-kind',
      message: 'Unknown kind "tabel"',
      hint: 'Did you mean "table"?',
      at: { file: 'pipelines/test.yaml', line: 3, column: 16 },
    },
  ]);
  const lines = [
    'PipelineError: pipelines/test.yaml:2:16: Unknown kind "comand"',
    'pipelines/test.yaml:3:16: Unknown kind "tabel"',
  ];
  assert.equal(String(await loading.catch((error: Error) => error)), lines.join('\n'));
});

test('a file, a stage or a project that is not there is a mistake, as is the output of a stage that did not run', async () => {
  using folder = new Project(yaml, files);
  await using project = await openProject(folder.root);
  const pipeline = await project.load('test.yaml');
  const unknown = {
    code: 'unknown-stage',
    message: 'There is no stage "score"',
    hint: 'Did you mean "scores"?',
  };
  const selected = { stages: ['score'] };
  assert.deepEqual(await mistakesOf(pipeline.plan(selected)), [unknown]);
  assert.deepEqual(await mistakesOf(pipeline.outputs('score')), [unknown]);
  const run = pipeline.run(selected);
  assert.deepEqual(await mistakesOf(eventsOf(run)), [unknown]);
  assert.deepEqual(await mistakesOf(run.result), [unknown]);
  assert.deepEqual(await mistakesOf(pipeline.outputs('scores')), [
    {
      code: 'never-ran',
      message: 'scores is not up to date: never ran',
      hint: 'Run it first.',
    },
  ]);
  const [missing] = await mistakesOf(project.load('other.yaml'));
  assert.equal(missing?.code, 'missing-file');
  const [none] = await mistakesOf(openProject('/'));
  assert.equal(none?.code, 'no-project');
});

const waiting = `
stages:
  long:
    kind: command
    outputs: { text: out/long.txt }
    with: { run: "read -r _ < gate; echo > \${outputs.text}" }
`;

test('an AbortSignal cancels a run, as does leaving the loop over its events', async () => {
  using folder = new Project(waiting);
  folder.gate('gate');
  await using project = await openProject(folder.root);
  const pipeline = await project.load('test.yaml');
  const controller = new AbortController();
  const aborted = pipeline.run({ signal: controller.signal });
  for await (const event of aborted) if (event.type === 'stage-started') controller.abort();
  const abandoned = pipeline.run();
  for await (const event of abandoned) if (event.type === 'stage-started') break;
  for (const run of [aborted, abandoned]) {
    const { ok, interrupted, stages } = await run.result;
    assert.deepEqual([ok, interrupted, stages['long']?.outcome], [false, true, 'cancelled']);
  }
});

test('closing a project ends its runs', async () => {
  using folder = new Project(waiting);
  folder.gate('gate');
  const project = await openProject(folder.root);
  const run = (await project.load('test.yaml')).run();
  await project.close();
  assert.equal((await run.result).interrupted, true);
  await assert.rejects(project.load('test.yaml'), {
    message: `The project ${folder.root} is closed`,
  });
});

test('two projects at once have their own environments and folders, and change nothing of the process', async () => {
  const greeting = `
stages:
  greet:
    kind: command
    outputs: { text: out/greeting.txt }
    with: { run: "read -r _ < gate; echo $GREETING > \${outputs.text}" }
`;
  using hail = new Project(greeting);
  using hello = new Project(greeting);
  const state = () => ({
    cwd: process.cwd(),
    exitCode: process.exitCode,
    env: { ...process.env },
    listeners: process.eventNames().map((event) => [event, process.listenerCount(event)]),
  });
  const before = state();
  {
    await using first = await openProject(hail.root, { env: { ...process.env, GREETING: 'hail' } });
    await using second = await openProject(hello.root, {
      env: { ...process.env, GREETING: 'hello' },
    });
    const gates = [hail, hello].map((folder) => folder.gate('gate'));
    const pipelines = await Promise.all([first.load('test.yaml'), second.load('test.yaml')]);
    const runs = pipelines.map((pipeline) => pipeline.run());
    let started = 0;
    const follow = async (run: Run) => {
      for await (const event of run) {
        if (event.type === 'stage-started') started += 1;
        if (event.type === 'stage-started' && started === runs.length)
          for (const gate of gates) gate.pass();
      }
    };
    await Promise.all(runs.map(follow));
  }
  assert.deepEqual(
    [hail, hello].map((folder) => folder.read('out/greeting.txt')),
    ['hail\n', 'hello\n'],
  );
  assert.deepEqual(state(), before);
});

test('two projects at once submit jobs and sign results by their own environments', async (t) => {
  const home = temporaryFolder(t);
  const shared = join(home, 'shared');
  writeFiles(shared, { 'store.json': storeText() });
  /** A user with commands of a scheduler, a variable and a key of their own. */
  const user = (name: string) => {
    const folder = join(home, name);
    const submit = `#!/bin/sh\necho ${name} >> ${folder}/submitted\nJOB_ID=7 sh "$1" > "$2" 2>&1 < /dev/null &\necho 7\n`;
    writeFiles(folder, { 'bin/submit-job': submit });
    chmodSync(join(folder, 'bin/submit-job'), 0o755);
    const env = {
      ...process.env,
      PATH: `${folder}/bin:${process.env['PATH']}`,
      XDG_CONFIG_HOME: folder,
      GREETING: name,
    };
    return { folder, env, key: ensureKey(keyFile(env)) };
  };
  const users = [user('ann'), user('bob')];
  const trusted = users.map(({ key }) => `key-${key.id}: ${key.text}`).join(', ');
  const configuration = {
    'store.yaml': `url: ${shared}\nkeys: { ${trusted} }\n`,
    'places.yaml': `grid:
  engine: template
  memory: { default: 200MiB }
  env: [GREETING]
  template: { submit: "submit-job \${script} \${log}", query: "echo 7", cancel: "true" }
`,
  };
  const greeting = `
stages:
  greet:
    kind: command
    outputs: { text: out/greeting.txt }
    with: { run: "echo $GREETING > \${outputs.text}" }
`;
  const folders = users.map(
    ({ key }) => new Project(`salt: ${key.id}\n${greeting}`, configuration),
  );
  try {
    const greet = async ({ root }: Project, { env }: (typeof users)[number]) => {
      await using project = await openProject(root, { env });
      const pipeline = await project.load('test.yaml');
      assert.equal((await pipeline.run({ on: 'grid' }).result).ok, true);
    };
    await Promise.all(folders.map((folder, index) => greet(folder, users[index]!)));
    for (const [index, name] of ['ann', 'bob'].entries()) {
      assert.equal(folders[index]!.read('out/greeting.txt'), `${name}\n`);
      assert.equal(readFileSync(join(home, name, 'submitted'), 'utf8'), `${name}\n`);
    }
    const results = readdirSync(join(shared, 'results'), { recursive: true, encoding: 'utf8' });
    for (const { key } of users)
      assert.equal(results.filter((path) => path.includes(key.id)).length, 1);
  } finally {
    for (const folder of folders) folder[Symbol.dispose]();
  }
});

test('while a project imports its own kinds, other code of the process may print, listen and send signals', async () => {
  const odd = "process.on('exit', () => {}); console.log('from the spec');";
  const oddPipeline = 'stages: { odd: { kind: odd, outputs: { text: out/odd.txt } } }';
  using folder = new Project(
    oddPipeline,
    ownKind('odd', '', `${odd} await new Promise(setImmediate);`),
  );
  await using project = await openProject(folder.root);
  let isLoaded = false;
  const loading = project.load('test.yaml').finally(() => {
    isLoaded = true;
  });
  const heard: (() => void)[] = [];
  while (!isLoaded) {
    const listener = () => {};
    process.on('SIGUSR2', listener);
    heard.push(listener);
    assert.equal(process.kill(process.pid, 0), true);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const kept = process
    .listeners('SIGUSR2')
    .filter((listener) => heard.some((heardListener) => heardListener === listener));
  for (const listener of heard) process.off('SIGUSR2', listener);
  assert.equal(kept.length, heard.length);
  assert.deepEqual((await loading).warnings, [
    'The spec of the kind odd prints "from the spec\\n". That has no effect: a spec only describes its kind. Move it to run.ts.',
    'The spec of the kind odd listens to the process (exit). That has no effect: a spec only describes its kind. Move it to run.ts.',
  ]);
});

test('a watch of a project notices a change of what was loaded', async () => {
  using folder = new Project(yaml, files);
  await using project = await openProject(folder.root);
  using watch = await project.watch();
  await project.load('test.yaml');
  watch.begin();
  folder.write('in.txt', 'bob and others\n');
  await watch.changed();
  watch.begin();
  await assert.rejects(watch.changed(AbortSignal.abort(new Error('enough'))), {
    message: 'enough',
  });
});
