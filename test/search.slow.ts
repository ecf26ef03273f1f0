import assert from 'node:assert/strict';
import { test } from 'node:test';
import { read } from './support/pages.ts';
import { endOf, Project } from './support/rig.ts';
import { areOver, onShell, scheduler } from './support/shell-scheduler.ts';
import { proposals, ranTrials, searching, slowFirst, smallSearch } from './support/small-search.ts';
import { group } from './support/store-group.ts';
import { print } from './support/two-stages.ts';
import { until } from './support/until.ts';
import { noPython } from './support/venv.ts';

/** What a search of five trials proposes, one after the other. */
async function undisturbed() {
  using project = searching();
  assert.equal((await project.run()).code, 0);
  return proposals(project, 5);
}

test('a search whose run is killed continues with the trials that an unbroken one has', async () => {
  using project = searching({ first: 'test -e $COUNT-3 || read _ < gate;' });
  const gate = project.gate('gate');
  const running = project.startRun();
  for (const trial of [1, 2]) {
    await running.event('stage-started', `fit[trial=${trial}]`);
    gate.pass();
  }
  await until(() => ranTrials(project).length === 3);
  running.child.kill('SIGKILL');
  await running.ended;
  project.write('count-3', '');
  const { outcomes, code } = await project.run();
  assert.equal(code, 0);
  assert.equal(outcomes['search[trial=3]'], 'up to date');
  assert.deepEqual(proposals(project, 5), await undisturbed());
  assert.deepEqual(ranTrials(project), ['1', '2', '3', '3', '4', '5']);
});

test('a detached run continues a search from job to job, and proposes what any run does', async () => {
  using project = searching({ count: 3 }, scheduler);
  onShell(project, 50);
  const begun = await project.run('--on', 'shell', '--detach');
  assert.equal(begun.code, 0, begun.stderr);
  await until(() => project.has('out/all.txt'), 240_000);
  await areOver(project);
  assert.deepEqual(ranTrials(project), ['1', '2', '3']);
  assert.deepEqual(proposals(project, 3), (await undisturbed()).slice(0, 3));
  const { outcomes } = await project.run();
  assert.deepEqual(new Set(Object.values(outcomes)), new Set(['up to date']));
});

test('a clone finds a search in the shared store, with the order in which its trials ended', async () => {
  const yaml = smallSearch({ count: 4, parallel: 2, first: slowFirst });
  using lab = await group(yaml.replaceAll('$COUNT', '../count').replace('env: [COUNT]', ''));
  const { clone, maker } = lab;
  const { outcomes, code } = await endOf(clone.startRun());
  assert.equal(code, 0);
  assert.ok(!Object.values(outcomes).includes('ran'), JSON.stringify(outcomes));
  await clone.run('--fetch', 'all');
  assert.deepEqual(proposals(clone, 4), proposals(maker, 4));
});

test('gc and clean keep a search with the order in which its trials ended, and what is gone is restored', async () => {
  using project = searching({ count: 4, parallel: 2, first: slowFirst });
  assert.equal((await project.run()).code, 0);
  const before = proposals(project, 4);
  const statesOf = (index: number) => before[index]!.before.map(({ state }) => state);
  assert.deepEqual(statesOf(2), ['pending', 'ended']);
  project.letHoursPass(48);
  await print(project, 'gc', '--keep', '1h', '--yes');
  assert.equal(await print(project, 'clean', '--yes'), 'Removed 0 outputs.\n');
  project.remove('artifacts');
  const { outcomes, code } = await project.run();
  assert.equal(code, 0);
  assert.deepEqual(
    new Set(Object.values(outcomes)),
    new Set(['restored', 'up to date']),
    JSON.stringify(outcomes),
  );
  assert.deepEqual(proposals(project, 4), before);
  assert.equal(ranTrials(project).length, 4);

  project.write('pipelines/test.yaml', smallSearch({ count: 2, parallel: 2, first: slowFirst }));
  await project.run();
  assert.equal(await print(project, 'clean', '--yes'), 'Removed 4 outputs.\n');
});

