// What the pages of `restage serve` cost: 1,000 runs of ten members, 200 members compared, 20,000
// images, an event on its way, an idle server. Times are of the processor (user and system), so
// that a busy machine changes them little; the time to a browser's first paint is its own on top.
// Run: node --import tsx bench/serve.ts
import { spawn } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { hashFingerprint } from '../src/engine/fingerprint/fingerprint.ts';
import { LocalStore } from '../src/engine/store/local-store.ts';
import { filterRows, sortRows } from '../src/reporting/serve/filter-query.ts';
import { startServer } from '../src/reporting/serve/serve.ts';
import { exampleResult, listArtifact } from '../test/support/example-result.ts';

const runs = 1000;
const members = 10;
const stageOf = (member: number): string => `scores[seed=${member}]`;
const images = 20_000;
const root = mkdtempSync(join(tmpdir(), 'restage-bench-serve-'));
const store = new LocalStore(root);
mkdirSync(join(root, 'pipelines'));

/**
 * Writes runs whose results have settings and numbers of their own, and share the bytes of one
 * object. Returns the last run's id.
 */
async function writeRuns(): Promise<string> {
  const lines = Array.from(
    { length: images },
    (_, i) => `test/${i},test,${i % 2 ? 'fake' : 'real'},${(i % 97) / 97},${(i % 89) / 89}`,
  );
  const file = join(root, 'scores.csv');
  writeFileSync(file, `key,split,label,logit.real,logit.fake\n${lines.join('\n')}\n`);
  const scores = { ...(await listArtifact(file)), type: 'scores' as const };
  await store.storeArtifact(file, scores, { contained: false });
  let last = '';
  for (let r = 0; r < runs; r++) {
    const entries: Record<string, object> = {};
    for (let s = 0; s < members; s++) {
      const made = exampleResult(r * members + s, s === members - 1 ? { scores } : {});
      const settings = {
        seed: s,
        epochs: 5 + (r % 3),
        optimizer: { kind: 'adam', learningRate: 0.001 * (1 + (r % 7)) },
        run: r,
      };
      const fingerprint = { ...made.fingerprint, settings };
      const result = { ...made, fingerprint, digest: hashFingerprint(fingerprint) };
      const path = store.resultPath(result.digest);
      mkdirSync(join(path, '..'), { recursive: true });
      writeFileSync(path, JSON.stringify(result));
      const names = ['accuracy', 'auc', 'balancedAccuracy', 'equalErrorRate', 'loss'];
      const numbers = names.map(
        (name, i) => [`test.${name}`, ((r * 7 + i + s) % 100) / 100] as const,
      );
      const intervals = numbers.map(
        ([name, value]) => [name, [value - 0.05, value + 0.05]] as const,
      );
      entries[stageOf(s)] = {
        outcome: 'ran',
        seconds: 1,
        result: result.digest,
        metrics: Object.fromEntries(numbers),
        intervals: Object.fromEntries(intervals),
      };
    }
    last = `${new Date(1_700_000_000_000 + r * 60_000).toISOString().slice(0, 23).replaceAll(':', '-')}-aaaa`;
    mkdirSync(join(root, 'cache/runs', last), { recursive: true });
    const record = {
      pipeline: 'bench',
      file: 'bench.yaml',
      startedAt: new Date(1_700_000_000_000 + r * 60_000),
      seconds: 9,
      restage: '0',
      stages: entries,
    };
    writeFileSync(join(root, 'cache/runs', last, 'run.json'), JSON.stringify(record));
  }
  return last;
}

/** Prints the milliseconds of processor time and of wall time that an action takes. */
async function timed(what: string, act: () => unknown): Promise<void> {
  const cpu = process.cpuUsage();
  const clock = performance.now();
  const note = await act();
  const { user, system } = process.cpuUsage(cpu);
  console.log(
    `${what}: ${((user + system) / 1000).toFixed(0)} ms of the processor, ${(performance.now() - clock).toFixed(0)} ms${typeof note === 'string' ? `; ${note}` : ''}`,
  );
}

/** The ids of the members of runs. */
const membersOf = (ids: readonly string[]): readonly string[] =>
  ids.flatMap((id) => Array.from({ length: members }, (_, member) => `${id}~${member + 1}`));

