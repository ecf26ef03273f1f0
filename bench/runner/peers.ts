/**
 * The same small projects in a shell script, Restage, Snakemake and DVC: what it takes when there
 * is nothing to do, when one setting changes, when it changes back, and when a file is touched.
 * Prints Markdown. A tool that is not installed is left out.
 *   node --import tsx bench/runner/peers.ts         # under five minutes on two cores
 *   node --import tsx bench/runner/peers.ts 0.02    # a share of the files and stages, to try it
 * Snakemake: `apt-get install snakemake`; DVC: `pip install dvc`.
 */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { median, type Timed, time } from './interleave.ts';
import {
  chain,
  fan,
  middle,
  type SettingFile,
  type Step,
  writeDvc,
  writeRestage,
  writeScript,
  writeSnakemake,
} from './peer-projects.ts';
import { Folder, pipeline } from './project.ts';

const share = Number(process.argv[2] ?? 1);
const rounds = 3;
/** No round of a project begins later than this many seconds after its first. */
const budget = 100;
const files = Math.max(2, Math.round(1000 * share));
const fanned = Math.max(10, Math.round(200 * share));

interface Tool {
  readonly name: string;
  readonly argv: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly write: (folder: Folder, steps: readonly Step[]) => SettingFile;
}

/** A tool with its copy of a project, and the file in which its commands say that they ran. */
interface Copy {
  readonly tool: Tool;
  readonly folder: Folder;
  readonly setting: SettingFile;
  readonly timed: Timed;
  readonly log: string;
}

interface Measured {
  readonly seconds: number;
  readonly ran: number;
  readonly isRight: boolean;
}

const snakemake = ['snakemake', '--cores', 'all'];
const outputCache = new Folder();

/** Each as its manual says; those that are not on the PATH are left out. */
const tools: readonly Tool[] = [
  { name: 'shell script', argv: ['sh', 'run.sh'], write: writeScript },
  { name: 'Restage', argv: [process.execPath, pipeline, 'run', 'bench.yaml'], write: writeRestage },
  { name: 'Snakemake', argv: snakemake, write: writeSnakemake },
  {
    // Made for results that several workflows share, and called experimental.
    name: 'Snakemake `--cache`',
    argv: [...snakemake, '--cache'],
    env: { SNAKEMAKE_OUTPUT_CACHE: outputCache.path },
    write: writeSnakemake,
  },
  {
    name: 'Snakemake `--rerun-triggers mtime`', // as before version 7.8
    argv: [...snakemake, '--rerun-triggers', 'mtime'],
    write: writeSnakemake,
  },
  { name: 'DVC', argv: ['dvc', 'repro'], write: writeDvc },
].filter(
  ({ argv: [program] }) =>
    program === process.execPath || program === 'sh' || versionOf(program!) !== undefined,
);

