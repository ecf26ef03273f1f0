/**
 * What it costs to find out that there is nothing to do: beside `node -e 0`, and beside turbo,
 * whose `run` uses no daemon any more.
 *   node --import tsx bench/runner/no-op.ts
 */
import { spawnSync } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { interleave, printMedians, type Timed, time } from './interleave.ts';
import { Folder, installTurbo, pipeline, writePipeline, writeTurbo } from './project.ts';

const rounds = 15;

/** Careful tools look twice at files younger than three seconds. That is not to be timed. */
const settle = () => delay(3_500);

async function compare(
  title: string,
  turbo: string,
  stages: readonly string[],
  prepare: (ours: Folder, theirs: Folder) => (stage: number) => readonly string[],
): Promise<void> {
  using ours = new Folder();
  using theirs = new Folder();
  writeTurbo(theirs, stages.length, prepare(ours, theirs));
  writePipeline(ours, stages);
  const node: Timed = { name: 'node -e 0', argv: [process.execPath, '-e', '0'], cwd: ours.path };
  const run: Timed = {
    name: 'restage run',
    argv: [process.execPath, pipeline, 'run', 'bench.yaml'],
    cwd: ours.path,
  };
  const turboRun: Timed = {
    name: 'turbo run',
    argv: [turbo, 'run', 'build', '--output-logs=none', '--no-update-notifier'],
    cwd: theirs.path,
    env: { TURBO_TELEMETRY_DISABLED: '1', PATH: `${theirs.path}/bin:${process.env['PATH']}` },
  };
  for (const args of [
    ['init', '-q'],
    ['add', '.'],
    ['-c', 'user.name=b', '-c', 'user.email=b@b', 'commit', '-qm', 'b'],
  ])
    theirs.run('git', ...args);
  ours.run(process.execPath, pipeline, 'run', 'bench.yaml', 's0');
  await settle();
  for (let i = 0; i < 2; i += 1) time(run); // the second remembers
  time(turboRun);
  await settle();
  printMedians(title, interleave([node, run, turboRun], rounds));
  console.log(
    `  all of it cached for turbo: ${cachedBy(turboRun)}; its command: turbo ${turboRun.argv.slice(1).join(' ')}`,
  );
}

/** How many tasks turbo found in its cache, as it says: all, or else the comparison is unfair. */
function cachedBy({ argv: [file, ...args], cwd, env }: Timed): string {
  const { stdout } = spawnSync(file!, args, {
    cwd,
    env: { ...process.env, ...env },
    encoding: 'utf8',
  });
  return /Cached: +(.*)/.exec(stdout)?.[1] ?? 'not said';
}

using installed = new Folder();
const turbo = installTurbo(installed);
console.log(
  `node ${process.version}, turbo ${installed.run(turbo, '--version').trim()}, medians of ${rounds} rounds`,
);

// All stages are the same work, so that the first run, which is not timed, is short.
await compare(
  '1,000 command stages',
  turbo,
  Array.from(
    { length: 1000 },
    () => '{ kind: command, outputs: { o: { } }, with: { run: "echo 1 > ${outputs.o}" } }',
  ),
  () => () => ['package.json'],
);
await compare(
  '10 stages over 10,000 files of 20 KiB',
  turbo,
  Array.from(
    { length: 10 },
    (_, i) =>
      `{ kind: command, inputs: { i: data/${i} }, outputs: { o: { } }, with: { run: "ls \${inputs.i} > \${outputs.o}" } }`,
  ),
  (ours, theirs) => {
    ours.writeData(10, 1000, 20 * 1024);
    theirs.writeData(10, 1000, 20 * 1024);
    return (i) => ['package.json', `../../data/${i}/**`];
  },
);