/** Four steps; the error falls with each, and is least where the rate is 0.5. */
const program = `import json
import restage

rate, bounds = restage.settings["rate"], restage.settings.get("bounds", [])
best, points = float("inf"), []
for step in range(1, 5):
    error = abs(rate - 0.5) + 1 / step
    restage.point(step, unit="step", error=error)
    points.append({"step": step, "values": {"error": error}})
    best = min(best, error)
    bound = bounds[step - 1] if step <= len(bounds) else False
    if bound is not False and best > bound:
        restage.note("ended early, after step", step)
        break
with open(restage.outputs["points"], "w") as file:
    file.writelines(json.dumps(point) + "\\n" for point in points)
with open(restage.outputs["metrics"], "w") as file:
    json.dump({"error": best}, file)
`;
const pruned = `stages:
  search:
    kind: search
    inputs: { metrics: [fit.metrics], curves: [fit.points] }
    with:
      by: error
      better: lower
      space: { rate: { uniform: [0, 1] } }
      enqueue: { 1: { rate: 0.5 }, 2: { rate: 0.6 }, 3: { rate: 0.9 } }
      prune: { from: 2, trials: 2 }
  fit:
    kind: python
    matrix: { trial: { by: search.trial, count: 3 } }
    inputs: { program: ./train.py }
    outputs: { points: { type: files }, metrics: { type: metrics } }
    with: { args: { rate: "\${matrix.trial.rate}", bounds: "\${matrix.trial.bounds}" } }
`;

test('a trial ends where it is worse than the others were, its record says so, and a replay ends it the same', {
  skip: noPython ?? false,
}, async () => {
  const files = { 'train.py': program, 'restage.py': read('stages/python/restage.py') };
  const outputs = ['points', 'metrics'].flatMap((port) =>
    [1, 2, 3].map((trial) => `artifacts/test/fit@trial=${trial}/${port}`),
  );
  const run = async () => {
    using project = new Project(pruned, files);
    const { code, stdout } = await project.run();
    assert.equal(code, 0, stdout);
    const again = await project.run();
    assert.deepEqual(new Set(Object.values(again.outcomes)), new Set(['up to date']));
    assert.match(
      (await project.command('plan', 'test')).stdout,
      /up to date {2}fit\[trial=3\] +rate 0\.9\n/,
      'bounds are no settings to compare',
    );
    assert.match(project.read('artifacts/test/report.html'), /ended early, after step/);
    return {
      trials: proposals(project, 3),
      texts: outputs.map((path) => project.read(path)),
    };
  };
  const { trials, texts } = await run();
  assert.deepEqual(
    trials.map(({ values }) => values),
    [{ rate: 0.5 }, { rate: 0.6 }, { rate: 0.9, bounds: [false, 0.55, 0.3833333333333333, 0.3] }],
  );
  const stepsOf = (trial: number) => texts[trial - 1]!.trim().split('\n').length;
  assert.deepEqual([1, 2, 3].map(stepsOf), [4, 4, 2]);
  assert.deepEqual((await run()).texts, texts);
});

/** The same program as a kind of the project's own. */
const ownKind = {
  'stages/descend/spec.ts': `
import { defineKind } from 'restage';
import { z } from 'zod';
export const spec = defineKind({
  name: 'descend',
  version: 1,
  summary: 'Takes four steps.',
  settings: z.strictObject({
    rate: z.number(),
    bounds: z.array(z.union([z.number(), z.literal(false)])).default([]),
  }),
  inputs: {},
  outputs: {
    points: { type: 'files', summary: 'The error of each step.', extension: '.jsonl' },
    metrics: { type: 'metrics', summary: 'The least error.', extension: '.json' },
  },
  example: 'fit: { kind: descend, with: { rate: 0.1 } }',
});
`,
  'stages/descend/run.ts': `
import { writeFileSync } from 'node:fs';
import type { StageContext } from 'restage';
type Settings = { rate: number; bounds: readonly (number | false)[] };
export default async function run(context: StageContext<Settings>): Promise<void> {
  const { rate, bounds } = context.settings;
  const lines: string[] = [];
  let best = Number.POSITIVE_INFINITY;
  for (let step = 1; step <= 4; step++) {
    const error = Math.abs(rate - 0.5) + 1 / step;
    lines.push(JSON.stringify({ step, values: { error } }));
    best = Math.min(best, error);
    const bound = bounds[step - 1] ?? false;
    if (bound !== false && best > bound) {
      context.note('ended early, after step', step);
      break;
    }
  }
  writeFileSync(context.output('points'), lines.map((line) => line + '\\n').join(''));
  writeFileSync(context.output('metrics'), JSON.stringify({ error: best }));
}
`,
};