function versionOf(program: string): string | undefined {
  const { status, stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

/**
 * Copies of a project, one for every tool. The data are hard links to one set of files, so that no
 * tool finds its own in memory and another's on the disk, and a touch is seen by all.
 */
function copies(steps: readonly Step[], data: Folder, logs: Folder): readonly Copy[] {
  return tools.map((tool, i) => {
    const folder = new Folder();
    mkdirSync(join(folder.path, 'data'));
    for (const entry of readdirSync(join(data.path, 'data'), {
      recursive: true,
      withFileTypes: true,
    })) {
      const from = join(entry.parentPath, entry.name);
      const to = folder.path + from.slice(data.path.length);
      if (entry.isDirectory()) mkdirSync(to, { recursive: true });
      else linkSync(from, to);
    }
    const setting = tool.write(folder, steps);
    folder.write(setting.name, setting.text(1));
    const log = join(logs.path, String(i));
    writeFileSync(log, '');
    const timed = {
      name: tool.name,
      argv: tool.argv,
      cwd: folder.path,
      env: { ...tool.env, RAN: log },
    };
    return { tool, folder, setting, timed, log };
  });
}

const lines = (path: string): number => readFileSync(path, 'utf8').split('\n').length - 1;

/** Runs every tool once, in turn. The shell script comes first, and its output is the right one. */
function everyTool(all: readonly Copy[], steps: readonly Step[]): readonly Measured[] {
  const last = `out/${steps.at(-1)!.name}.txt`;
  return all.map(({ timed, folder, log }) => {
    const before = lines(log);
    const seconds = time(timed);
    const isRight =
      readFileSync(join(folder.path, last), 'utf8') ===
      readFileSync(join(all[0]!.folder.path, last), 'utf8');
    return { seconds, ran: lines(log) - before, isRight };
  });
}

/** Careful tools look twice at files younger than three seconds. */
const settle = () => delay(3_500);

async function compare(
  title: string,
  steps: readonly Step[],
  data: Folder,
  touched: ReadonlyMap<string, string>,
) {
  using logs = new Folder();
  const all = copies(steps, data, logs);
  const rows = new Map<string, (readonly Measured[])[]>();
  const measure = (situation: string) =>
    rows.set(situation, [...(rows.get(situation) ?? []), everyTool(all, steps)]);
  const change = (value: number) => {
    for (const { folder, setting } of all) folder.write(setting.name, setting.text(value));
  };
  const end = performance.now() + 1000 * budget;
  await settle();
  measure('everything, once');
  let round = 0;
  do {
    await settle();
    // Until all of them have seen that nothing changes any more.
    for (let i = 0; i < 2; i += 1) everyTool(all, steps);
    measure('nothing to do');
    change(100 + round); // a value that was never there
    measure('one setting changed');
    change(1);
    measure('changed back');
    for (const [situation, path] of touched) {
      const now = new Date();
      utimesSync(join(data.path, path), now, now);
      measure(situation);
    }
    round += 1;
  } while (round < rounds && performance.now() < end);
  console.log(`\n${title}: median seconds of ${round} rounds, and how many stages ran\n`);
  console.log(table(rows));
  for (const { folder } of all) folder[Symbol.dispose]();
}

function table(rows: ReadonlyMap<string, readonly (readonly Measured[])[]>): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [
    line(['', ...tools.map(({ name }) => name)]),
    line(['---', ...tools.map(() => '---')]),
    ...[...rows].map(([situation, measured]) =>
      line([situation, ...tools.map((_, i) => cell(measured.map((round) => round[i]!)))]),
    ),
  ].join('\n');
}

function cell(rounds: readonly Measured[]): string {
  const ran = [...new Set(rounds.map((round) => round.ran))].join(' or ');
  const wrong = rounds.every(({ isRight }) => isRight) ? '' : ', leaves an old result';
  return `${median(rounds.map(({ seconds }) => seconds)).toFixed(2)} s, ${ran}${wrong}`;
}

const started = performance.now();
const versions = ['snakemake', 'dvc'].map(
  (program) => `${program} ${versionOf(program) ?? 'not installed, left out'}`,
);
console.log(`node ${process.version}, ${versions.join(', ')}`);
try {
  using data = new Folder();
  data.writeData(10, files, 20 * 1024);
  data.write('data/weights.bin', randomBytes(1 << 20));
  await compare(
    `10 stages in a chain, each over ${files} files of 20 KiB of its own`,
    chain(10),
    data,
    new Map([
      ['a file of 20 KiB touched', `data/${middle(10)}/0`],
      ['a file of 1 MiB touched', 'data/weights.bin'],
    ]),
  );
  using word = new Folder();
  word.write('data/word.txt', 'word\n');
  await compare(
    `${fanned} trivial stages, of which the last reads all others`,
    fan(fanned),
    word,
    new Map(),
  );
} finally {
  outputCache[Symbol.dispose]();
}
console.log(`\n${((performance.now() - started) / 1000).toFixed(0)} s in all`);
