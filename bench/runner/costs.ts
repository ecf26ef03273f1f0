/**
 * The runner's own cost in one table: processor time of all processes, wall time, and the peak
 * memory of the runner, each beside its peer in the same rounds. Processor time hardly depends on
 * what else the machine does; wall time needs a quiet one.
 *   node --import tsx bench/runner/costs.ts                    # about ten minutes
 *   node --import tsx bench/runner/costs.ts 3                  # so many rounds, by default 9
 *   node --import tsx bench/runner/costs.ts 1 --quick          # a tenth of the stages and files
 *   node --import tsx bench/runner/costs.ts 9 /opt/node-22/bin/node …   # also with other Nodes
 * ninja is a peer where it is installed (`apt-get install ninja-build`).
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { median } from './interleave.ts';
import { Folder, pipeline, writePipeline } from './project.ts';

/** A command of a row of the table. */
interface Command {
  readonly name: string;
  readonly argv: readonly string[];
  readonly cwd: string;
  /** Removed before each time, so that everything is to be done. */
  readonly clean?: readonly string[];
}

/** What a command took, in seconds. */
interface Cost {
  readonly wall: number;
  readonly processor: number;
}

const isQuick = process.argv.includes('--quick');
const [wanted = '9', ...nodes] = process.argv.slice(2).filter((word) => word !== '--quick');
const rounds = Number(wanted);
const share = isQuick ? 0.1 : 1;
const programs = [process.execPath, ...nodes];
const hasNinja = spawnSync('ninja', ['--version']).status === 0;
/** The option with which `bin/restage.js` starts Node. */
const launch = ['--max-semi-space-size=4', pipeline];

