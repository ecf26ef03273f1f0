import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { test } from 'node:test';
import { inRepository } from '../scripts/generated-files.ts';
import { formatSeconds } from '../src/format-numbers.ts';
import { plannedStates } from '../src/reporting/states.ts';
import { HostedProject as Project } from './support/hosted-project.ts';
import { ServedPages } from './support/served-pages.ts';

/**
 * A stage in every state that a plan knows: `made` is up to date, `kept` was deleted, and so on.
 */
const everyState = `
stages:
  made: { kind: command, outputs: { text: out/made.txt }, with: { run: "echo 1 > \${outputs.text}" } }
  kept: { kind: command, outputs: { text: out/kept.txt }, with: { run: "echo 2 > \${outputs.text}" } }
  anew: { kind: command, inputs: { text: ./in.txt }, outputs: { text: out/anew.txt }, with: { run: "cp \${inputs.text} \${outputs.text}" } }
  late: { kind: command, inputs: { text: anew.text }, outputs: { text: out/late.txt }, with: { run: "cp \${inputs.text} \${outputs.text}" } }
  none: { kind: command, frozen: true, outputs: { text: out/none.txt }, with: { run: "echo 3 > \${outputs.text}" } }
`;

test('plan, explain and the graph page use one word for a state, and docs/staleness.md has them beside those of --json', async () => {
  using project = new Project(everyState, { 'in.txt': 'a\n' });
  await project.run('made', 'kept');
  rmSync(project.path('out/kept.txt'));

  const states = {
    made: 'up to date',
    kept: 'restorable',
    anew: 'stale',
    late: 'waiting',
    none: 'failing',
  } as const;
  const rows: readonly { stage: string; state: string }[] = JSON.parse(
    (await project.command('plan', '--json')).stdout,
  );
  assert.deepEqual(Object.fromEntries(rows.map(({ stage, state }) => [stage, state])), states);

  const words = { made: 'up to date', kept: 'restore', anew: 'run', late: 'may run', none: 'fail' };
  assert.deepEqual(
    Object.fromEntries(
      Object.entries(states).map(([stage, state]) => [stage, plannedStates[state].act]),
    ),
    words,
  );
  const { stdout: plan } = await project.command('plan');
  const lines = [...plan.matchAll(/^ {2}(\S.*?) {2,}(\w+)( {2}.*)?$/gm)];
  assert.deepEqual(Object.fromEntries(lines.map(([, word, stage]) => [stage, word])), words);
  const { stdout: explained } = await project.command('explain');
  const heads = [...explained.matchAll(/^(\w+) \(command\): (.*)$/gm)];
  assert.deepEqual(Object.fromEntries(heads.map(([, stage, word]) => [stage, word])), words);

  const page = await new ServedPages(project).get('/graph');
  const boxes = [...page.matchAll(/>(\w+)<\/text>\s*<text [^>]*>command · ([^<]*)</g)];
  assert.deepEqual(Object.fromEntries(boxes.map(([, stage, word]) => [stage, word])), words);
  const badges = [...page.matchAll(/<h3>(\w+)<\/h3>.*?<span class="badge [^"]*">([^<]*)</g)];
  assert.deepEqual(Object.fromEntries(badges.map(([, stage, word]) => [stage, word])), words);
  assert.ok(
    page.includes(
      'What a run would do with 5 stages: 1 up to date, 1 restore, 1 run, 1 may run, 1 fail.',
    ),
  );

  const documented = [
    ...readFileSync(inRepository('docs/staleness.md'), 'utf8').matchAll(
      /^\| `([\w ]+)` \| `([\w ]+)` \|/gm,
    ),
  ];
  assert.deepEqual(
    Object.fromEntries(documented.map(([, act, state]) => [state, act])),
    Object.fromEntries(Object.entries(plannedStates).map(([state, { act }]) => [state, act])),
  );
});

test('a run that was killed is killed in the history, in the table of runs and on its page, and took as long in all', async () => {
  using project = new Project(`
stages:
  wait: { kind: command, outputs: { text: out/wait.txt }, with: { run: "echo begun; read _ < gate; echo > \${outputs.text}" } }
  read: { kind: command, inputs: { text: wait.text }, outputs: { text: out/read.txt }, with: { run: "cp \${inputs.text} \${outputs.text}" } }
`);
  project.gate('gate');
  const run = project.startRun();
  await run.output('wait', 'begun');
  run.child.kill('SIGKILL');
  await run.ended;

  const [past] = JSON.parse((await project.command('history', '--json')).stdout);
  assert.deepEqual([past.outcome, past.stages], ['killed', {}]);
  const pages = new ServedPages(project);
  const { columns } = JSON.parse(await pages.get('/runs.json'));
  const cell = (name: string) =>
    columns.find((column: { name: string }) => column.name === name).values[0];
  assert.deepEqual([cell('state'), cell('time')], ['killed', past.seconds]);
  const page = await pages.get(`/run/${past.run}`);
  assert.match(page, /<span class="badge warn">killed<\/span><span>2 stages: 2 cancelled<\/span>/);
  assert.ok(page.includes(`<span>in ${formatSeconds(past.seconds)}</span>`));
});
