import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts';
import { StageError } from '../../../stage.ts';
import { IdleWorkers } from './idle-workers.ts';
import { type LoadProgram, processRunner, type RunProcess } from './process-runner.ts';
import type { ProcessEnd, ProcessJob } from './run-and-stop.ts';
import type { StageMessage, StageRequest } from './stage-messages.ts';
import type { StageProcess } from './stage-process.ts';

process.execArgv = []; // the processes below are plain JavaScript, and need no loader

/** How a process ended, with all that it sent and printed. */
interface Ran {
  readonly end: ProcessEnd;
  readonly messages: readonly StageMessage[];
  readonly output: string;
  /** Undefined where there is no log. */
  readonly log: string | undefined;
}

interface RunOptions
  extends Partial<Pick<ProcessJob, 'timeout' | 'signal' | 'kill' | 'resources' | 'env'>> {
  readonly request?: Partial<StageRequest>;
  readonly onOutput?: (text: string) => void;
}

/**
 * Writes the entry of processes that do this, as the body of a function of `request` and `send`, at
 * each request.
 */
function writeEntry(root: string, body: string): string {
  const entry = join(root, 'entry.mjs');
  writeFileSync(
    entry,
    `const send = (message) => process.send(message);
process.on('message', async (request) => { ${body} });
send({ type: 'ready' });
setInterval(() => {}, 1000);
`,
  );
  return entry;
}

/** Runs one job. */
async function serve(runProcess: RunProcess, root: string, options: RunOptions = {}): Promise<Ran> {
  const log = join(root, `log-${randomUUID()}`);
  const messages: StageMessage[] = [];
  let output = '';
  const never = new AbortController().signal;
  const end = await runProcess({
    request: {
      kind: 'odd',
      settings: {},
      inputs: {},
      lists: [],
      outputs: {},
      cpus: 1,
      backend: 'auto',
      scratch: root,
      root,
      ...options.request,
    },
    env: options.env ?? process.env,
    resources: options.resources ?? { cpu: 1, gpu: 0, memory: 0 },
    log,
    timeout: options.timeout,
    translate: (text) => text.replaceAll('/private', './public'),
    onMessage: (message) => messages.push(message),
    onOutput: (text) => {
      output += text;
      options.onOutput?.(output);
    },
    signal: options.signal ?? never,
    kill: options.kill ?? never,
  });
  return { end, messages, output, log: existsSync(log) ? readFileSync(log, 'utf8') : undefined };
}

/** Runs one job in a process that does this, and does not stay. */
async function run(
  t: TestContext,
  body: string,
  options: RunOptions = {},
  loadProgram: LoadProgram = async () => undefined,
): Promise<Ran> {
  const root = temporaryFolder(t);
  return await serve(processRunner(writeEntry(root, body), loadProgram), root, options);
}

test("a process gets its request, and private paths in what it sends and prints are replaced by the project's", async (t) => {
  const { end, messages, output, log } = await run(
    t,
    `send({ type: 'info', message: request.kind + ' reads /private' });
send({ type: 'warn', message: 'look at /private' });
send({ type: 'note', name: 'n', value: 1 });
send({ type: 'log', message: 'logged /private' });
process.stdout.write('printed /private\\n', () => send({ type: 'done' }));`,
  );
  assert.equal(end.ok, true);
  assert.deepEqual(messages, [
    { type: 'info', message: 'odd reads ./public' },
    { type: 'warn', message: 'look at ./public' },
    { type: 'note', name: 'n', value: 1 },
  ]);
  assert.deepEqual(output.split('\n').sort(), ['', 'logged ./public', 'printed ./public']);
  assert.equal(log, output);
});

test('a process that only ends well leaves no log', async (t) => {
  const { end, log } = await run(t, "send({ type: 'done' })");
  assert.deepEqual([end.ok, log], [true, undefined]);
});

test('a failure is reported with its message, and the stack of a bug goes to the log', async (t) => {
  const mistake = await run(t, "send({ type: 'failed', message: 'no /private' })");
  assert.deepEqual([mistake.end, mistake.log], [{ ok: false, message: 'no ./public' }, undefined]);
  const bug = await run(t, "send({ type: 'failed', message: 'no', stack: 'at /private' })");
  assert.deepEqual(bug.end, { ok: false, message: 'no' });
  assert.equal(bug.log, 'at ./public\n');
});

test('a process that is killed or exits without a word has ended unexpectedly', async (t) => {
  const killed = await run(t, "process.kill(process.pid, 'SIGKILL')");
  assert.deepEqual(killed.end, {
    ok: false,
    message: 'its process ended unexpectedly (SIGKILL)',
    killed: true,
  });
  const exited = await run(t, 'process.exit(3)');
  assert.deepEqual(exited.end, {
    ok: false,
    message: 'its process ended unexpectedly (exit code 3)',
  });
});