/** Processor time of a command and of all that it waited for, by bash, which has milliseconds. */
function run({ name, argv, cwd, clean = [] }: Command): Cost {
  for (const path of clean) rmSync(join(cwd, path), { recursive: true, force: true });
  const script = 'TIMEFORMAT="%R %U %S"; time "$@" > /dev/null 2> /dev/null';
  const { status, stderr } = spawnSync('bash', ['-c', script, 'bash', ...argv], {
    cwd,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${name} ended with ${status}`);
  const [wall, user, system] = stderr.trim().split(' ').map(Number);
  return { wall: wall!, processor: user! + system! };
}

/** Peak memory of a Node process in MB, of a run of its own: the hook takes time. */
function memoryOf({ argv, cwd, clean = [] }: Command): number {
  for (const path of clean) rmSync(join(cwd, path), { recursive: true, force: true });
  using hook = new Folder();
  hook.write(
    'peak.cjs',
    `const peak = ${JSON.stringify(join(hook.path, 'peak'))};
process.on('exit', () => require('node:fs').writeFileSync(peak, String(process.resourceUsage().maxRSS)));`,
  );
  spawnSync(argv[0]!, ['--require', join(hook.path, 'peak.cjs'), ...argv.slice(1)], { cwd });
  return Number(readFileSync(join(hook.path, 'peak'), 'utf8')) / 1024;
}

/** Prints the medians of commands that run in turns. The first of them is the peer. */
function compare(title: string, commands: readonly Command[], { stages = 0, times = rounds } = {}) {
  const costs = new Map(commands.map((command): [Command, Cost[]] => [command, []]));
  for (let round = 0; round <= times; round += 1) {
    for (const command of commands) {
      const cost = run(command);
      if (round > 0) costs.get(command)!.push(cost); // the first fills the disk's cache
    }
  }
  console.log(`\n${title}`);
  let peer: Cost | undefined;
  for (const [command, all] of costs) {
    const cost = {
      wall: median(all.map(({ wall }) => wall)),
      processor: median(all.map(({ processor }) => processor)),
    };
    peer ??= cost;
    const isOurs = command.argv.includes(pipeline);
    const beyond = (1000 * (cost.wall - peer.wall)) / stages;
    console.log(
      [
        `  ${command.name.padEnd(34)}`,
        `processor ${milliseconds(cost.processor)} (${ratio(cost.processor, peer.processor)})`,
        `wall ${milliseconds(cost.wall)} (${ratio(cost.wall, peer.wall)})`,
        ...(isOurs ? [`${memoryOf(command).toFixed(0)} MB`] : []),
        ...(isOurs && stages > 0 ? [`${beyond.toFixed(1)} ms a stage beyond the script`] : []),
      ].join('  '),
    );
  }
}

const milliseconds = (seconds: number): string => `${(1000 * seconds).toFixed(0).padStart(6)} ms`;
const ratio = (value: number, peer: number): string => `${(value / peer).toFixed(2)} x`;

/** A project of trivial stages; `texts` tells their commands apart. */
function trivialStages(count: number): Folder {
  const folder = new Folder();
  const stage = (i: number) =>
    `{ kind: command, outputs: { o: { } }, with: { run: "echo ${i} > \${outputs.o}" } }`;
  writePipeline(
    folder,
    Array.from({ length: count }, (_, i) => stage(i)),
  );
  return folder;
}

/** Runs until the next run is answered from memory: files younger than three seconds are read. */
async function settle(folder: Folder, node: string): Promise<void> {
  const ours = { name: 'restage run', argv: [node, ...launch, 'run', 'bench.yaml'] };
  run({ ...ours, cwd: folder.path });
  await delay(3_500);
  for (let i = 0; i < 2; i += 1) run({ ...ours, cwd: folder.path });
}

const versionOf = (node: string): string =>
  spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim();

async function nothingToDo(title: string, folder: Folder): Promise<void> {
  for (const node of programs) {
    await settle(folder, node);
    const at = { cwd: folder.path };
    compare(`${title}, Node ${versionOf(node)}`, [
      { name: 'node -e 0', argv: [node, '-e', '0'], ...at },
      { name: 'restage run', argv: [node, ...launch, 'run', 'bench.yaml'], ...at },
    ]);
  }
}

/** A plan that a run remembers, and one that looks at everything, as an option makes it do. */
async function upToDate(title: string, folder: Folder): Promise<void> {
  await settle(folder, process.execPath);
  const plan = [process.execPath, ...launch, 'plan', 'bench.yaml'];
  const at = { cwd: folder.path };
  compare(title, [
    { name: 'node -e 0', argv: [process.execPath, '-e', '0'], ...at },
    { name: 'restage plan', argv: plan, ...at },
    { name: 'restage plan, all of it examined', argv: [...plan, '--no-store'], ...at },
  ]);
}

function everything(stages: number): void {
  using folder = trivialStages(stages);
  const numbers = Array.from({ length: stages }, (_, i) => i);
  folder.write(
    'run.sh',
    `mkdir -p out\n${numbers.map((i) => `sh -c 'echo ${i} > out/${i}'\n`).join('')}`,
  );
  const rules = numbers.map((i) => `build out/${i}: say\n  word = ${i}\n`);
  folder.write('build.ninja', `rule say\n  command = echo $word > $out\n${rules.join('')}`);
  const at = { cwd: folder.path };
  compare(
    `Everything once, ${stages} trivial stages`,
    [
      { name: 'shell script', argv: ['sh', 'run.sh'], clean: ['out'], ...at },
      ...(hasNinja
        ? [{ name: 'ninja', argv: ['ninja'], clean: ['out', '.ninja_log', '.ninja_deps'], ...at }]
        : []),
      {
        name: 'restage run',
        argv: [process.execPath, ...launch, 'run', 'bench.yaml'],
        clean: ['cache', 'artifacts'],
        ...at,
      },
    ],
    { stages, times: Math.min(rounds, 3) },
  );
}

console.log(`medians of ${rounds} rounds, at most 3 where everything runs`);
{
  const stages = 1_000 * share;
  using folder = trivialStages(stages);
  await nothingToDo(`Nothing to do, ${stages} stages`, folder);
}
{
  const files = 10_000 * share;
  using folder = new Folder();
  folder.writeData(10, files / 10, 20 * 1024);
  const stage = (i: number) =>
    `{ kind: command, inputs: { i: ./data/${i} }, outputs: { o: { } }, with: { run: "ls \${inputs.i} > \${outputs.o}" } }`;
  writePipeline(
    folder,
    Array.from({ length: 10 }, (_, i) => stage(i)),
  );
  await nothingToDo(`Nothing to do, 10 stages over ${files} files`, folder);
}
{
  const stages = 2_000 * share;
  using folder = trivialStages(stages);
  await upToDate(`Plan, ${stages} stages that are up to date`, folder);
}
everything(200 * share);
everything(1_000 * share);
