/**
 * The runner's own cost in one table: processor time of all processes, wall time, and the peak
 * memory of the runner, each beside its peer in the same rounds. Processor time hardly depends on
 * what else the machine does; wall time needs a quiet one.
 *   node --import tsx bench/runner/costs.ts                    # about ten minutes
 *   node --import tsx bench/runner/costs.ts 3                  # so many rounds, by default 9
 *   node --import tsx bench/runner/costs.ts 1 --quick          # a tenth of the stages and files
 *   node --import tsx bench/runner/costs.ts 9 /opt/node-22/bin/node …   # also with other Nodes
 *   node --import tsx bench/runner/costs.ts 9 --before=../older/bin/pipeline.js   # also a build
 * ninja is a peer where it is installed (`apt-get install ninja-build`).
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
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

/** A build of Restage, which remembers its runs in a project of its own. */
interface Build {
  readonly name: string;
  readonly program: string;
}

const options = process.argv.slice(2).filter((word) => word.startsWith('--'));
const isQuick = options.includes('--quick');
const [wanted = '9', ...nodes] = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const older = options.find((word) => word.startsWith('--before='))?.slice('--before='.length);
const builds: readonly Build[] = [
  { name: 'restage', program: pipeline },
  ...(older === undefined ? [] : [{ name: 'before', program: resolve(older) }]),
];
const rounds = Number(wanted);
const share = isQuick ? 0.1 : 1;
const programs = [process.execPath, ...nodes];
const hasNinja = spawnSync('ninja', ['--version']).status === 0;

/** The words that start a build as `bin/restage.js` starts it. */
const launch = (node: string, { program }: Build): readonly string[] => [
  node,
  '--max-semi-space-size=4',
  program,
];

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
    const isOurs = builds.some(({ program }) => command.argv.includes(program));
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

/** A project for each build, of the same files. */
class Projects implements Disposable {
  readonly all: readonly { readonly build: Build; readonly folder: Folder }[];

  constructor(make: () => Folder) {
    this.all = builds.map((build) => ({ build, folder: make() }));
  }

  /** Runs each until its next run is answered from memory: younger files are read. */
  async settle(node: string): Promise<void> {
    const runs = this.commands(node, ['run', 'bench.yaml']);
    for (const command of runs) run(command);
    await delay(3_500);
    for (const command of [...runs, ...runs]) run(command);
  }

  commands(node: string, words: readonly string[], name = words[0]!): readonly Command[] {
    return this.all.map(({ build, folder }) => ({
      name: `${build.name} ${name}`,
      argv: [...launch(node, build), ...words],
      cwd: folder.path,
    }));
  }

  [Symbol.dispose](): void {
    for (const { folder } of this.all) folder[Symbol.dispose]();
  }
}

const versionOf = (node: string): string =>
  spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim();

const nodeAlone = (node: string): Command => ({
  name: 'node -e 0',
  argv: [node, '-e', '0'],
  cwd: '/',
});

async function nothingToDo(title: string, projects: Projects): Promise<void> {
  for (const node of programs) {
    await projects.settle(node);
    compare(`${title}, Node ${versionOf(node)}`, [
      nodeAlone(node),
      ...projects.commands(node, ['run', 'bench.yaml']),
    ]);
  }
}

/** A plan that a run remembers, and one that looks at everything, as an option makes it do. */
async function upToDate(title: string, projects: Projects): Promise<void> {
  const node = process.execPath;
  await projects.settle(node);
  compare(title, [
    nodeAlone(node),
    ...projects.commands(node, ['plan', 'bench.yaml']),
    ...projects.commands(node, ['plan', 'bench.yaml', '--no-store'], 'plan, all examined'),
  ]);
}

function everything(stages: number): void {
  using projects = new Projects(() => trivialStages(stages));
  using folder = new Folder();
  const numbers = Array.from({ length: stages }, (_, i) => i);
  folder.write(
    'run.sh',
    `mkdir -p out\n${numbers.map((i) => `sh -c 'echo ${i} > out/${i}'\n`).join('')}`,
  );
  const rules = numbers.map((i) => `build out/${i}: say\n  word = ${i}\n`);
  folder.write('build.ninja', `rule say\n  command = echo $word > $out\n${rules.join('')}`);
  const at = { cwd: folder.path };
  const ninja = {
    name: 'ninja',
    argv: ['ninja'],
    clean: ['out', '.ninja_log', '.ninja_deps'],
    ...at,
  };
  const ours = projects.commands(process.execPath, ['run', 'bench.yaml']);
  compare(
    `Everything once, ${stages} trivial stages`,
    [
      { name: 'shell script', argv: ['sh', 'run.sh'], clean: ['out'], ...at },
      ...(hasNinja ? [ninja] : []),
      ...ours.map((command) => ({ ...command, clean: ['cache', 'artifacts'] })),
    ],
    { stages, times: Math.min(rounds, 3) },
  );
}

function manyFiles(files: number): Folder {
  const folder = new Folder();
  folder.writeData(10, files / 10, 20 * 1024);
  const stage = (i: number) =>
    `{ kind: command, inputs: { i: ./data/${i} }, outputs: { o: { } }, with: { run: "ls \${inputs.i} > \${outputs.o}" } }`;
  writePipeline(
    folder,
    Array.from({ length: 10 }, (_, i) => stage(i)),
  );
  return folder;
}

console.log(`medians of ${rounds} rounds, at most 3 where everything runs`);
{
  const stages = 1_000 * share;
  using projects = new Projects(() => trivialStages(stages));
  await nothingToDo(`Nothing to do, ${stages} stages`, projects);
}
{
  const files = 10_000 * share;
  using projects = new Projects(() => manyFiles(files));
  await nothingToDo(`Nothing to do, 10 stages over ${files} files`, projects);
}
{
  const stages = 2_000 * share;
  using projects = new Projects(() => trivialStages(stages));
  await upToDate(`Plan, ${stages} stages that are up to date`, projects);
}
everything(200 * share);
everything(1_000 * share);
