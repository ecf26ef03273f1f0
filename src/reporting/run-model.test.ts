import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { RunScript } from '../../test/support/run-script.ts';
import type { StageName } from '../engine/config/pipeline.ts';
import type { RunEvent } from '../engine/events.ts';
import { EventFile, EventReader } from './event-file.ts';
import { rateOf } from './pace.ts';
import { emptyRun, endState, type RunModel, reasonsOf, reduce } from './run-model.ts';

/** The events of a script, and every model on the way. */
function recorded(script: (run: RunScript) => void) {
  const events: RunEvent[] = [];
  const models: RunModel[] = [];
  script(
    new RunScript({
      event: (event, run) => {
        events.push(event);
        models.push(run);
      },
      close: () => {},
    }),
  );
  return { events, models, last: models.at(-1)! };
}

const story = (run: RunScript): void =>
  run
    .begin(['faces', 'fit', 'roc'], ['roc'])
    .ends('faces', 'up to date')
    .stale('fit', { type: 'never ran' })
    .start('fit', 'train', 1, 2)
    .progress('fit', 5, 10, 'images')
    .prints('fit', 'one\ntwo\n\n')
    .warns('slow', 'fit')
    .start('fit', 'train', 2, 2)
    .wait(3)
    .ends('fit', 'ran', { outputs: { model: 'artifacts/fit' } })
    .start('roc', 'roc-det')
    .finish(true);

test('events reduce to a model of the run', () => {
  const { last } = recorded(story);
  assert.deepEqual(
    last.stages.map((stage) => [stage.name, stage.state, reasonsOf(stage), stage.attempt?.number]),
    [
      ['faces', 'up to date', [], undefined],
      ['fit', 'ran', ['never ran'], 2],
      ['roc', 'running', [], 1],
    ],
  );
  assert.deepEqual(last.warnings, [{ stage: 'fit', message: 'slow' }]);
  assert.deepEqual(
    [last.finals, last.end?.interrupted, last.stages[1]!.end?.seconds],
    [['roc'], true, 3],
  );
});

test('once a list is known, its stages take the place of the pending one, and others keep what they did', () => {
  const name = (text: string) => text as StageName;
  const time = 5;
  const known = [name('videos'), name('fit[clip=a]'), name('fit[clip=b]')];
  const finals = known.slice(1);
  const { last } = recorded((run) => run.begin(['videos', 'fit[clip=?]']).ends('videos', 'ran'));
  const grown = reduce(last, { type: 'stages-known', stages: known, finals, time });
  assert.deepEqual(
    grown.stages.map(({ name, state }) => [name, state]),
    [
      ['videos', 'ran'],
      ['fit[clip=a]', 'waiting'],
      ['fit[clip=b]', 'waiting'],
    ],
  );
  assert.deepEqual([grown.finals, grown.ends], [finals, finals]);
});

test('an attempt keeps its last line, and another attempt begins without the progress of the one before', () => {
  const { models } = recorded(story);
  const fit = models.map(({ stages }) => stages[1]!);
  assert.ok(
    fit.some(({ attempt, progress }) => attempt?.lastLine === 'two' && progress?.done === 5),
  );
  assert.equal(fit.find(({ attempt }) => attempt?.number === 2)!.progress, undefined);
});

test('the reducer is pure: no model changes later, and a recorded run gives the same model, also as JSON', () => {
  const copies: string[] = [];
  const { events, models } = recorded(story);
  events.reduce((run, event) => {
    const next = reduce(run, event);
    copies.push(JSON.stringify(next));
    return next;
  }, emptyRun);
  assert.deepEqual(
    copies,
    models.map((model) => JSON.stringify(model)),
  );
  assert.deepEqual(JSON.parse(copies.at(-1)!), models.at(-1));
});

test('the rate follows the last half minute and starts over in a new phase', () => {
  const name = 'fit' as StageName;
  let run = reduce(emptyRun, {
    type: 'run-started',
    run: 'r',
    pipeline: 'p',
    stages: [name],
    time: 0,
  });
  const at = (second: number, done: number, unit = 'steps') => {
    const progress = { done, total: 1000, unit };
    run = reduce(run, { type: 'stage-progress', stage: name, progress, time: 1000 * second });
  };
  const rate = () => rateOf(run.stages[0]!);
  at(0, 0);
  assert.equal(rate(), undefined);
  for (let second = 1; second <= 60; second++) at(second, second);
  assert.equal(rate(), 1);
  for (let second = 61; second <= 100; second++) at(second, 60 + 10 * (second - 60));
  assert.equal(rate(), 10);
  at(101, 0, 'images');
  assert.equal(rate(), undefined);
  for (let report = 1; report <= 1000; report++) at(101 + report / 500, report / 2, 'images');
  assert.ok(Math.abs(rate()! - 250) < 1);
  assert.ok(run.stages[0]!.samples.length < 130);
});

test('a file of events is written line by line, without what stages print, and read on as it grows, without a torn last line', () => {
  const folder = mkdtempSync(join(tmpdir(), 'restage-events-'));
  try {
    const path = join(folder, 'events.jsonl');
    const { events } = recorded(story);
    const kept = events.filter(({ type }) => type !== 'stage-output');
    const file = new EventFile(path, assert.fail);
    const early = new EventReader(path);
    for (const event of events) {
      file.event(event);
      early.read();
    }
    const whole = kept.reduce(reduce, emptyRun);
    // A killed run closes nothing.
    assert.deepEqual([early.model, early.lastTime], [whole, kept.at(-1)!.time]);
    file.close();
    const text = readFileSync(path, 'utf8');
    assert.equal(text.split('\n').length, kept.length + 1);
    appendFileSync(path, '{"type":"warning","mess');
    assert.equal(early.read(), false);
    assert.deepEqual(new EventReader(path).model, whole);
    assert.equal(early.lines.offset, Buffer.byteLength(text));
    assert.deepEqual(new EventReader(join(folder, 'absent')).model, emptyRun);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('progress is recorded once a second, and a folder that takes nothing is left alone', () => {
  const folder = mkdtempSync(join(tmpdir(), 'restage-events-'));
  try {
    const path = join(folder, 'events.jsonl');
    const script = (run: RunScript) => {
      run.begin(['fit']).start('fit', 'train');
      for (let step = 0; step < 40; step++) run.progress('fit', step, 40, 'steps').wait(0.1);
    };
    script(new RunScript(new EventFile(path, assert.fail)));
    assert.equal(readFileSync(path, 'utf8').split('"stage-progress"').length - 1, 4);
    writeFileSync(join(folder, 'file'), '');
    script(new RunScript(new EventFile(join(folder, 'file', 'events.jsonl'), assert.fail)));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a run with a failed stage has failed, also where that stopped the others; one that left stages to jobs is detached', () => {
  const failed = { outcome: 'failed' } as const;
  const leftToJob = { outcome: 'cancelled', leftToJob: true } as const;
  const stopped = { outcome: 'cancelled' } as const;
  assert.deepEqual(
    [[leftToJob, stopped], [leftToJob, failed], [stopped, failed], [stopped], []].map(endState),
    ['detached', 'failed', 'failed', 'interrupted', 'succeeded'],
  );
});