test('a stray message fails the stage at once, and what follows the last message is ignored', async (t) => {
  const stray = await run(t, "send({ type: 'progress', done: 'half' }); send({ type: 'done' })");
  assert.deepEqual(stray.end, {
    ok: false,
    message:
      "the kind odd sent { type: 'progress', done: 'half' } to Restage by process.send. That channel is Restage's own: use the context instead",
  });
  const late = await run(
    t,
    "send({ type: 'done' }); send({ type: 'warn', message: 'late' }); send({ type: 'odd' })",
  );
  assert.deepEqual([late.end.ok, late.messages], [true, []]);
});

test('a message of more than 1 MiB fails the stage, and a longer reason of a failure is cut', async (t) => {
  const { end } = await run(
    t,
    `send({ type: 'note', name: 'large', value: 'x'.repeat(2_000_000) }); send({ type: 'done' })`,
  );
  const message = 'sent a message of more than 1 MiB to Restage: write large values to an output';
  assert.deepEqual(end, { ok: false, message });
  const failed = await run(t, `send({ type: 'failed', message: 'x'.repeat(2_000_000) })`);
  assert.deepEqual(failed.end, { ok: false, message: `${'x'.repeat(9_999)}…` });
});

test('an interrupt asks a process to end, and a second one ends it', async (t) => {
  const begun = "process.stdout.write('begun')";
  const controller = new AbortController();
  const gentle = await run(t, `process.once('SIGTERM', () => process.exit(0)); ${begun}`, {
    signal: controller.signal,
    onOutput: () => controller.abort(),
  });
  assert.deepEqual(gentle.end, { ok: false, message: 'interrupted' });
  const signal = new AbortController();
  const kill = new AbortController();
  const stubborn = await run(
    t,
    `process.on('SIGTERM', () => process.stdout.write(', asked')); ${begun}`,
    {
      signal: signal.signal,
      kill: kill.signal,
      onOutput: (output) => (output === 'begun' ? signal.abort() : kill.abort()),
    },
  );
  assert.deepEqual(
    [stubborn.end, stubborn.output],
    [{ ok: false, message: 'interrupted' }, 'begun, asked'],
  );
});

test('a stage that succeeded just before it was stopped has succeeded, and one that waits is stopped by its timeout', async (t) => {
  const controller = new AbortController();
  const { end } = await run(
    t,
    "process.on('SIGTERM', () => send({ type: 'done' })); process.stdout.write('begun')",
    {
      signal: controller.signal,
      onOutput: () => controller.abort(),
    },
  );
  assert.equal(end.ok, true);
  const slow = await run(t, '', { timeout: 400 });
  assert.deepEqual(slow.end, { ok: false, message: 'took longer than its timeout of 0.4 s' });
});

/** Runs a stage that is a shell command, with a title. */
async function runCommand(t: TestContext, text: string, options: RunOptions = {}): Promise<Ran> {
  const program = async () => () => ({ argv: ['sh', '-e', '-c', text], title: 'the command' });
  return await run(t, '', options, program);
}

test('a program that exits with 0 is a stage that succeeded, and what it prints is the log', async (t) => {
  const { end, output, log } = await runCommand(t, 'pwd; cat; echo /private >&2');
  assert.equal(end.ok, true);
  assert.match(output, /\.\/public\n/);
  assert.equal(log, output);
});

test('a failed program is named with its exit code, or with the signal that killed it', async (t) => {
  for (const [text, message] of [
    ['exit 3', 'exited with code 3: the command'],
    ["sh -c 'kill -KILL $$'; true", 'exited with code 137 (SIGKILL): the command'],
    ['kill -KILL $$', 'was killed by SIGKILL: the command'],
  ] as const) {
    const { end } = await runCommand(t, text);
    assert.deepEqual(end, {
      ok: false,
      message,
      ...(message.includes('SIGKILL') && { killed: true }),
    });
  }
});

test('a failed program says its own last error first', async (t) => {
  const { end } = await runCommand(
    t,
    'echo loading; echo "Error: CUDA out of memory" >&2; echo bye; exit 1',
  );
  assert.deepEqual(end, {
    ok: false,
    message: 'Error: CUDA out of memory\nexited with code 1: the command',
  });
  const { end: missing } = await runCommand(t, 'nothing-of-this-name');
  assert.match(
    'message' in missing ? missing.message : '',
    /^.*nothing-of-this-name.*not found\nexited with code 127: the command$/,
  );
});

