import assert from 'node:assert/strict';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { test } from 'node:test';
import type { Stage } from '../config/pipeline.ts';
import { FakedProject, writes } from './testing-run.ts';

const two = `stages:
  make: { kind: command, inputs: { text: ./in.txt }, outputs: { text: out/make }, with: { run: make } }
  read: { kind: command, inputs: { text: make.text }, outputs: { text: out/read }, with: { run: read } }
`;
const files = { 'in.txt': 'abc' };
const pass = writes('text');

test('stages run in order, publish, and are up to date the next time', async () => {
  using project = new FakedProject(two, files);
  const copy = writes('copied');
  const { words, events } = await project.run({ make: pass, read: copy });
  assert.deepEqual(words, { make: 'ran', read: 'ran' });
  assert.equal(project.read('out/make'), 'text');
  assert.equal(project.read('out/read'), 'copied');
  assert.deepEqual(
    events.map(({ type }) => type),
    [
      'stage-decided',
      'stage-started',
      'stage-finished',
      'stage-decided',
      'stage-started',
      'stage-finished',
    ],
  );
  assert.deepEqual((await project.run({})).words, { make: 'up to date', read: 'up to date' });
  rmSync(join(project.root, 'out'), { recursive: true });
  assert.deepEqual((await project.run({})).words, { make: 'restored', read: 'restored' });
});

test('a process gets its inputs, outputs and scratch under private paths', async () => {
  using project = new FakedProject(two, files);
  await project.run({
    make: (job) => {
      const { inputs, outputs, scratch, root, cpus } = job.request;
      assert.deepEqual([root, cpus, job.env['OMP_NUM_THREADS']], [project.root, 1, '1']);
      assert.equal(readFileSync(inputs['text']![0]!.path, 'utf8'), 'abc');
      assert.match(inputs['text']![0]!.path, /\/cache\/in\/[0-9a-f]{16}\/text\.txt$/);
      assert.equal(dirname(scratch), dirname(outputs['text']!));
      assert.deepEqual(readdirSync(dirname(scratch)), ['.in']);
      return pass(job);
    },
    read: pass,
  });
});

