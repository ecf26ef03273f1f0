import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeTerminal } from '../../../test/support/fake-terminal.ts';
import { RunScript } from '../../../test/support/run-script.ts';
import { createPaint } from './colour.ts';
import { LiveReporter } from './live-reporter.ts';

/** A run on a terminal whose tick the test decides. */
function live(terminal: FakeTerminal, coloured = false) {
  let tick: ((now: number) => void) | undefined;
  const reporter = new LiveReporter(terminal, createPaint(coloured), (draw) => {
    tick = draw;
    return () => {
      tick = undefined;
    };
  });
  const run = new RunScript(reporter);
  return { run, tick: () => tick?.(run.now) };
}

test('running stages have bars at the bottom, finished ones scroll by above', () => {
  const terminal = new FakeTerminal(101);
  const { run, tick } = live(terminal);
  run
    .begin(['faces', 'get', 'fit', 'curves', 'roc'])
    .ends('faces', 'up to date')
    .stale('fit', { type: 'never ran' })
    .start('fit', 'train')
    .start('get', 'command');
  for (let step = 0; step <= 12; step++)
    run.progress('fit', step, 25, 'steps', 'epoch 1/5').wait(0.5);
  run.prints('get', 'connecting\n 40 % of\tit\n');
  tick();
  assert.equal(
    terminal.screen,
    `  get  7 s   40 % of it
  fit  █████████░░░░░░░░░░░  48 %  epoch 1/5  12/25 steps  2.00 steps/s
1 of 5 done, 2 running, 7 s
`,
  );
  assert.equal(terminal.cursorHidden, true);

  run
    .wait(6.5)
    .ends('fit', 'ran', { outputs: { model: 'artifacts/fit' } })
    .start('roc', 'roc-det', 2, 3);
  tick();
  assert.equal(
    terminal.screen,
    `✓ fit: ran in 13 s (never ran)
  get  13 s   40 % of it
  roc  0 s  attempt 2/3
2 of 5 done, 2 running, 13 s
`,
  );

  run
    .ends('get', 'ran')
    .ends('roc', 'failed', { message: 'one class', logTail: ['reading'] })
    .finish();
  assert.equal(
    terminal.screen,
    `✓ fit: ran in 13 s (never ran)
✓ get: ran in 13 s
✗ roc: failed

Outputs
  fit.model  artifacts/fit

✗ roc failed: one class
  │ reading
  The whole log: restage logs experiments/xception.yaml roc

✗ experiments/xception: 1 failed, 2 ran, 1 up to date (13 s)
`,
  );
  assert.equal(terminal.cursorHidden, false);
});

test('a run that is over before the first tick draws nothing but its line', () => {
  const terminal = new FakeTerminal();
  const { run } = live(terminal);
  run.begin(['a']).ends('a', 'up to date').finish();
  assert.equal(terminal.screen, '✓ experiments/xception: 1 stage up to date (0.00 s)\n');
  assert.equal(terminal.writes, 1);
});

test('redrawing is one write, and none where nothing changed', () => {
  const terminal = new FakeTerminal();
  const { run, tick } = live(terminal);
  run.begin(['a', 'b']).start('a', 'command');
  tick();
  tick();
  assert.equal(terminal.writes, 1);
  run.ends('a', 'ran').start('b', 'command').progress('b', 1, 2, 'files');
  tick();
  assert.equal(terminal.writes, 2);
});

test('a terminal made narrower or wider leaves no remains', () => {
  const terminal = new FakeTerminal(90);
  const { run, tick } = live(terminal);
  run
    .begin(['first', 'second'])
    .start('first', 'train')
    .progress('first', 1, 2, 'steps', 'a note that takes some room');
  tick();
  for (const columns of [30, 12, 60]) {
    terminal.resize(columns);
    run.wait(1);
    tick();
  }
  assert.equal(
    terminal.screen,
    `  first  █████░░░░░  50 %  a note that takes some room  1/…
0 of 2 done, 1 running, 3 s
`,
  );
});

test('a thousand running stages fit the screen, and a thousand ends cost one drawing', () => {
  const terminal = new FakeTerminal(60, 8);
  const { run, tick } = live(terminal);
  const stages = Array.from({ length: 1000 }, (_, index) => `s${index}`);
  run.begin(stages);
  for (const stage of stages) run.start(stage, 'command');
  tick();
  assert.equal(
    terminal.screen,
    `  s0  0 s
  s1  0 s
  s2  0 s
  s3  0 s
  … and 996 more running
0 of 1,000 done, 1,000 running, 0 s
`,
  );
  for (const stage of stages.slice(1)) run.ends(stage, 'ran');
  tick();
  assert.equal(terminal.writes, 2);
  assert.deepEqual(terminal.screen.split('\n').slice(997), [
    '✓ s998: ran in 0.00 s',
    '✓ s999: ran in 0.00 s',
    '  s0  0 s',
    '999 of 1,000 done, 1 running, 0 s',
    '',
  ]);
});

test('the bytes are exactly these, with colours', () => {
  let text = '';
  const stream = { write: (part: string) => (text += part), isTTY: true, columns: 60, rows: 10 };
  let tick = (_now: number) => {};
  const reporter = new LiveReporter(stream, createPaint(true), (draw) => {
    tick = draw;
    return () => {};
  });
  const run = new RunScript(reporter)
    .begin(['a', 'b'])
    .start('a', 'train')
    .progress('a', 1, 2, 'steps');
  tick(run.now);
  run.ends('a', 'ran').ends('b', 'up to date').finish();
  const csi = '\u001b[';
  const bar = '█████';
  assert.equal(
    text,
    `${csi}?25l  a  ${csi}36m${bar}${csi}39m${csi}2m░░░░░${csi}22m  50 %  1/2 steps${csi}K
0 of 2 done, 1 running${csi}2m, 0 s${csi}22m${csi}K
${csi}J\r${csi}2A${csi}J${csi}32m✓${csi}39m a: ran in 0.00 s

${csi}32m✓${csi}39m ${csi}1mexperiments/xception${csi}22m: 1 ran, 1 up to date (0.00 s)
${csi}?25h`,
  );
});

test('the cursor comes back even when the process exits in the middle', () => {
  const terminal = new FakeTerminal();
  const { run, tick } = live(terminal);
  const before = process.listeners('exit');
  run.begin(['a']).start('a', 'command');
  tick();
  const [restore] = process.listeners('exit').filter((listener) => !before.includes(listener));
  restore?.(0);
  assert.equal(terminal.cursorHidden, false);
  run.ends('a', 'ran').finish();
  assert.deepEqual(process.listeners('exit'), before);
});
