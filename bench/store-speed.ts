// How fast a shared store is, beside the tools that copy files: 10,000 results of 20 KB over a
// private sshd beside `rsync`, which syncs nothing, and in moto's S3 beside `aws s3 sync`; a run in
// a new clone beside a pull; one object of 2 GB. Ours and its peer take turns, so that other work
// of the machine slows both alike. One table has both medians, in seconds and in seconds of the
// processor, with those of `ssh` and without those of servers.
//   node --import tsx bench/store-speed.ts [results] [rounds] [megabytes] [part of a row's name]
import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { noS3, S3Server } from '../test/support/s3.ts';
import { noSshd, SshServer } from '../test/support/sshd.ts';
import { median } from './runner/interleave.ts';

const [results = 10_000, rounds = 3, megabytes = 2000] = process.argv.slice(2, 5).map(Number);
const wanted = process.argv[5] ?? '';
const size = 20_000;
const restage = fileURLToPath(new URL('../bin/restage.js', import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'restage-bench-store-'));
const at = (...names: readonly string[]) => join(root, ...names);

interface Cost {
  readonly seconds: number;
  /** Of the processor, by the program and the programs that it started and waited for. */
  readonly computed: number;
}

/** One comparison. Each side prepares by itself, which is not counted, and gives its command. */
interface Row {
  readonly what: string;
  /** The ratio of seconds that we want at most. */
  readonly goal: number;
  readonly peer: string;
  readonly ours: () => Promise<Command>;
  readonly theirs: () => Promise<Command>;
}

interface Command {
  readonly argv: readonly string[];
  readonly cwd: string;
}

let env: NodeJS.ProcessEnv = {
  ...process.env,
  XDG_CONFIG_HOME: at('config'),
  AWS_ACCESS_KEY_ID: 'id',
  AWS_SECRET_ACCESS_KEY: 'secret',
  AWS_REGION: 'us-east-1',
  AWS_DEFAULT_REGION: 'us-east-1',
  AWS_CONFIG_FILE: at('aws'),
};

/** Runs a command to its end. Throws with its last words if it fails. */
async function cost({ argv, cwd }: Command): Promise<Cost> {
  const timing = ['-c', 'TIMEFORMAT="%R %U %S"; time "$@" 2>&1', 'bash', ...argv];
  const child = spawn('bash', timing, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-2000);
  });
  let timed = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    timed += text;
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(`${argv.join(' ')} ended with ${code}:\n${said}`);
  // Before it, bash may warn of a locale.
  const [seconds = 0, user = 0, system = 0] = timed
    .trim()
    .split('\n')
    .at(-1)!
    .split(' ')
    .map(Number);
  return { seconds, computed: user + system };
}

/** A command of ours in a project. */
const ofOurs = (cwd: string, ...words: readonly string[]): Command => ({
  argv: [process.execPath, restage, ...words],
  cwd,
});
const ofOthers = (...argv: readonly string[]): Command => ({ argv, cwd: root });

/** A project that has run. */
interface Made {
  readonly folder: string;
  readonly yaml: string;
}

let folders = 0;

/** The path of a new folder. */
type NewFolder = (name: string) => string;

/**
 * For many files. Nothing is removed before the end: ext4 looks at each inode that was freed within
 * minutes before it gives one to a new file, which makes new files cost ten times as much.
 */
const another: NewFolder = (name) => at(`${name}-${++folders}`);

/** For large files, of which the disk has no room for many. */
const emptied: NewFolder = (name) => {
  rmSync(at(name), { recursive: true, force: true });
  return at(name);
};

/** A new project with the pipeline. */
function project(folder: string, yaml: string): string {
  mkdirSync(join(folder, 'pipelines'), { recursive: true });
  writeFileSync(join(folder, 'pipelines/bench.yaml'), yaml);
  return folder;
}

async function made(name: string, yaml: string): Promise<Made> {
  const folder = project(at(name), yaml);
  await cost(ofOurs(folder, 'run', 'bench.yaml'));
  return { folder, yaml };
}

/** A copy of a project with all results, and with a new store. */
async function filled(path: string, from: Made, store: readonly string[]): Promise<string> {
  const folder = project(path, from.yaml);
  await cost(ofOurs(folder, 'store', 'init', ...store));
  await cost(ofOthers('cp', '-al', `${from.folder}/cache`, folder));
  return folder;
}

/** A clone of a project with a store, without cache and outputs. */
function clone(path: string, from: Made, store: string): string {
  const folder = project(path, from.yaml);
  copyFileSync(join(store, 'store.yaml'), join(folder, 'store.yaml'));
  return folder;
}

/** Where results go: a kind of store, and a tool that copies files there. */
interface Target {
  readonly name: string;
  readonly folder: NewFolder;
  /** A new address for `store init`. */
  readonly store: (folder: NewFolder) => readonly string[];
  readonly peer: Peer;
}

