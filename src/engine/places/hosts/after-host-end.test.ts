import assert from 'node:assert/strict';
import { test } from 'node:test';
import { afterHostEnd, noTries } from './after-host-end.ts';

const lost = { type: 'host lost', message: 'the connection ended' } as const;
const killed = { type: 'killed', message: 'its process ended unexpectedly (SIGKILL)' } as const;

test('a stage runs again when its host is lost, five times, and when its process is killed, three times', () => {
  const ends = (end: typeof lost | typeof killed) => {
    let tries = noTries;
    for (let times = 0; ; times += 1) {
      const next = afterHostEnd(end, 'gpu1', tries);
      if (next.step !== 'again') return { times, next };
      tries = next.tries;
    }
  };
  assert.deepEqual(ends(lost), {
    times: 5,
    next: {
      step: 'fail',
      message: 'gpu1 was lost: the connection ended, and 5 attempts before it ended so, too',
    },
  });
  assert.equal(ends(killed).times, 3);
});

test('a stage that comes further on each host may lose any number of them', () => {
  let tries = noTries;
  for (let epoch = 1; epoch <= 20; epoch += 1) {
    const next = afterHostEnd(lost, 'gpu1', { ...tries, reachedNow: epoch });
    assert.equal(next.step, 'again');
    if (next.step === 'again') tries = next.tries;
  }
  assert.deepEqual(tries, { lost: 1, killed: 0, reached: 20 });
});

test('a failure of the stage counts, and a changed input is decided again', () => {
  assert.deepEqual(afterHostEnd({ type: 'failed', message: 'exited with code 1' }, 'a', noTries), {
    step: 'fail',
    message: 'exited with code 1',
  });
  const message = 'data/a.txt changed while the stage waited for its job';
  assert.equal(
    afterHostEnd({ type: 'refused', what: 'input', message }, 'a', noTries).step,
    'decide',
  );
});

test('a host cannot end a stage as a scheduler would', () => {
  const next = afterHostEnd({ type: 'cancelled', by: 'by somebody' }, 'gpu1', noTries);
  assert.deepEqual(next, { step: 'fail', message: 'gpu1 said that it is cancelled' });
});