test('a kind of the project’s own takes part in ending weak trials early', async () => {
  const kind = pruned
    .replace('kind: python', 'kind: descend')
    .replace(/ {4}inputs: \{ program.*\n {4}outputs: .*\n/, '')
    .replace(/with: \{ args: (\{.*\}) \}/, 'with: $1');
  const table = '{ values: [error], settings: ["trial.*"] }';
  const results = `  results: { kind: table, inputs: { metrics: [fit.metrics] }, with: ${table} }\n`;
  using project = new Project(kind + results, ownKind);
  const { code, stdout, stderr } = await project.run();
  assert.equal(code, 0, stdout + stderr);
  assert.deepEqual(
    proposals(project, 3).map(({ values }) => values),
    [{ rate: 0.5 }, { rate: 0.6 }, { rate: 0.9, bounds: [false, 0.55, 0.3833333333333333, 0.3] }],
  );
  const stepsOf = (trial: number) =>
    project.read(`artifacts/test/fit@trial=${trial}/points.jsonl`).trim().split('\n').length;
  assert.deepEqual([1, 2, 3].map(stepsOf), [4, 4, 2]);
  assert.match(project.read('artifacts/test/report.html'), /ended early, after step/);
  const [header] = project.read('artifacts/test/results/table.csv').split('\n');
  assert.match(header!, /^trial,trial\.rate,/);
  assert.doesNotMatch(header!, /bounds/);
});

test('no value of a trial may decide which code runs', async () => {
  const yaml = pruned
    .replace('space: {', 'space: { tool: { choice: [python3, python] },')
    .replace('with: { args', 'with: { python: "${matrix.trial.tool}", args');
  const files = { 'train.py': program, 'restage.py': read('stages/python/restage.py') };
  using project = new Project(yaml, files);
  const { stderr } = await project.command('plan', 'test');
  assert.match(
    stderr,
    /error: "python" decides which code runs, so it cannot depend on the trials "trial" \[wrong-reference\]/,
  );
});

const reviewed = `stages:
  search:
    kind: search
    inputs: { metrics: [fit.metrics] }
    with:
      by: val.loss
      space:
        rate: { logUniform: [0.0001, 1] }
        layers: { int: [1, 3] }
        width: { int: [4, 16], when: { layers: 2 } }
      enqueue: { 1: { layers: 2 }, 2: { layers: 1 }, 3: { layers: 2 } }
  fit:
    kind: command
    matrix: { trial: { by: search.trial, count: 4 } }
    outputs: { metrics: { type: metrics } }
    with:
      run: |
        echo \${matrix.trial.width if matrix.trial.layers == 2 else 8}
        echo '{ "splits": { "val": { "loss": \${matrix.trial.rate} } } }' > \${outputs.metrics}
  overview: { kind: sweep, inputs: { metrics: [fit.metrics] }, with: { settings: ["trial.*"], by: loss } }
`;

test('a sweep looks back at all parameters of a search, also those that some trials lack, and the best can be pasted', async () => {
  using project = new Project(reviewed);
  const { code, stdout } = await project.run();
  assert.equal(code, 0, stdout);
  const trials = proposals(project, 4)
    .map(({ values }, index) => ({ ...values, id: String(index + 1) }) as Record<string, unknown>)
    .sort((a, b) => Number(a['rate']) - Number(b['rate']));
  const lines = trials.map(({ id, rate, layers, width }) => {
    const conditional = layers === 2 ? String(width) : 'null';
    return `  - { id: "${id}", rate: ${rate}, layers: ${layers}, width: ${conditional} } # val.loss ${rate}`;
  });
  const best = project.read('artifacts/test/overview/best.yaml').trim().split('\n').slice(1);
  assert.deepEqual(best, ['trial:', ...lines].slice(0, 6));

  const searching = / {2}search:[\s\S]*?(?= {2}fit:)/;
  const pasted = best.map((line) => `      ${line}`).join('\n');
  const axis = / {4}matrix: .*\n/;
  project.write(
    'pipelines/test.yaml',
    reviewed.replace(searching, '').replace(axis, `    matrix:\n${pasted}\n`),
  );
  const { outcomes } = await project.run();
  assert.deepEqual(
    Object.entries(outcomes).filter(([, outcome]) => outcome === 'ran'),
    [['overview', 'ran']],
    'the trainings are those of the search',
  );
});