/** The resident memory of `restage serve` itself after it has shown each page. Linux only. */
async function memoryOfCommand(last: string, ids: readonly string[]): Promise<string> {
  const program = fileURLToPath(new URL('../bin/restage.js', import.meta.url));
  const child = spawn(
    process.execPath,
    [program, 'serve', '--port', '0', '--token', 'bench-of-memory'],
    { cwd: root },
  );
  const resident = () =>
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024;
  try {
    const port = await new Promise<string>((resolve) => {
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        const port = /127\.0\.0\.1:(\d+)\/\?token/.exec(text)?.[1];
        if (port !== undefined) resolve(port);
      });
    });
    const headers = { cookie: `restage-${port}=bench-of-memory` };
    const show = async (path: string) =>
      await (await fetch(`http://127.0.0.1:${port}${path}`, { headers })).text();
    const parts = [`${resident().toFixed(0)} MB at the start`];
    for (const path of ['/', '/runs.json', '/runs.json?whole']) await show(path);
    parts.push(`${resident().toFixed(0)} MB with the table of runs`);
    await show(`/compare?runs=${ids.slice(0, 100).join(',')}`);
    parts.push(`${resident().toFixed(0)} MB with 100 runs compared`);
    await show('/runs.json?rows=members');
    await show(`/compare?runs=${membersOf(ids.slice(0, 20)).join(',')}`);
    parts.push(`${resident().toFixed(0)} MB with all members, and 200 of them compared`);
    await show(`/images.json?run=${last}&stage=${encodeURIComponent(stageOf(members - 1))}`);
    parts.push(`${resident().toFixed(0)} MB with ${images} images`);
    await delay(5000);
    return `${parts.join(', ')}, ${resident().toFixed(0)} MB 5 s later`;
  } finally {
    child.kill();
  }
}

try {
  const last = await writeRuns();
  const server = await startServer({
    root,
    port: 0,
    token: 'bench',
    planner: { names: () => [], plan: async () => '' },
    fill: () => undefined,
    env: { USER: 'bench', XDG_CONFIG_HOME: root },
    isWritable: true,
    warn: console.warn,
  });
  const headers = { cookie: `restage-${server.port}=bench` };
  const get = (path: string) => fetch(`http://127.0.0.1:${server.port}${path}`, { headers });
  const sizeOf = async (path: string) => {
    const bytes = Buffer.from(await (await get(path)).arrayBuffer());
    const kB = (count: number) => `${(count / 1024).toFixed(0)} kB`;
    return `${kB(bytes.byteLength)}, ${kB(gzipSync(bytes).byteLength)} compressed`;
  };
  await timed('first page of runs, after the start', () => sizeOf('/'));
  await timed('the settings of all results, in the background', () => sizeOf('/runs.json?whole'));
  await timed('page of runs, again', () => sizeOf('/'));
  await timed('table of runs', () => sizeOf('/runs.json'));
  const { columns, ids } = (await (await get('/runs.json')).json()) as {
    columns: Parameters<typeof filterRows>[0];
    ids: string[];
  };
  await timed('filter and sort', () => {
    const { rows } = filterRows(columns, ids.length, '(seed=7 or epochs=6) test.auc>0.8 -failed');
    return `${sortRows(rows, columns, '-scores.test.auc').length} runs`;
  });
  await timed('table of members', () => sizeOf('/runs.json?rows=members'));
  const table = (await (await get('/runs.json?rows=members')).json()) as {
    columns: Parameters<typeof filterRows>[0];
    ids: string[];
  };
  await timed('filter and sort of members', () => {
    const text = '(seed=7 or epochs=6) test.auc>0.8 -failed';
    const { rows } = filterRows(table.columns, table.ids.length, text);
    return `${sortRows(rows, table.columns, '-scores.test.auc').length} members`;
  });
  await timed('200 members compared', () =>
    sizeOf(`/compare?runs=${membersOf(ids.slice(0, 20)).join(',')}`),
  );
  await timed('a note', async () => {
    const answer = await fetch(`http://127.0.0.1:${server.port}/notes`, {
      method: 'POST',
      headers: {
        ...headers,
        origin: `http://127.0.0.1:${server.port}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ run: ids[0], name: 'the first', tag: ['good'] }),
    });
    return `status ${answer.status}`;
  });
  await timed('table of runs, after the note', () => sizeOf('/runs.json'));
  await timed('100 runs compared', () => sizeOf(`/compare?runs=${ids.slice(0, 100).join(',')}`));
  await timed('10 runs compared, with ROC curves', () =>
    sizeOf(`/compare?runs=${ids.slice(0, 10).join(',')}`),
  );
  await timed(`${images} images`, () =>
    sizeOf(`/images.json?run=${last}&stage=${encodeURIComponent(stageOf(members - 1))}`),
  );
  await timed('an event on its way to a page', async () => {
    const run = store.startRun('2026-01-31T09-12-03.042-4f2a', 'bench');
    const line = (event: object) => appendFileSync(run.events, `${JSON.stringify(event)}\n`);
    line({ type: 'run-started', run: run.id, pipeline: 'bench', stages: ['fit'], time: 1 });
    const reader = (await get(`/run/${run.id}/events?from=0`)).body!.getReader();
    await reader.read();
    await delay(500);
    const sentAt = performance.now();
    line({ type: 'stage-started', stage: 'fit', kind: 'train', attempt: 1, attempts: 1, time: 2 });
    await reader.read();
    const took = performance.now() - sentAt;
    await reader.cancel();
    return `it took ${took.toFixed(0)} ms`;
  });
  await timed('10 s idle, no page open', () => delay(10_000));
  await server.close();
  console.log(`memory of the built command: ${await memoryOfCommand(last, ids)} (goal 150 MB)`);
} finally {
  rmSync(root, { recursive: true });
}
