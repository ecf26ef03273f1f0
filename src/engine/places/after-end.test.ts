import assert from 'node:assert/strict';
import { test } from 'node:test';
import { partialValue } from '../../../test/support/partial-value.ts';
import type { Stage } from '../config/pipeline.ts';
import { afterEnd, afterJob, type EndFacts } from './after-end.ts';
import type { PlaceSpec } from './place-spec.ts';
import { slurm } from './schedulers/slurm.ts';

const mebi = 2 ** 20;
const place = {
  name: 'cluster',
  time: 180_000,
  memory: { default: 100 * mebi, most: 300 * mebi },
} as PlaceSpec;
const claim = { worker: '7', restart: 0, host: 'n1', full: true };

const facts = (change: Partial<EndFacts> = {}): EndFacts => ({
  stage: partialValue<Stage>({ checkpointsWithout: [['epochs']] }),
  needs: { cpu: 1, gpu: 0, memory: 100 * mebi },
  tries: { lost: 0, idle: 0, memory: 0 },
  advanced: false,
  resumes: false,
  isOutdated: false,
  place,
  claim,
  phaseOf: slurm.open({ name: 'cluster', options: {} }, {}).phaseOf,
  ...change,
});

test('a time limit is no failure while the checkpoint advances, and one after two whole jobs without a newer one', () => {
  const end = { type: 'stopped' } as const;
  const before = { lost: 2, idle: 1, memory: 0, refused: true } as const;
  assert.deepEqual(afterEnd(end, facts({ advanced: true, resumes: true, tries: before })), {
    step: 'again',
    tries: { lost: 0, idle: 0, memory: 0 },
    message: "its job's time of 3 min 0 s is over: it resumes from its checkpoint",
  });
  const tries = { lost: 0, idle: 1, memory: 0 };
  const message = "its job's time of 3 min 0 s is over: it begins again";
  assert.deepEqual(afterEnd(end, facts()), { step: 'again', tries, message });
  assert.deepEqual(afterEnd(end, facts({ resumes: true })), {
    step: 'again',
    tries,
    message:
      "its job's time of 3 min 0 s is over: it resumes from its checkpoint, which is no further than before",
  });
  assert.deepEqual(afterEnd(end, facts({ tries: { lost: 0, idle: 1, memory: 0 } })), {
    step: 'fail',
    message:
      'did not end within the time limit of 3 min 0 s in 2 jobs, and its checkpoint got no further: raise `time` of the place "cluster"',
  });
});

test('a checkpoint that another processor wrote anew from the start is no advance, so that the stage fails in the end', () => {
  const end = { type: 'stopped' } as const;
  let tries: EndFacts['tries'] = { lost: 0, idle: 0, memory: 0 };
  // Epoch 3 on one node, then epochs 1 and 2 on another one, then epochs 1 to 3 on the first.
  const steps = [3, 2, 3].map((reached) => {
    const next = afterEnd(end, facts(afterJob(tries, { reached, rewritten: true })));
    if (next.step === 'again') tries = next.tries;
    return next.step;
  });
  assert.deepEqual(
    [steps, tries],
    [['again', 'again', 'fail'], { lost: 0, idle: 1, memory: 0, reached: 3 }],
  );
  assert.deepEqual(
    afterJob({ ...tries, lost: 5 }, { reached: 3, rewritten: true }).advanced,
    false,
  );
  assert.deepEqual(afterJob(tries, { reached: 4, rewritten: true }).advanced, true);
  assert.deepEqual(afterJob(tries, { reached: 4, rewritten: false }).advanced, false);
});

test('a checkpoint of a stage without curves advances whenever it is written', () => {
  const tries = { lost: 0, idle: 0, memory: 0 };
  assert.deepEqual(afterJob(tries, { reached: 0, rewritten: true }), { tries, advanced: true });
  assert.deepEqual(afterJob(tries, { reached: 0, rewritten: false }), { tries, advanced: false });
});

test('a stage that began late in the time of its job proves nothing about the limit', () => {
  const end = { type: 'lost', state: 'TIMEOUT' } as const;
  const late = facts({ tries: { lost: 0, idle: 1, memory: 0 }, claim: { ...claim, full: false } });
  const next = afterEnd(end, late);
  assert.deepEqual(next.step === 'again' && next.tries, { lost: 0, idle: 1, memory: 0 });
});

