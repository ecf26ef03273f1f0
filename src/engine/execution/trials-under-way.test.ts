import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Told } from '../../stage.ts';
import { type EndedRun, FakedProject, type FakeProcess } from './testing-run.ts';

const search = (count: number, parallel: number) => `stages:
  search: { kind: propose, inputs: { metrics: [fit.metrics] } }
  fit:
    kind: command
    matrix: { trial: { by: search.trial, count: ${count}, parallel: ${parallel} } }
    outputs: { metrics: { path: "out/\${matrix.trial}.json", type: metrics } }
    with: { run: "\${matrix.trial.rate}" }
  best: { kind: command, inputs: { all: [fit.metrics] }, outputs: { text: out/best }, with: { run: best } }
`;

/** Proposes the number of the trial, and notes what it was told: `3: 1 | 2` where 2 failed. */
function proposes(told: string[]): FakeProcess {
  return ({ request }) => {
    const { trial, failed } = request.settings['told'] as Told;
    const ended = (request.inputs['metrics'] ?? []).map(({ labels }) => labels['trial']);
    told.push([`${trial}:`, ...ended, ...(failed.length > 0 ? ['|', ...failed] : [])].join(' '));
    const previous = request.inputs['previous']?.[0];
    const before =
      previous === undefined ? [] : JSON.parse(readFileSync(previous.path, 'utf8')).before;
    const content = { values: { rate: `trial${trial}` }, before: [...before, told.at(-1)] };
    writeFileSync(request.outputs['trial']!, JSON.stringify(content));
    return undefined;
  };
}

const metrics: FakeProcess = ({ request }) => {
  writeFileSync(request.outputs['metrics']!, `{"run":"${request.settings['run']}"}`);
  return undefined;
};
const best: FakeProcess = ({ request }) => {
  const labels = request.inputs['all']!.map((item) => item.labels['trial']);
  writeFileSync(request.outputs['text']!, labels.join());
  return undefined;
};
const fails: FakeProcess = () => ({ ok: false, message: 'diverged', contained: true });

/** The processes of so many trials, and what proposals were told. */
function processes(count: number, others: Readonly<Record<string, FakeProcess>> = {}) {
  const told: string[] = [];
  const trials = Array.from(
    { length: count },
    (_, index) => [`trial${index + 1}`, metrics] as const,
  );
  return { told, all: { propose: proposes(told), best, ...Object.fromEntries(trials), ...others } };
}

const countOf = ({ words }: EndedRun, word: string) =>
  Object.values(words).filter((each) => each === word).length;

test('each trial is proposed by all before it, and nothing is done twice', async () => {
  using project = new FakedProject(search(4, 1));
  const { told, all } = processes(4);
  const first = await project.run(all);
  assert.equal(countOf(first, 'ran'), 9);
  assert.deepEqual(told, ['1:', '2: 1', '3: 1 2', '4: 1 2 3']);
  assert.equal(project.read('out/best'), '1,2,3,4');
  assert.equal(countOf(await project.run({}), 'up to date'), 9);
  rmSync(join(project.root, 'out'), { recursive: true });
  rmSync(join(project.root, 'artifacts'), { recursive: true });
  assert.equal(countOf(await project.run({}), 'restored'), 9);
});

test('more trials extend a search', async () => {
  using project = new FakedProject(search(2, 1));
  await project.run(processes(2).all);
  project.write({ 'pipelines/p.yaml': search(4, 1) });
  const { told, all } = processes(4);
  const { words } = await project.run(all);
  assert.deepEqual(told, ['3: 1 2', '4: 1 2 3']);
  assert.equal(words['fit[trial=2]'], 'up to date');
});

/** Trial 1 ends once trial 3 has begun, and so after trial 2. */
function slowFirst() {
  let begin: () => void = () => undefined;
  const thirdBegan = new Promise<void>((resolve) => {
    begin = resolve;
  });
  return processes(4, {
    trial1: async (job) => {
      await thirdBegan;
      return metrics(job);
    },
    trial3: (job) => {
      begin();
      return metrics(job);
    },
  });
}

test('the order in which trials ended is recorded, and proposes the same trials again', async () => {
  using project = new FakedProject(search(4, 2));
  const { told, all } = slowFirst();
  await project.run(all, { slots: 3 });
  assert.deepEqual(told.slice(0, 3), ['1:', '2:', '3: 2']);
  // All trials are known at once now, but the record says what was known then.
  assert.equal(countOf(await project.run({}, { slots: 3 }), 'up to date'), 9);
  // Under other names: the record goes by content.
  const renamed = search(4, 2).replaceAll('search', 'tries').replaceAll('fit', 'run');
  project.write({
    'pipelines/p.yaml': renamed.replaceAll('run:', 'run:').replaceAll('out/', 'new/'),
  });
  const again = await project.run({}, { slots: 3 });
  assert.equal(countOf(again, 'ran') + countOf(again, 'failed'), 0, JSON.stringify(again.words));
});

test('a search goes on after a kill, with the proposals that were made', async () => {
  using project = new FakedProject(search(4, 2));
  const stop = new AbortController();
  const killed = processes(4, {
    trial3: () => {
      stop.abort(new Error('killed'));
      return { ok: false, message: 'killed', contained: true };
    },
  });
  const first = await project.run(killed.all, { signal: stop.signal });
  assert.equal(first.words['fit[trial=3]'], 'cancelled');
  const { told, all } = processes(4);
  const second = await project.run(all);
  assert.equal(second.words['search[trial=3]'], 'up to date');
  assert.equal(second.words['fit[trial=3]'], 'ran');
  assert.equal(told.length, 1, told.join('; '));
  assert.match(told[0]!, /^4: 1 2/);
});

test('a trial that fails is told, and left out by what reads all trials', async () => {
  using project = new FakedProject(search(4, 1));
  const { told, all } = processes(4, { trial2: fails });
  const first = await project.run(all);
  assert.deepEqual(told, ['1:', '2: 1', '3: 1 | 2', '4: 1 3 | 2']);
  assert.equal(first.words['fit[trial=2]'], 'failed');
  assert.equal(project.read('out/best'), '1,3,4');
  assert.ok(first.of('best').includes('warning: goes on without 1 trial that failed: 2'));
  // It is tried again; the trials that were proposed without it stay.
  const repaired = processes(4);
  const second = await project.run(repaired.all);
  assert.deepEqual(repaired.told, []);
  assert.equal(second.words['fit[trial=2]'], 'ran');
  assert.equal(project.read('out/best'), '1,2,3,4');
});

test('other data make another search, and both are remembered', async () => {
  const withData = search(3, 1).replace(
    'outputs: { metrics',
    'inputs: { data: ./data.txt }\n    outputs: { metrics',
  );
  using project = new FakedProject(withData, { 'data.txt': 'a' });
  const copy: FakeProcess = ({ request }) => {
    writeFileSync(request.outputs['metrics']!, readFileSync(request.inputs['data']![0]!.path));
    return undefined;
  };
  const own = { trial1: copy, trial2: copy, trial3: copy };
  await project.run(processes(3, own).all);
  project.write({ 'data.txt': 'b' });
  const other = processes(3, own);
  await project.run(other.all);
  assert.deepEqual(other.told, ['2: 1', '3: 1 2']);
  project.write({ 'data.txt': 'a' });
  assert.equal(countOf(await project.run({}), 'failed'), 0);
});
