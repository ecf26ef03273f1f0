import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Admission, type Grant } from './admission.ts';
import { IdleWorkers } from './processes/idle-workers.ts';

const machine = { cpu: 4, gpu: 1, memory: 100 };
const never = new AbortController().signal;

/** Lets every promise that can go on do so. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

interface Asked {
  grant?: Grant;
  error?: unknown;
}

async function ask(
  admission: Admission,
  want: { cpu?: number; gpu?: number; memory?: number },
  signal = never,
): Promise<Asked> {
  const request: Asked = {};
  void admission.acquire({ cpu: 1, gpu: 0, memory: 0, ...want }, signal).then(
    (grant) => Object.assign(request, { grant }),
    (error) => Object.assign(request, { error }),
  );
  await settle();
  return request;
}

/** A function, since `assert.equal` would narrow the type of what later changes. */
const assertWaits = ({ grant }: Asked): void => assert.equal(grant, undefined);

test('stages run side by side while cores last, and the next begins when one ends', async () => {
  const admission = new Admission(machine, 8);
  const first = await ask(admission, { cpu: 3 });
  const second = await ask(admission, { cpu: 2 });
  assert.equal(first.grant?.cpu, 3);
  assertWaits(second);
  first.grant?.release();
  await settle();
  assert.equal(second.grant?.cpu, 2);
});

test('a large stage is not starved by the small ones behind it', async () => {
  const admission = new Admission(machine, 8);
  const running = await ask(admission, { cpu: 2 });
  const large = await ask(admission, { cpu: 4 });
  const small = await ask(admission, { cpu: 1 });
  assertWaits(small);
  running.grant?.release();
  await settle();
  assert.equal(large.grant?.cpu, 4);
  assertWaits(small);
});

test('a stage that asks for more than there is gets all there is', async () => {
  const admission = new Admission({ cpu: 2, gpu: 0, memory: 50 }, 8);
  const request = await ask(admission, { cpu: 16, gpu: 1, memory: 80 });
  assert.deepEqual([request.grant?.cpu, request.grant?.gpu, request.grant?.memory], [2, 0, 50]);
});

test('GPUs and memory are shared as cores are', async () => {
  const admission = new Admission(machine, 8);
  const trainer = await ask(admission, { gpu: 1, memory: 60 });
  const second = await ask(admission, { gpu: 1 });
  assertWaits(second);
  trainer.grant?.release();
  await settle();
  assert.equal(second.grant?.gpu, 1);
  assert.equal((await ask(admission, { memory: 60 })).grant?.memory, 60);
  assertWaits(await ask(admission, { memory: 60 }));
});

test('at most `slots` stages run at once, however little they ask for', async () => {
  const admission = new Admission(machine, 1);
  const first = await ask(admission, {});
  const second = await ask(admission, {});
  assertWaits(second);
  first.grant?.release();
  first.grant?.release(); // a share is given back once
  await settle();
  assert.equal(second.grant?.cpu, 1);
  assertWaits(await ask(admission, {}));
});

test('a stage that is aborted while it waits makes way for those behind it', async () => {
  const admission = new Admission(machine, 8);
  await ask(admission, { cpu: 2 });
  const abort = new AbortController();
  const large = await ask(admission, { cpu: 4 }, abort.signal);
  const small = await ask(admission, { cpu: 2 });
  abort.abort(new Error('interrupted'));
  await settle();
  assert.deepEqual(large.error, new Error('interrupted'));
  assert.equal(small.grant?.cpu, 2);
});

test('decimal shares that fill the machine run together, and all of it is free once they are released', async () => {
  const shares = fc.array(fc.record({ tenths: fc.integer({ min: 1, max: 9 }), order: fc.nat() }), {
    minLength: 1,
  });
  await fc.assert(
    fc.asyncProperty(shares, async (parts) => {
      const cpu = parts.reduce((sum, { tenths }) => sum + tenths, 0) / 10;
      const admission = new Admission({ cpu, gpu: 0, memory: 0 }, parts.length);
      const requests = await Promise.all(
        parts.map(({ tenths }) => ask(admission, { cpu: tenths / 10 })),
      );
      assert.ok(requests.every(({ grant }) => grant !== undefined));
      const all = await ask(admission, { cpu });
      assertWaits(all);
      const shuffled = requests.map((request, index) => ({ request, order: parts[index]!.order }));
      for (const { request } of shuffled.sort((a, b) => a.order - b.order))
        request.grant?.release();
      await settle();
      assert.equal(all.grant?.cpu, cpu);
    }),
  );
});

test('idle workers end when a stage needs their memory, and stay when it does not', async () => {
  const idle = new IdleWorkers({ workers: 2, memory: 100 });
  const ended = new Promise<void>(() => {});
  let kills = 0;
  const kill = async () => {
    kills += 1;
  };
  idle.keep({ isAlive: true, ended, kill }, 'a', 30);
  const admission = new Admission(machine, 8, idle);
  assert.ok((await ask(admission, { memory: 70 })).grant);
  assert.equal(kills, 0);
  assert.ok((await ask(admission, { memory: 10 })).grant);
  assert.deepEqual([kills, idle.memory], [1, 0]);
});