test('files from outside the root lie in the folder of their own port, whatever other ports are called', async () => {
  using project = new FakedProject('', files);
  const outside = `../${basename(project.root)}/in.txt`;
  const inputs = `inputs: { text: ["${outside}", ./in.txt] }`;
  project.write({
    'pipelines/p.yaml': `stages: { make: { kind: command, ${inputs}, outputs: { text: out/make }, with: { run: make } } }`,
  });
  const paths: string[] = [];
  await project.run({
    make: (job) => {
      paths.push(
        ...job.request.inputs['text']!.map(({ path }) =>
          path.replace(/^.*\/in\/[0-9a-f]{16}\//, ''),
        ),
      );
      return pass(job);
    },
  });
  assert.deepEqual(paths, [`text/${basename(project.root)}/in.txt`, 'text/in.txt']);
});

test('a failure blocks what reads the stage and lets the rest go on; its log ends the message', async () => {
  using project = new FakedProject(
    `${two}  other: { kind: command, outputs: { text: out/other }, with: { run: other } }\n`,
    files,
  );
  const run = await project.run({
    make: ({ log }) => {
      mkdirSync(dirname(log));
      writeFileSync(log, 'one\ntwo\n');
      return { ok: false, message: 'exited with code 1' };
    },
    other: pass,
  });
  assert.deepEqual(run.words, { make: 'failed', read: 'blocked', other: 'ran' });
  assert.equal(run.message('make'), 'exited with code 1');
  assert.equal(run.message('read'), 'waits for make, which failed');
  const end = run.events.find((event) => event.type === 'stage-finished' && event.stage === 'make');
  assert.deepEqual(end?.type === 'stage-finished' && end.logTail, ['one', 'two']);
  assert.deepEqual(run.run.folder.attempts('make')[0]?.state.end?.outcome, 'failed');
  assert.equal(existsSync(join(project.root, 'out/make')), false);
  const next = await project.run({ make: pass, read: pass, other: pass });
  const [decided] = next.events.flatMap((event) =>
    event.type === 'stage-decided' && event.stage === 'make' ? [event.decision] : [],
  );
  assert.deepEqual(decided, {
    state: 'stale',
    reasons: [{ type: 'no result', lastAttempt: 'failed' }],
  });
});

test('a stage whose process is lost, or that leaves an output out, fails and says so', async () => {
  using project = new FakedProject(two, files);
  const lost = await project.run({
    make: () => ({ ok: false, message: 'its process ended unexpectedly (SIGKILL)' }),
  });
  assert.equal(lost.message('make'), 'its process ended unexpectedly (SIGKILL)');
  const without = await project.run({ make: () => undefined });
  const nothing =
    'ended without writing its output text: there is nothing at ${outputs.text} (for out/make)';
  assert.equal(without.message('make'), nothing);
});

test('a bug in the runner is reported as one, and stops its stage only', async () => {
  using project = new FakedProject(two, files);
  const run = await project.run({
    make: () => {
      throw new TypeError('of undefined');
    },
  });
  assert.match(run.message('make'), /^Internal error: TypeError: of undefined\n/);
  assert.equal(run.words['read'], 'blocked');
});

test('an interrupt cancels the stage that runs and those that wait, and nothing of it is kept', async () => {
  using project = new FakedProject(two, files);
  const interrupt = new AbortController();
  const run = await project.run(
    {
      make: (job) => {
        void pass(job);
        interrupt.abort(new Error('interrupted'));
        assert.ok(job.signal.aborted && !job.kill.aborted);
        return { ok: false, message: 'interrupted' };
      },
    },
    { signal: interrupt.signal },
  );
  assert.deepEqual(run.words, { make: 'cancelled', read: 'cancelled' });
  assert.equal(run.run.folder.attempts('make')[0]?.state.end?.outcome, 'interrupted');
  assert.equal(existsSync(join(project.root, 'out')), false);
  const { events } = await project.run({ make: pass, read: pass });
  const [decided] = events.flatMap((event) =>
    event.type === 'stage-decided' && event.stage === 'make' ? [event.decision] : [],
  );
  assert.deepEqual(decided, {
    state: 'stale',
    reasons: [{ type: 'no result', lastAttempt: 'interrupted' }],
  });
});

test('with fail-fast the first failure cancels what has not begun', async () => {
  const yaml = `stages:
  bad: { kind: command, outputs: { text: out/bad }, with: { run: bad } }
  good: { kind: command, outputs: { text: out/good }, with: { run: good } }
`;
  using project = new FakedProject(yaml);
  const bad = () => ({ ok: false as const, message: 'no' });
  assert.deepEqual((await project.run({ bad, good: pass }, { failFast: true })).words, {
    bad: 'failed',
    good: 'cancelled',
  });
});

test('a stage runs again after a failure as often as its file allows', async () => {
  using project = new FakedProject(
    two.replace('with: { run: make }', 'retries: 2, with: { run: make }'),
    files,
  );
  let tries = 0;
  const run = await project.run({
    make: (job) => {
      tries += 1;
      return tries < 3 ? { ok: false, message: `try ${tries}` } : pass(job);
    },
    read: pass,
  });
  assert.deepEqual(run.of('make'), [
    'stage-decided: stale',
    'stage-started: 1 of 3',
    'stage-retrying: try 1',
    'stage-started: 2 of 3',
    'stage-retrying: try 2',
    'stage-started: 3 of 3',
    'stage-finished: ran',
  ]);
  tries = -2;
  assert.equal(
    (
      await project.run({ make: () => ({ ok: false, message: 'no' }) }, { force: ['make'] })
    ).message('make'),
    'no',
  );
});

test('reports of a stage are emitted at once, in their order, and kept in the record', async () => {
  using project = new FakedProject(two, files);
  const seen: string[] = [];
  const run = await project.run({
    make: (job) => {
      job.onMessage({ type: 'progress', done: 1, total: 2, unit: 'steps' });
      job.onMessage({ type: 'warn', message: 'first' });
      job.onOutput('printed');
      job.onMessage({ type: 'info', message: 'good' });
      job.onMessage({ type: 'warn', message: 'second' });
      job.onMessage({ type: 'note', name: 'backend', value: 'cpu' });
      job.onMessage({ type: 'highlight', title: 'T', columns: ['a'], rows: [[1]] });
      seen.push('running');
      return pass(job);
    },
    read: pass,
  });
  assert.deepEqual(run.of('make'), [
    'stage-decided: stale',
    'stage-started: 1 of 1',
    'stage-progress: 1/2',
    'warning: first',
    'stage-output: printed',
    'info: good',
    'warning: second',
    'stage-finished: ran',
  ]);
  const latest = project.store.readLatest('p', 'make')!;
  const { warnings, notes, highlights } = project.store.readResult(latest)!.record;
  assert.deepEqual([warnings, notes], [['first', 'second'], { backend: 'cpu' }]);
  assert.deepEqual(highlights, [{ title: 'T', columns: ['a'], rows: [[1]] }]);
});

test('a stage that writes to what it reads fails, and the next run makes the input again', async () => {
  using project = new FakedProject(two, files);
  const run = await project.run({
    make: pass,
    read: (job) => {
      const { path } = job.request.inputs['text']![0]!;
      chmodSync(path, 0o644);
      appendFileSync(path, 'more');
      return pass(job);
    },
  });
  assert.equal(
    run.message('read'),
    'wrote to its input out/make: inputs are only to be read, so copy it first',
  );
  assert.equal(project.read('out/make'), 'text');
  assert.equal((await project.run({ make: pass, read: pass })).words['read'], 'ran');
});

test("an edit of a user's file while a stage reads it makes outputs for this run only", async () => {
  using project = new FakedProject(two, files);
  const run = await project.run({
    make: (job) => {
      writeFileSync(join(project.root, 'in.txt'), 'edited');
      return pass(job);
    },
    read: pass,
  });
  assert.deepEqual(run.words, { make: 'ran', read: 'ran' });
  assert.ok(
    run
      .of('make')
      .includes(
        'warning: in.txt changed while the stage ran, by an edit or by the stage itself: its outputs are used in this run only; the next run repeats the stage',
      ),
  );
  assert.equal(project.read('out/make'), 'text');
  assert.equal(project.store.readLatest('p', 'make'), undefined);
  const next = await project.run({ make: pass });
  assert.deepEqual(next.words, { make: 'ran', read: 'up to date' });
});

test("a user's file of which only the times changed while its reader waited counts as unchanged", async () => {
  const yaml = `stages:
  make: { kind: command, outputs: { text: out/make }, with: { run: make } }
  read: { kind: command, inputs: { text: ./in.txt }, outputs: { text: out/read }, with: { run: read } }
`;
  using project = new FakedProject(yaml, files);
  const run = await project.run({
    make: (job) => {
      utimesSync(join(project.root, 'in.txt'), 1, 1);
      return pass(job);
    },
    read: pass,
  });
  assert.deepEqual(
    run.of('read').filter((event) => event.startsWith('warning')),
    [],
  );
  assert.deepEqual((await project.run({})).words, { make: 'up to date', read: 'up to date' });
});

test('two stages that do the same work do it once, and the second says which stage it waits for', async () => {
  const yaml = `stages:
  one: { kind: command, outputs: { text: out/one }, with: { run: same } }
  two: { kind: command, outputs: { text: out/two }, with: { run: same } }
`;
  using project = new FakedProject(yaml);
  let runs = 0;
  const run = await project.run({
    same: async (job) => {
      runs += 1;
      await new Promise((resolve) => setTimeout(resolve, 50));
      return pass(job);
    },
  });
  assert.equal(runs, 1);
  const first = run.words['one'] === 'ran' ? 'one' : 'two';
  const second = first === 'one' ? 'two' : 'one';
  assert.deepEqual(run.of(second), [
    'stage-decided: stale',
    `stage-waiting: ${first}, which does the same work`,
    'stage-finished: restored',
  ]);
});

test('an attempt resumes from the checkpoint of the last one, and a forced stage starts over', async () => {
  using project = new FakedProject(
    two.replace('with: { run: make }', 'retries: 1, with: { run: make }'),
    files,
  );
  const change = (stage: Stage): Stage => ({ ...stage, checkpointsWithout: [] });
  const checkpointsSeen: boolean[] = [];
  const train = (job: Parameters<typeof pass>[0]) => {
    const checkpoint = job.request.checkpoint!;
    checkpointsSeen.push(existsSync(checkpoint));
    mkdirSync(dirname(checkpoint), { recursive: true });
    writeFileSync(checkpoint, 'state');
    return checkpointsSeen.length === 1 ? { ok: false as const, message: 'killed' } : pass(job);
  };
  await project.run({ make: train, read: pass }, { change });
  assert.deepEqual(checkpointsSeen, [false, true]);
  await project.run({ make: train, read: pass }, { change, force: ['make'] });
  assert.deepEqual(checkpointsSeen, [false, true, false]);
});

test('a stage that is interrupted says whether its next attempt has a checkpoint to resume from', async () => {
  using project = new FakedProject(two, files);
  const interrupted = async (checkpoints: boolean, saves: boolean) => {
    const interrupt = new AbortController();
    const stopped = (job: Parameters<typeof pass>[0]) => {
      const { checkpoint } = job.request;
      if (saves) mkdirSync(dirname(checkpoint!), { recursive: true });
      if (saves) writeFileSync(checkpoint!, 'state');
      interrupt.abort(new Error('interrupted'));
      return { ok: false as const, message: 'interrupted' };
    };
    const change = (stage: Stage): Stage =>
      checkpoints ? { ...stage, checkpointsWithout: [] } : stage;
    const { events } = await project.run(
      { make: stopped, read: pass },
      { change, signal: interrupt.signal },
    );
    return events.flatMap((event) => (event.type === 'stage-finished' ? [event.resumes] : []));
  };
  assert.deepEqual(await interrupted(false, false), [undefined, undefined]);
  assert.deepEqual(await interrupted(true, false), [undefined, undefined]);
  assert.deepEqual(await interrupted(true, true), [true, undefined]);
});

test('--twice compares two runs by their bytes, keeps the first, and gives the second no checkpoint', async () => {
  using project = new FakedProject(two, files);
  let runs = 0;
  const chance: typeof pass = (job) => {
    runs += 1;
    return writes(`text ${runs}`)(job);
  };
  const { events, ...run } = await project.run(
    { make: chance, read: pass },
    { twice: ['make', 'read'] },
  );
  assert.equal(run.outcomes.size, 2);
  const messages = events.flatMap((event) =>
    event.type === 'warning' || event.type === 'info' ? [event.message] : [],
  );
  assert.deepEqual(messages, [
    'ran twice, and produced different bytes the second time: text. The first result is kept',
    'ran twice, and gave the same bytes',
  ]);
  assert.equal(project.read('out/make'), 'text 1');
});

test('a forced stage that gives other bytes is reported as not reproducible', async () => {
  using project = new FakedProject(two, files);
  await project.run({ make: pass, read: pass });
  const run = await project.run({ make: writes('other'), read: pass }, { force: ['make'] });
  assert.ok(
    run
      .of('make')
      .includes(
        'warning: ran again with the same inputs and settings and produced different bytes (text): it is not reproducible',
      ),
  );
});

test('outputs that are not kept are published from the private folder', async () => {
  using project = new FakedProject(
    two.replace('with: { run: make }', 'cache: false, with: { run: make }'),
    files,
  );
  await project.run({ make: pass, read: pass });
  assert.equal(project.read('out/make'), 'text');
  assert.deepEqual((await project.run({})).words, { make: 'up to date', read: 'up to date' });
  rmSync(join(project.root, 'out/make'));
  assert.equal((await project.run({ make: pass, read: pass })).words['make'], 'ran');
});

test('an output that something writes to after it was hashed fails its stage', async () => {
  using project = new FakedProject(two, files);
  const { storeArtifact } = project.store;
  project.store.storeArtifact = async (source, ...rest) => {
    writeFileSync(source, 'TEXT');
    return await storeArtifact.call(project.store, source, ...rest);
  };
  const ended = await project.run({ make: pass });
  assert.match(
    ended.message('make'),
    /was written to after its stage had ended, so it was not stored\. Run again\.$/,
  );
  assert.equal(existsSync(join(project.root, 'out/make')), false);
});

test("an unstored output that links to a user's file is published as it was hashed, or not at all", async () => {
  using project = new FakedProject(
    'stages: { make: { kind: command, cache: false, outputs: { text: out/make }, with: { run: make } } }',
    files,
  );
  const input = join(project.root, 'in.txt');
  utimesSync(input, 1000, 1000);
  const { writeResult } = project.store;
  project.store.writeResult = async (...result) => {
    writeFileSync(input, 'ABC');
    utimesSync(input, 1000, 1000);
    await writeResult.apply(project.store, result);
  };
  const ended = await project.run({
    make: ({ request }) => void symlinkSync(input, request.outputs['text']!),
  });
  assert.match(ended.message('make'), /damaged on disk/);
});
