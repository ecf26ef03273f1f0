import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { partialValue } from '../../../../test/support/partial-value.ts';
import { StageFailure } from '../../execution/stage-failures.ts';
import type { HostFacts } from './host-messages.ts';
import { type HostConnection, HostPool } from './host-pool.ts';
import type { Refusal } from './ssh-host.ts';

/** A connection whose fate the test decides. */
class Fate implements HostConnection {
  readonly host: string;
  readonly ready: Promise<HostFacts | Refusal>;
  readonly ended: Promise<Refusal>;
  #begin: (answer: HostFacts | Refusal) => void = () => {};
  #end: (refusal: Refusal) => void = () => {};

  constructor(host: string) {
    this.host = host;
    this.ready = new Promise((resolve) => {
      this.#begin = resolve;
    });
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  begin(cpu: number, gpu = 0): void {
    this.#begin(partialValue<HostFacts>({ cpu, gpu, memory: 1000 }));
  }

  end(message: string, final = false): void {
    this.#end({ message, final });
    this.#begin({ message, final });
  }

  close(): void {}
}

/** A pool whose connections the test gets by the name of their host, the last one of each. */
function poolOf(...names: readonly string[]) {
  const connections = new Map<string, Fate>();
  const warnings: string[] = [];
  const abort = new AbortController();
  const pool = new HostPool<Fate>({
    place: 'lab',
    hosts: names.map((host) => ({ host })),
    open: ({ host }) => {
      const connection = new Fate(host);
      connections.set(host, connection);
      return connection;
    },
    most: 10,
    patience: 600_000,
    signal: abort.signal,
    warn: (message) => warnings.push(message),
  });
  return { pool, on: (name: string) => connections.get(name)!, warnings, abort };
}

const want = (cpu: number, gpu = 0) => ({ cpu, gpu, memory: 0 });

test('stages get hosts with room in order, and none more than all of one', async () => {
  const { pool, on } = poolOf('a', 'b');
  const given: string[] = [];
  const acquire = async (name: string, cpu: number) => {
    const grant = await pool.acquire(want(cpu));
    given.push(`${name} ${grant.host.host} ${grant.share.cpu}`);
    return grant;
  };
  const first = acquire('first', 3);
  on('a').begin(4);
  on('b').begin(2);
  const grant = await first;
  const all = acquire('all', Number.POSITIVE_INFINITY);
  await all;
  const third = acquire('third', 4);
  const small = acquire('small', 1);
  await nextTurn();
  assert.deepEqual(given, ['first a 3', 'all b 2']);
  grant[Symbol.dispose]();
  (await all)[Symbol.dispose]();
  await Promise.all([third, small]);
  assert.deepEqual(given.slice(2), ['third a 4', 'small b 1']);
  pool.close();
});

test('a stage that needs cards waits for a host that has them, and keeps no other host from others', async () => {
  const { pool, on } = poolOf('plain', 'cards');
  const cards = pool.acquire(want(1, 2));
  on('plain').begin(4, 0);
  assert.equal((await pool.acquire(want(1))).host.host, 'plain');
  on('cards').begin(4, 2);
  assert.equal((await cards).host.host, 'cards');
  await assert.rejects(
    pool.acquire(want(1, 3)),
    new StageFailure(
      'asks for 3 graphics cards, and no host of the place "lab" has so many (plain: no graphics cards; cards: 2 graphics cards)'.replace(
        'no graphics cards',
        '0 graphics cards',
      ),
    ),
  );
  pool.close();
});

test('where every host is refused, stages fail with the reasons', async () => {
  const { pool, on, warnings } = poolOf('a', 'b');
  const waiting = pool.acquire(want(1));
  on('a').end('it has Restage 1.0.0', true);
  on('b').end('Permission denied', true);
  await assert.rejects(
    waiting,
    new StageFailure(
      'no host of the place "lab" could be used (a: it has Restage 1.0.0; b: Permission denied)',
    ),
  );
  assert.deepEqual(warnings, [
    'a is not used in this run: it has Restage 1.0.0',
    'b is not used in this run: Permission denied',
  ]);
  pool.close();
});

test('a stage goes to the host that had it before, if that is back in time', async () => {
  const { pool, on } = poolOf('a', 'b');
  const first = pool.acquire(want(1));
  on('a').begin(8);
  on('b').begin(2);
  (await first)[Symbol.dispose]();
  const again = await pool.acquire(want(1), { host: 'b', patience: 0 });
  assert.equal(again.host.host, 'b');
  on('b').end('the connection ended');
  await nextTurn();
  const away = await pool.acquire(want(1), { host: 'b', patience: 10 });
  assert.equal(away.host.host, 'a');
  pool.close();
});

test('an interrupt ends the waiting', async () => {
  const { pool, abort } = poolOf('a');
  const waiting = pool.acquire(want(1));
  abort.abort(new Error('interrupted'));
  await assert.rejects(waiting, new Error('interrupted'));
  pool.close();
});
