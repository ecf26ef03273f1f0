import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mock, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts';
import { sha256 } from '../../../digest.ts';
import type { Bucket, FileBody, StoredKey } from './buckets/bucket.ts';
import { collectShared } from './collect-shared.ts';
import { type Location, openEnvelope, resultKey } from './envelope.ts';
import { ensureKey } from './keys.ts';
import { Push } from './push.ts';

/** More of them: `RESTAGE_ROUNDS=2000 node --import tsx --test <this file>`. */
const rounds = Number(process.env['RESTAGE_ROUNDS'] ?? 200);
/**
 * Milliseconds between a mark and its end, and the most by which the clock goes on with each
 * request.
 */
const delay = 600_000;
const step = 3_000;

/** Numbers below `end` that follow from a seed. */
function randomBelow(seed: number): (end: number) => number {
  let state = seed + 1;
  return (end) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor((state / 2 ** 31) * end);
  };
}

/**
 * Bytes in memory. Each request waits until {@link serveAll} picks it, so that requests come in any
 * order.
 */
class WaitingBucket implements Bucket {
  readonly requests = 16;
  readonly patience = 2_500;
  readonly files = new Map<
    string,
    { readonly size: number; readonly bytes: Buffer; readonly time: number }
  >();
  readonly #waiting: (() => void)[] = [];

  async get(key: string): Promise<Buffer | undefined> {
    return await this.#inTurn(() => this.files.get(key)?.bytes);
  }

  async head(key: string): Promise<number | undefined> {
    return await this.#inTurn(() => this.files.get(key)?.size);
  }

  async put(key: string, body: Buffer | FileBody): Promise<void> {
    const size = Buffer.isBuffer(body) ? body.length : body.size;
    const bytes = Buffer.isBuffer(body) ? body : Buffer.alloc(0);
    await this.#inTurn(() => void this.files.set(key, { size, bytes, time: Date.now() }));
  }

  async *list(prefix: string): AsyncIterable<StoredKey> {
    yield* await this.#inTurn(() =>
      Array.from(this.files, ([key, { size, time }]) => ({ key, size, time })).filter(({ key }) =>
        key.startsWith(prefix),
      ),
    );
  }

  async top(): Promise<readonly string[]> {
    return [];
  }

  async delete(key: string): Promise<void> {
    await this.#inTurn(() => void this.files.delete(key));
  }

  async close(): Promise<void> {}

  async #inTurn<T>(act: () => T): Promise<T> {
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return act();
  }

  /** Answers waiting requests in a random order while the clock goes on, until all work is done. */
  async serveAll(
    work: readonly Promise<unknown>[],
    random: (end: number) => number,
  ): Promise<void> {
    let isDone = false;
    const all = Promise.all(work).finally(() => {
      isDone = true;
    });
    while (!isDone) {
      await setImmediate();
      const [next] = this.#waiting.splice(random(this.#waiting.length), 1);
      if (next !== undefined) mock.timers.tick(random(step));
      next?.();
    }
    await all;
  }
}

test(`gc and pushes, ${rounds} rounds with their requests in any order: nothing that a result names is gone`, async (t) => {
  const folder = temporaryFolder(t);
  const key = ensureKey(join(folder, 'key.pem'));
  mock.timers.enable({ apis: ['Date'], now: 1_700_000_000_000 });
  t.after(() => mock.timers.reset());
  const objects = Array.from({ length: 10 }, (_, index) => {
    const bytes = Buffer.alloc(index === 0 ? 1_100_000 : 1000 + index, String(index));
    const object = { digest: sha256(bytes), path: join(folder, String(index)) };
    writeFileSync(object.path, bytes);
    return object;
  });
  const fingerprints = Array.from({ length: 8 }, (_, index) => sha256(`result ${index}`));
  const bucket = new WaitingBucket();
  const located = [0, 1, 2].map(() => new Map<ReturnType<typeof sha256>, Location>());
  const totals = { results: 0, deleted: 0, marked: 0, sent: 0 };
  for (let round = 0; round < rounds; round++) {
    const random = randomBelow(round);
    const parcel = () => ({
      kind: 'result' as const,
      key: resultKey(fingerprints[random(fingerprints.length)]!, key.id),
      text: '{}',
      objects: Array.from({ length: 1 + random(3) }, () => objects[random(objects.length)]!),
      onSent: () => void totals.sent++,
    });
    const push = async (known: Map<ReturnType<typeof sha256>, Location>) => {
      const sending = new Push({ key, located: known, request: (act) => act(bucket) });
      for (let part = 0; part <= random(4); part++) await sending.send([parcel(), parcel()]);
    };
    const collect = async () => {
      const collected = await collectShared(bucket, {
        keep: random(2) * 500_000,
        keepSize: random(2) === 0 ? undefined : random(2_500_000),
        delay,
        remove: true,
      });
      totals.results += collected.results;
      totals.deleted += collected.deleted;
      totals.marked += collected.marked;
    };
    await bucket.serveAll([...located.map(push), collect(), collect()], random);
    for (const [name, { bytes }] of bucket.files) {
      if (!name.startsWith('results/')) continue;
      for (const { key: at, start, length } of openEnvelope(
        'result',
        bytes,
        key.text,
      )!.locations.values()) {
        assert.ok(
          (bucket.files.get(at)?.size ?? -1) >= start + length,
          `round ${round}: ${name} names ${at}`,
        );
      }
    }
    mock.timers.tick(random(2) * random(2 * delay));
  }
  assert.ok(
    Math.min(...Object.values(totals)) > rounds / 4,
    `something of each happened: ${JSON.stringify(totals)}`,
  );
});