test('without file descriptors left, a program fails and the run continues', () => {
  const code = `import { openSync } from 'node:fs';
import { StageProcess } from ${JSON.stringify(new URL('./stage-process.ts', import.meta.url).href)};
try { for (;;) openSync('/dev/null', 'r'); } catch {}
const { error } = await StageProcess.program({ argv: ['true'], title: '' }, '/', process.env).ended;
console.log(error.message);`;
  const argv = [process.execPath, '--import', 'tsx', '--input-type=module', '-e', code];
  const { stdout } = spawnSync('sh', ['-c', 'ulimit -n 200 && exec "$@"', 'sh', ...argv], {
    encoding: 'utf8',
  });
  assert.equal(stdout, 'spawn /bin/sh EMFILE\n');
});

test('an interrupt gives a program time to clean up, and what it still completes counts', async (t) => {
  for (const [code, expected] of [
    [0, { ok: true, contained: true }],
    [1, { ok: false, message: 'interrupted' }],
  ] as const) {
    const interrupt = new AbortController();
    const { end, output } = await runCommand(
      t,
      `trap 'echo cleaned; exit ${code}' TERM; echo ready; while :; do :; done`,
      {
        signal: interrupt.signal,
        onOutput: (text) => text === 'ready\n' && interrupt.abort(),
      },
    );
    assert.equal(output, 'ready\ncleaned\n');
    assert.deepEqual(end, expected);
  }
});

test('a mistake that shows while the program is made fails the stage without a stack', async (t) => {
  const program = async () => () => {
    throw new StageError('too many paths in /private');
  };
  assert.deepEqual((await run(t, '', {}, program)).end, {
    ok: false,
    message: 'too many paths in ./public',
  });
  const full = async () => () => {
    throw Object.assign(new Error('ENOSPC: no space left on device, write'), {
      code: 'ENOSPC',
      syscall: 'write',
    });
  };
  const { end } = await run(t, '', {}, full);
  assert.match(
    end.ok ? '' : end.message,
    /^Cannot write its files: the disk is full\. Free some space/,
  );
});

/** Runs jobs one after the other, and gives the number of the process that served each. */
async function servedBy(t: TestContext, jobs: readonly RunOptions[]): Promise<readonly number[]> {
  const root = temporaryFolder(t);
  const body = `process.stdout.write(String(process.pid), () => {
    if (request.settings.fails) send({ type: 'failed', message: 'no' });
    else send({ type: 'done', memory: 1000 });
  });`;
  const idle = new IdleWorkers<StageProcess>({ workers: 8, memory: 1_000_000 });
  const runProcess = processRunner(writeEntry(root, body), async () => undefined, idle);
  const pids: number[] = [];
  for (const job of jobs) {
    const { end, output, log } = await serve(runProcess, root, job);
    assert.equal(end.ok, job.request?.settings?.['fails'] !== true);
    assert.equal(log, output); // what a process prints belongs to the job that it serves
    pids.push(Number(output));
  }
  await idle.end();
  for (const pid of pids) assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
  return pids;
}

test('a waiting process that was killed is replaced, and a stage that had begun is not begun again', async (t) => {
  const root = temporaryFolder(t);
  const body = `send({ type: 'begun' });
  process.stdout.write(process.pid + ' ', () => {
    if (request.settings.dies) process.kill(process.pid, 'SIGKILL');
    else send({ type: 'done', memory: 1000 });
  });`;
  const idle = new IdleWorkers<StageProcess>({ workers: 8, memory: 1_000_000 });
  const runProcess = processRunner(writeEntry(root, body), async () => undefined, idle);
  const first = await serve(runProcess, root);
  process.kill(Number(first.output), 'SIGKILL');
  const second = await serve(runProcess, root); // in the turn in which nobody has seen its end
  assert.deepEqual(second.end, { ok: true, contained: true });
  assert.notEqual(second.output, first.output);
  const dies = await serve(runProcess, root, { request: { settings: { dies: true } } });
  assert.equal(dies.output, second.output);
  const message = 'its process ended unexpectedly (SIGKILL)';
  assert.deepEqual(dies.end, { ok: false, message, killed: true });
  await idle.end();
});

test('a process stays for the next stage with the same threads, backend, environment and GPUs', async (t) => {
  const [first, second, threads, backend, env, gpus, again] = await servedBy(t, [
    {},
    {},
    { request: { cpus: 2 } },
    { request: { backend: 'cpu' } },
    { env: { ...process.env, OTHER: '1' } },
    { resources: { cpu: 1, gpu: 1, memory: 0 } },
    {},
  ]);
  assert.equal(second, first);
  assert.equal(again, first);
  assert.equal(new Set([first, threads, backend, env, gpus]).size, 5);
});

test('no process stays after a failure, with more memory than its stage declares, or with code of the project', async (t) => {
  for (const job of [
    { request: { settings: { fails: true } } },
    { resources: { cpu: 1, gpu: 0, memory: 999 } },
    { request: { module: '/the/kind.js' } },
    { request: { launcher: ['strace'] } },
  ]) {
    const [first, second] = await servedBy(t, [job, job]);
    assert.notEqual(second, first);
  }
});
