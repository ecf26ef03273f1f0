import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Random } from '../../src/random.ts';
import { noProcessesIn, processesIn } from '../support/processes.ts';
import { Project, type Running } from '../support/rig.ts';
import { assertObjectsWhole } from '../support/whole-objects.ts';
import { contentsOf, digestOf, type Ordeal, traceIn } from './ordeal.ts';

/**
 * Commands, a built-in kind, an own kind that keeps its event loop busy, and a child that leaves
 * the process group.
 */
const yaml = `
params: { n: 1 }
stages:
  words: { kind: command, outputs: { out: out/words.txt }, with: { run: "seq \${params.n} 40000 > \${outputs.out}" } }
  many:
    kind: command
    inputs: { words: words.out }
    outputs: { out: out/many }
    with: { run: "mkdir \${outputs.out}; split -l 200 -a 3 \${inputs.words} \${outputs.out}/part-" }
  busy: { kind: busy, inputs: { text: words.out }, outputs: { out: out/busy.txt } }
  leaves:
    kind: command
    inputs: { words: words.out }
    outputs: { out: out/leaves.txt }
    with: { run: "setsid sleep 300 & env -i setsid sleep 300 & sleep 0.2; wc -l < \${inputs.words} > \${outputs.out}" }
  roc: { kind: roc-det, inputs: { scores: ./data/scores.csv } }
`;
const files = {
  'data/scores.csv': `key,split,label,real,fake\n${Array.from({ length: 2000 }, (_, i) => `i${i},test,${i % 2},0,${Math.sin(i * i)}`).join('\n')}\n`,
  'stages/busy/spec.ts': `import { defineKind } from 'restage';
import { z } from 'zod';
export const spec = defineKind({ name: 'busy', version: 1, summary: 'Keeps its event loop busy.', settings: z.strictObject({}),
  inputs: { text: { type: 'any', summary: 'Any text.' } }, outputs: { out: { type: 'files', summary: 'Its length.', extension: '.txt' } }, example: 'busy: { kind: busy }' });
`,
  'stages/busy/run.ts': `import { readFileSync, writeFileSync } from 'node:fs';
export default async function run(context) {
  for (const end = Date.now() + 400; Date.now() < end; );
  writeFileSync(context.output('out'), String(readFileSync(context.input('text').path).length));
}
`,
};
const values = [1, 2, 3];
const outputs = ['out/words.txt', 'out/busy.txt', 'out/leaves.txt'];

/**
 * Which processes are killed: the run alone; everything called node, as `killall -9 node` does; the
 * stages' own.
 */
const victims = ['run', 'nodes', 'stages'] as const;
const commands = [
  ['run'],
  ['run'],
  ['run'],
  ['run'],
  ['gc', '--yes'],
  ['verify'],
  ['clean', '--yes'],
  ['plan', 'test.yaml'],
];

/** Kills commands at random moments, and lets a run complete after every fourth kill. */
export const kills: Ordeal = async (count, random, tell) => {
  const expected = new Map<number, Whole>();
  let seconds = 0;
  for (const n of values) {
    using project = new Project(yaml, files);
    const begun = Date.now();
    const { code, stdout, stderr } = await project.run('--set', `params.n=${n}`);
    assert.equal(code, 0, stdout + stderr);
    seconds = (Date.now() - begun) / 1000;
    expected.set(n, wholeOf(project));
  }
  for (let killed = 0; killed < count; ) {
    using project = new Project(yaml, files);
    try {
      for (let round = 0; round < 5 && killed < count; round += 1) {
        const n = values[random.integer(values.length)]!;
        for (let time = 0; time < 4 && killed < count; time += 1) {
          if (!(await killOnce(project, n, seconds, random))) continue;
          killed += 1;
          tell.done();
          checkNothingPartial(project, [...expected.values()]);
        }
        const ended = await project.run('--set', `params.n=${n}`);
        assert.equal(ended.code, 0, ended.stdout + ended.stderr);
        assert.equal(traceIn(ended), undefined);
        assert.deepEqual(wholeOf(project), expected.get(n), 'wrong bytes after a kill');
        assert.deepEqual(project.files('cache/displaced'), [], 'took its own bytes for the user’s');
        assert.deepEqual(project.files('cache/work'), [], 'left private folders');
        await noProcessesIn(project.root);
      }
      assert.equal((await project.command('verify')).code, 0);
    } catch (error) {
      tell.broken(`after ${killed} kills: ${(error as Error).message}`);
      for (const pid of processesIn(project.root)) process.kill(pid, 'SIGKILL');
    }
  }
};

interface Whole {
  readonly singles: Readonly<Record<string, string>>;
  readonly many: string;
}

const wholeOf = (project: Project): Whole => ({
  singles: Object.fromEntries(outputs.map((path) => [path, digestOf(project, path)])),
  many: contentsOf(project, 'out/many'),
});

/** Starts a command and kills it. False: the command ended first. */
async function killOnce(
  project: Project,
  n: number,
  seconds: number,
  random: Random,
): Promise<boolean> {
  const command = commands[random.integer(commands.length)]!;
  const running =
    command[0] === 'run'
      ? project.startRun('--set', `params.n=${n}`)
      : project.start(...(command as string[]));
  await delay(1000 * random.float() * (command[0] === 'run' ? seconds : 0.4));
  const state =
    running.child.exitCode === null &&
    aim(project, running, victims[random.integer(victims.length)]!);
  const ended = await running.ended;
  const trace = traceIn(ended);
  if (trace !== undefined) throw new Error(`${command.join(' ')} printed ${trace}`);
  await noProcessesIn(project.root);
  return state;
}

/** Kills the victims. False: there were none. */
function aim(project: Project, running: Running, victim: (typeof victims)[number]): boolean {
  if (victim === 'run') return running.child.kill('SIGKILL');
  const all = processesIn(project.root).filter(
    (pid) => victim === 'nodes' || pid !== running.child.pid,
  );
  const nodes = all.filter((pid) => /^node\b|\/node$/.test(programOf(pid)));
  for (const pid of nodes) kill(pid);
  return nodes.length > 0;
}

function programOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[0]!;
  } catch {
    return '';
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}

function checkNothingPartial(project: Project, expected: readonly Whole[]): void {
  assertObjectsWhole(project);
  for (const path of outputs) {
    const known = ['', ...expected.map(({ singles }) => singles[path])];
    assert.ok(known.includes(digestOf(project, path)), `${path} is neither whole nor absent`);
  }
  assert.ok(
    ['', ...expected.map(({ many }) => many)].includes(contentsOf(project, 'out/many')),
    'out/many is partial',
  );
}