/** The rows of a target, for the outputs of a project. */
function rowsOf({ name, folder, store, peer }: Target, from: Made, goal: number): readonly Row[] {
  const outputs = join(from.folder, 'artifacts/bench');
  let pushed = '';
  let there = '';
  const pull = (into: string, ...words: readonly string[]) =>
    ofOurs(clone(folder(`${name} ${into}`), from, pushed), ...words);
  return [
    {
      what: `${name} push`,
      goal,
      peer: peer.name,
      ours: async () => {
        pushed = await filled(folder(`${name} pushed`), from, store(folder));
        return ofOurs(pushed, 'store', 'push');
      },
      theirs: async () => {
        there = peer.there(folder);
        return ofOthers(...peer.copy(outputs, there));
      },
    },
    {
      what: `${name} pull`,
      goal,
      peer: peer.name,
      ours: async () => pull('pulled', 'store', 'pull', 'bench.yaml'),
      theirs: async () => ofOthers(...peer.copy(there, folder('fetched'))),
    },
    {
      what: `${name} run in a new clone`,
      goal: 1.3,
      peer: 'store pull',
      ours: async () => pull('ran', 'run', 'bench.yaml'),
      theirs: async () => pull('pulled', 'store', 'pull', 'bench.yaml'),
    },
  ];
}

/** A tool that copies folders. */
interface Peer {
  readonly name: string;
  /** The address of a new folder. */
  readonly there: (folder: NewFolder) => string;
  readonly copy: (from: string, to: string) => readonly string[];
}

/** Compares, and gives a line of the table. */
async function compare({ what, goal, peer, ours, theirs }: Row): Promise<string> {
  const costs: { readonly own: Cost; readonly others: Cost }[] = [];
  for (let round = 0; round < rounds; round++)
    costs.push({
      own: await cost(await ours()),
      others: await cost(await theirs()),
    });
  const cells = (['seconds', 'computed'] as const).flatMap((unit) => {
    const own = median(costs.map(({ own }) => own[unit]));
    const others = median(costs.map(({ others }) => others[unit]));
    return [own.toFixed(2), others.toFixed(2), (own / others).toFixed(2)];
  });
  return `| ${[what, peer, ...cells, String(goal)].join(' | ')} |`;
}

/** Stages whose outputs nobody can compress, `count` of them with `bytes` each. */
const stagesOf = (count: number, bytes: number): string => `stages:
  one:
    kind: command
    matrix: { n: { range: [1, ${count}] } }
    with: { run: 'head -c ${bytes} /dev/urandom > \${outputs.out}; : \${matrix.n}' }
    outputs: { out: 'artifacts/bench/\${matrix.n}.bin' }
`;

try {
  writeFileSync(at('aws'), '[default]\ns3 =\n  max_concurrent_requests = 16\n');
  if (noSshd !== undefined || noS3 !== undefined) throw new Error(noSshd ?? noS3);
  await using host = await SshServer.start();
  await using server = await S3Server.start();
  env = { ...env, PATH: host.path };
  await fetch(`${server.endpoint}/bucket`, { method: 'PUT' });
  const rsync: Peer = {
    name: 'rsync',
    there: (folder) => `testhost:${folder('copied')}`,
    copy: (from, to) => ['rsync', '-a', `${from}/`, `${to}/`],
  };
  let stores = 0;
  const aws: Peer = {
    name: 'aws s3 sync',
    there: () => `s3://bucket/${++stores}`,
    copy: (from, to) => {
      const endpoint = ['--endpoint-url', server.endpoint];
      return ['/usr/bin/aws', 's3', 'sync', '--quiet', ...endpoint, from, to];
    },
  };
  const ssh = (folder: NewFolder) => [`ssh://testhost${folder('store')}`];
  const s3 = () => [`s3://bucket/${++stores}`, '--endpoint', server.endpoint];
  const small = await made('small', stagesOf(results, size));
  const large = await made('large', stagesOf(1, megabytes * 1e6));
  const [push, pull] = rowsOf(
    { name: `SSH ${megabytes} MB`, folder: emptied, store: ssh, peer: rsync },
    large,
    1.2,
  );
  const rows = [
    ...rowsOf({ name: 'SSH', folder: another, store: ssh, peer: rsync }, small, 1.5),
    push!,
    pull!,
    ...rowsOf({ name: 'S3', folder: another, store: s3, peer: aws }, small, 0.75),
  ];
  console.log(`${results} results of ${size / 1000} KB; medians of ${rounds} rounds`);
  console.log('| | peer | ours, s | peer, s | ratio | ours, CPU s | peer, CPU s | ratio | goal |');
  console.log('| --- | --- | --- | --- | --- | --- | --- | --- | --- |');
  for (const row of rows.filter(({ what }) => what.includes(wanted)))
    console.log(await compare(row));
} finally {
  rmSync(root, { recursive: true, force: true });
}
