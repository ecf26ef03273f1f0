import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts';
import { processRunner } from './process-runner.ts';
import type { StageMessage } from './stage-messages.ts';

/** Runs a shell text as a program; gives how it ended, what it sent, and what it printed. */
async function sends(t: TestContext, text: string) {
  const root = temporaryFolder(t);
  const messages: StageMessage[] = [];
  let output = '';
  const never = new AbortController().signal;
  const runProcess = processRunner('', async () => () => ({
    argv: ['sh', '-ec', text],
    title: 'it',
  }));
  const end = await runProcess({
    request: {
      kind: 'command',
      settings: { run: text },
      inputs: {},
      lists: ['in'],
      outputs: { out: '/o' },
      cpus: 2,
      backend: 'auto',
      scratch: `${root}/scratch`,
      root,
      checkpoint: `${root}/checkpoint`,
    },
    env: process.env,
    resources: { cpu: 1, gpu: 0, memory: 0 },
    log: `${root}/log`,
    timeout: undefined,
    translate: (text) => text,
    onMessage: (message) => messages.push(message),
    onOutput: (printed) => {
      output += printed;
    },
    signal: never,
    kill: never,
  });
  return { end, messages, output };
}

const say = (line: string): string => `echo '${line}' >> "$RESTAGE_EVENTS"`;

test('lines that a program appends to RESTAGE_EVENTS become messages, the last ones without waiting', async (t) => {
  const progress = '{"type":"progress","done":1,"total":2,"unit":"rounds"}';
  const point = '{"type":"point","unit":"round","step":1,"values":{"loss":null}}';
  const warn = '{"type":"warn","message":"look"}';
  const { end, messages, output } = await sends(t, [progress, point, warn].map(say).join('\n'));
  assert.deepEqual([end.ok, output], [true, 'warning: look\n']);
  assert.deepEqual(
    messages,
    [progress, point, warn].map((line) => JSON.parse(line)),
  );
});

test('a line that is not a message fails the stage with that line, even if the program succeeds', async (t) => {
  for (const line of ['epoch 1', '{"type":"progress","done":"half"}', '{"type":"done"}']) {
    const { end } = await sends(t, say(line));
    assert.deepEqual(end, {
      ok: false,
      message: `wrote a line to RESTAGE_EVENTS that is not a message: ${line}`,
    });
  }
});

test('a message of more than 1 MiB fails the stage, and is not read to its end', async (t) => {
  const letters = (count: number) => `head -c ${count} /dev/zero | tr '\\0' a`;
  const whole = `{ printf '{"type":"log","message":"'; ${letters(1_100_000)}; echo '"}'; } >> "$RESTAGE_EVENTS"`;
  const endless = `${letters(60_000_000)} >> "$RESTAGE_EVENTS"; exec sleep 1000`;
  const message = 'sent a message of more than 1 MiB to Restage: write large values to an output';
  for (const text of [whole, `${say('{"type":"log","message":"before"}')}; ${endless}`]) {
    const before = process.memoryUsage().arrayBuffers;
    const { end, output } = await sends(t, text);
    assert.deepEqual(end, { ok: false, message });
    assert.ok(process.memoryUsage().arrayBuffers - before < 16_000_000);
    assert.equal(output, text === whole ? '' : 'before\n');
  }
});

test('a message of nearly 1 MiB arrives whole, and so do many that are written at once', async (t) => {
  const { end, output } = await sends(
    t,
    `{ printf '{"type":"log","message":"'; head -c 1000000 /dev/zero | tr '\\0' a; echo '"}'; } >> "$RESTAGE_EVENTS"
for i in $(seq 5000); do echo '{"type":"log","message":"'$i$(printf %0400d 0)'"}'; done >> "$RESTAGE_EVENTS"
printf '\\n\\n{"type":"log","message":"last"}' >> "$RESTAGE_EVENTS"`,
  );
  assert.equal(end.ok, true);
  const lines = output.trimEnd().split('\n');
  assert.deepEqual([lines.length, lines[0]?.length, lines.at(-1)], [5002, 1_000_000, 'last']);
});

test('a program that replaces the file for messages by something else sends none, and ends as usual', async (t) => {
  for (const put of ['mkfifo', 'mkdir', 'ln -s /dev/zero']) {
    const { end, messages } = await sends(t, `rm -f "$RESTAGE_EVENTS"; ${put} "$RESTAGE_EVENTS"`);
    assert.deepEqual([end.ok, messages], [true, []], put);
  }
});

test('a program can say why it fails', async (t) => {
  const { end } = await sends(t, `${say('{"type":"failed","message":"no faces here"}')}; exit 3`);
  assert.deepEqual(end, { ok: false, message: 'no faces here' });
});

test('a program finds its stage in RESTAGE_STAGE, and where its checkpoint is to be', async (t) => {
  const { output } = await sends(t, 'cat "$RESTAGE_STAGE"; echo; basename "$RESTAGE_CHECKPOINT"');
  const [stage = '', checkpoint] = output.split('\n');
  assert.deepEqual(JSON.parse(stage).outputs, { out: '/o' });
  assert.deepEqual(JSON.parse(stage).lists, ['in']);
  assert.equal(JSON.parse(stage).cpus, 2);
  assert.equal(checkpoint, 'checkpoint');
});
