// What a shared store costs in requests, bytes and time: results of 20 KB in moto's S3 and over a
// private sshd, beside rclone, `aws s3 sync` and rsync with the same files. All requests of S3,
// ours and the peers', pass one proxy, which counts them; all use 16 at once. Over SSH we sync the
// packs, which hold all bytes, and no signed entry; rsync syncs nothing, with `--fsync` every file.
//   node --import tsx bench/store.ts [results] [rounds]
// By default 10,000 results, and as many rounds as end within nine minutes.
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request as ask, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { keyFile, readKey } from '../src/engine/store/remote/keys.ts';
import { SharedStore } from '../src/engine/store/remote/shared-store.ts';
import { loadStoreFile } from '../src/engine/store/remote/store-file.ts';
import { exampleResult, listArtifact } from '../test/support/example-result.ts';
import { noS3, S3Server } from '../test/support/s3.ts';
import { noSshd, SshServer } from '../test/support/sshd.ts';
import { median } from './runner/interleave.ts';

const [results = 10_000, rounds = 3] = process.argv.slice(2).map(Number);
const size = 20_000;
/**
 * No round begins that would not end by then, in milliseconds of this process; the first one always
 * does.
 */
const limit = 540_000;
const restage = fileURLToPath(new URL('../bin/restage.js', import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'restage-bench-store-'));
const source = join(root, 'files');
process.env['XDG_CONFIG_HOME'] = join(root, 'config');
Object.assign(process.env, {
  AWS_ACCESS_KEY_ID: 'id',
  AWS_SECRET_ACCESS_KEY: 'secret',
  AWS_REGION: 'us-east-1',
});
const awsFile = join(root, 'aws');
const variables = {
  AWS_DEFAULT_REGION: 'us-east-1',
  AWS_CONFIG_FILE: awsFile,
  AWS_CA_BUNDLE: undefined,
};
/** The environment of commands, ours and the peers'. */
const env: NodeJS.ProcessEnv = { ...process.env, ...variables };

interface Seen {
  readonly method: string;
  readonly url: string;
  bytes: number;
}