test("a stage that runs out of memory gets twice as much, up to the place's limit, and later jobs no less", () => {
  const end = { type: 'lost', state: 'OUT_OF_MEMORY' } as const;
  const first = afterEnd(end, facts());
  assert.deepEqual(first.step === 'again' && first.tries.memory, 200 * mebi);
  const second = afterEnd(end, facts({ needs: { cpu: 1, gpu: 0, memory: 200 * mebi } }));
  assert.deepEqual(second.step === 'again' && second.tries.memory, 300 * mebi);
  assert.deepEqual(afterEnd(end, facts({ needs: { cpu: 1, gpu: 0, memory: 300 * mebi } })), {
    step: 'fail',
    message: 'ran out of memory with 300 MiB, the most that the place "cluster" allows',
  });
});

test('a stage survives five dead jobs in a row, and a newer checkpoint resets the count', () => {
  const end = { type: 'lost', state: 'NODE_FAIL' } as const;
  assert.equal(afterEnd(end, facts({ tries: { lost: 4, idle: 0, memory: 0 } })).step, 'again');
  assert.deepEqual(afterEnd(end, facts({ tries: { lost: 5, idle: 0, memory: 0 } })), {
    step: 'fail',
    message: 'its job died (NODE_FAIL), and 5 jobs before it ended so, too',
  });
  assert.equal(
    afterEnd(end, facts({ tries: { lost: 5, idle: 0, memory: 0 }, advanced: true })).step,
    'again',
  );
});

test('a stage whose process is killed runs again three times, and then its own message says why it failed', () => {
  const end = { type: 'killed', message: 'was killed by SIGKILL: sleep 9' } as const;
  assert.deepEqual(afterEnd(end, facts({ tries: { lost: 5, killed: 2, idle: 0, memory: 0 } })), {
    step: 'again',
    tries: { lost: 5, killed: 3, idle: 0, memory: 0 },
    message: 'was killed by SIGKILL: sleep 9: submitted again',
  });
  assert.deepEqual(afterEnd(end, facts({ tries: { lost: 0, killed: 3, idle: 0, memory: 0 } })), {
    step: 'fail',
    message: 'was killed by SIGKILL: sleep 9, and 3 jobs before it ended so, too',
  });
});

test('deaths of jobs, killed processes and jobs that never began are counted apart', () => {
  const tries = { lost: 4, killed: 2, idle: 0, memory: 0 };
  const end = { type: 'lost', state: 'FAILED', unstarted: true } as const;
  const first = afterEnd(end, facts({ tries }));
  assert.deepEqual(first.step === 'again' && first.tries, { ...tries, unstarted: 1 });
  assert.deepEqual(afterEnd(end, facts({ tries: { ...tries, unstarted: 1 } })), {
    step: 'fail',
    message: 'its job ended before it began (FAILED), and 1 job before it ended so, too',
  });
  assert.equal(afterEnd(end, facts({ tries: { ...tries, unstarted: 1 } })).step, 'fail');
});

test('a job that somebody cancelled is not submitted again, and a changed input is decided about anew', () => {
  assert.equal(afterEnd({ type: 'lost', state: 'CANCELLED' }, facts()).step, 'cancel');
  assert.equal(afterEnd({ type: 'refused', what: 'input', message: 'x' }, facts()).step, 'decide');
});

test('where code changed, a new process decides anew; a node with code of its own is asked twice, and then the stage fails', () => {
  const end = { type: 'refused', what: 'code', message: 'n1 differs' } as const;
  const tries = { lost: 0, idle: 0, memory: 0 };
  assert.deepEqual(afterEnd(end, facts({ isOutdated: true })), {
    step: 'leave',
    message: 'n1 differs',
  });
  assert.deepEqual(afterEnd(end, facts()), {
    step: 'again',
    tries: { ...tries, refused: true },
    message: 'n1 differs: submitted again',
  });
  assert.deepEqual(afterEnd(end, facts({ tries: { ...tries, refused: true } })), {
    step: 'fail',
    message: 'n1 differs; a second job found the same. Make both alike, and run again',
  });
});