/** A proxy that records the method, address and received bytes of every request. */
async function countingProxy(target: string) {
  const seen: Seen[] = [];
  const proxy = createServer((question, answer) => {
    const request: Seen = { method: question.method!, url: question.url!, bytes: 0 };
    seen.push(request);
    const passed = ask(
      target + question.url,
      { method: question.method!, headers: question.headers },
      (response) => {
        answer.writeHead(response.statusCode!, response.headers);
        response.on('data', (part: Buffer) => {
          request.bytes += part.length;
        });
        response.pipe(answer);
      },
    );
    passed.on('error', () => answer.destroy());
    question.pipe(passed);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const { port } = proxy.address() as AddressInfo;
  return { seen, endpoint: `http://127.0.0.1:${port}`, close: () => proxy.close() };
}

/** Runs a program to its end, while this process serves the proxy. Returns its seconds. */
async function timed(program: string, argv: readonly string[], cwd = root): Promise<number> {
  const startedAt = performance.now();
  const child = spawn(program, argv, { cwd, env, stdio: ['ignore', 'ignore', 'inherit'] });
  const code = await new Promise((resolve, reject) =>
    child.on('close', resolve).on('error', reject),
  );
  if (code !== 0) throw new Error(`${program} ${argv.join(' ')} ended with ${code}`);
  return (performance.now() - startedAt) / 1000;
}

const command = (cwd: string, ...argv: readonly string[]) =>
  timed(process.execPath, [restage, ...argv], cwd);

/** A project with the results in its cache and a store at an address. */
async function project(name: string, url: string, endpoint?: string): Promise<string> {
  const folder = join(root, name);
  mkdirSync(join(folder, 'pipelines'), { recursive: true });
  writeFileSync(join(folder, 'pipelines/bench.yaml'), 'stages: {}\n');
  await command(
    folder,
    'store',
    'init',
    url,
    ...(endpoint === undefined ? [] : ['--endpoint', endpoint]),
  );
  return folder;
}

const openIn = async (folder: string): Promise<SharedStore> => {
  const spec = loadStoreFile(folder);
  if (!spec.ok || spec.value === undefined) throw new Error(`no store.yaml in ${folder}`);
  const user = { key: readKey(keyFile(process.env)), env: process.env };
  return await SharedStore.open(folder, spec.value.written, { warn: console.warn }, user);
};

/** Fills a project with results of one file each, of which the first ones are stages of a run. */
async function makeResults(folder: string): Promise<readonly ReturnType<typeof exampleResult>[]> {
  const store = await openIn(folder);
  const made: ReturnType<typeof exampleResult>[] = [];
  for (let seed = 0; seed < results; seed++) {
    const path = join(source, `${seed}.bin`);
    const artifact = await listArtifact(path);
    const result = exampleResult(seed, { out: artifact });
    const object = store.local.objectPath(artifact.files[0]!.digest);
    mkdirSync(join(object, '..'), { recursive: true });
    copyFileSync(path, object);
    mkdirSync(join(store.local.resultPath(result.digest), '..'), { recursive: true });
    writeFileSync(store.local.resultPath(result.digest), JSON.stringify(result));
    made.push(result);
  }
  const stages = made.slice(0, 100).map(({ digest }, n) => {
    return [`stage${n}`, { result: digest, outputs: { out: `out/${n}` }, isFinal: true }] as const;
  });
  store.outbox.shareRun(
    {
      run: '2025-01-31T09-12-03.042-4f2a',
      pipeline: 'bench',
      stages: Object.fromEntries(stages),
    },
    undefined,
  );
  await store.close();
  return made;
}

/**
 * Lets our push and the peers take turns. Prints medians, ratios and, for S3, the requests of the
 * last round.
 */
async function beside(
  what: string,
  ours: (round: number) => Promise<number>,
  peers: Readonly<Record<string, (round: number) => Promise<number>>>,
  seen: readonly Seen[] = [],
) {
  const all = Object.entries({ ours, ...peers }).map(([name, run]) => ({
    name,
    run,
    times: [] as number[],
    asked: 0,
  }));
  let done = 0;
  for (const first = performance.now(); done < rounds; done++) {
    const usual = (performance.now() - first) / done;
    if (done > 0 && performance.now() + usual > limit) break;
    for (const tool of all) {
      const before = seen.length;
      tool.times.push(await tool.run(done));
      tool.asked = seen.length - before;
    }
  }
  const tell = ({ times, asked: restage }: (typeof all)[number]) =>
    `${median(times).toFixed(2)} s${restage > 0 ? ` and ${restage} requests` : ''}`;
  const [restage, ...others] = all;
  for (const rival of others) {
    const ratio = (median(restage!.times) / median(rival.times)).toFixed(2);
    console.log(
      `${what}: ${tell(restage!)}, ${rival.name} ${tell(rival)}: ${ratio} (goal 1.2; medians of ${done})`,
    );
  }
}

/** Pushes the results of a project to a new store. Returns the seconds. */
async function pushAnew(
  name: string,
  url: string,
  from: string,
  endpoint?: string,
): Promise<number> {
  const folder = await project(name, url, endpoint);
  execFileSync('cp', ['-al', join(from, 'cache'), join(folder, 'cache')]);
  rmSync(join(folder, 'cache/remote'), { recursive: true, force: true });
  return await command(folder, 'store', 'push');
}

try {
  if (noS3 !== undefined) throw new Error(noS3);
  mkdirSync(source);
  for (let n = 0; n < results; n++) writeFileSync(join(source, `${n}.bin`), randomBytes(size));
  writeFileSync(awsFile, '[default]\ns3 =\n  max_concurrent_requests = 16\n');
  await using server = await S3Server.start();
  const { seen, endpoint, close } = await countingProxy(server.endpoint);
  const count = (method: string, part: RegExp) =>
    seen.filter((request) => request.method === method && part.test(request.url)).length;
  const maker = await project('maker', 's3://bucket/a', endpoint);
  const made = await makeResults(maker);
  seen.length = 0;
  await command(maker, 'store', 'push');
  console.log(
    `push of ${results}: ${count('PUT', /\/packs\//)} PUTs of packs (goal 15), ${seen.length} requests in all`,
  );
  seen.length = 0;
  await command(maker, 'store', 'push');
  console.log(`push again: ${seen.length} requests (goal 1)`);
  seen.length = 0;
  await command(maker, 'store', 'status');
  console.log(
    `status: ${count('GET', /list-type/)} LIST pages (goal ${Math.ceil(results / 1000)}), ${seen.length} requests`,
  );

  const data = () => seen.filter(({ url }) => /\/(packs|objects)\//.test(url));
  const costs = () => {
    const bytes = data().reduce((sum, request) => sum + request.bytes, 0);
    return `${seen.length} requests, ${data().length} of them for ${bytes} bytes of contents`;
  };
  const clone = join(root, 'clone');
  const puller = join(root, 'puller');
  for (const copy of [clone, puller]) {
    cpSync(maker, copy, { recursive: true, filter: (path) => path !== join(maker, 'cache') });
  }
  const store = await openIn(clone);
  const wanted = made
    .filter((_, n) => n % Math.max(1, Math.floor(results / 100)) === 0)
    .slice(0, 100);
  seen.length = 0;
  for (const { digest } of wanted) await store.lookup(digest);
  await store.fetch(wanted.flatMap(({ outputs }) => Object.values(outputs)));
  await store.close();
  const bytes = data().reduce((sum, request) => sum + request.bytes, 0);
  const share = (bytes / (wanted.length * size)).toFixed(3);
  console.log(
    `restore of ${wanted.length}: ${share} times the needed bytes (goal 1.05); ${costs()}`,
  );
  seen.length = 0;
  await command(puller, 'store', 'pull', 'bench.yaml', 'stage7');
  console.log(`pull of one stage: ${count('GET', /./)} GETs (goal 10); ${costs()}`);

  if (noSshd === undefined) {
    await using host = await SshServer.start();
    env['PATH'] = host.path;
    const rsync = (name: string, ...options: readonly string[]) =>
      timed('rsync', ['-a', ...options, `${source}/`, `testhost:${join(root, name)}/`]);
    await beside(
      'SSH',
      (round) => pushAnew(`ssh${round}`, `ssh://testhost${join(root, `remote${round}`)}`, maker),
      {
        'rsync --fsync': (round) => rsync(`synced${round}`, '--fsync'),
        rsync: (round) => rsync(`rsync${round}`),
      },
    );
  } else console.log(`SSH: ${noSshd}`);
  const runOwn = (round: number) =>
    pushAnew(`s3-${round}`, `s3://bucket/own${round}`, maker, endpoint);
  const rclone = (round: number) =>
    timed('rclone', [
      'copy',
      source,
      `:s3:bucket/rclone${round}`,
      '--s3-provider',
      'Other',
      '--s3-endpoint',
      endpoint,
      '--s3-env-auth',
      '--s3-no-check-bucket',
      '--transfers',
      '16',
      '--log-level',
      'ERROR',
    ]);
  const aws = (round: number) =>
    timed('aws', [
      's3',
      'sync',
      '--quiet',
      '--endpoint-url',
      endpoint,
      source,
      `s3://bucket/sync${round}`,
    ]);
  await beside('S3', runOwn, { rclone, 'aws s3 sync': aws }, seen);
  close();
} finally {
  rmSync(root, { recursive: true, force: true });
}
