import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RunScript } from '../../../test/support/run-script.ts';
import { createPaint } from './colour.ts';
import { PlainReporter } from './plain-reporter.ts';
import { selectReporter } from './select-reporter.ts';

/** What a run leaves in a log. */
function told(script: (run: RunScript) => void, coloured = false): string {
  let text = '';
  const stream = { write: (part: string) => (text += part) };
  script(new RunScript(new PlainReporter(stream, createPaint(coloured))));
  return text;
}

const aucs = (second: string) => ({
  title: 'AUC on test',
  columns: ['score', 'AUC', 'images'],
  rows: [['second (fake)', second, 2100] as const],
});

test('a run with nothing to do is one short line', () => {
  const text = told((run) => {
    run.begin(['faces', 'fit', 'roc']);
    for (const stage of ['faces', 'fit', 'roc'])
      run.ends(stage, 'up to date', { highlights: [aucs('0.7010')], outputs: { chart: 'a' } });
    run.wait(0.06).finish();
  });
  assert.equal(text, '✓ experiments/xception: 3 stages up to date (0.06 s)\n');
});

test('a successful run has lines for starts with their reasons and for ends, then its tables and where the outputs lie', () => {
  const text = told((run) => {
    run
      .begin(['faces', 'fit', 'roc'], ['roc'])
      .ends('faces', 'up to date', { outputs: { dataset: 'artifacts/xception/faces/dataset' } })
      .stale(
        'fit',
        { type: 'change', change: { of: 'value', path: 'settings.epochs', before: 5, after: 2 } },
        { type: 'forced' },
      )
      .start('fit', 'train')
      .wait(200)
      .ends('fit', 'ran', { outputs: { model: 'artifacts/xception/fit/model' } })
      .stale('roc', { type: 'output missing', port: 'chart' })
      .ends('roc', 'restored', {
        highlights: [aucs('0.7010')],
        outputs: {
          chart: 'artifacts/xception/roc/chart',
          metrics: 'artifacts/xception/roc/metrics.json',
        },
      })
      .finish(false, 'artifacts/experiments/xception/report.html');
  });
  assert.equal(
    text,
    `▸ fit: train (settings.epochs: 5 → 2)
✓ fit: ran in 3 min 20 s
✓ roc: restored in 0.00 s (output chart is missing)

AUC on test (roc)
  score             AUC  images
  second (fake)  0.7010    2100

Outputs
  roc.chart    artifacts/xception/roc/chart
  roc.metrics  artifacts/xception/roc/metrics.json

Report  artifacts/experiments/xception/report.html

✓ experiments/xception: 1 ran, 1 restored, 1 up to date (3 min 20 s)
`,
  );
});

test('progress comes at most every ten seconds of a stage, with rate and time left', () => {
  const text = told((run) => {
    run.begin(['fit', 'tail']).start('fit', 'train');
    for (let step = 0; step <= 300; step++)
      run.progress('fit', step, 1000, 'steps', 'epoch 1/5').wait(0.1);
    run.ends('fit', 'ran').ends('tail', 'up to date').finish();
  });
  assert.equal(
    text,
    `▸ fit: train
… fit: 10 %, epoch 1/5, 1 min 30 s left, 100/1,000 steps, 10.0 steps/s
… fit: 20 %, epoch 1/5, 1 min 20 s left, 200/1,000 steps, 10.0 steps/s
… fit: 30 %, epoch 1/5, 1 min 10 s left, 300/1,000 steps, 10.0 steps/s
✓ fit: ran in 30 s

✓ experiments/xception: 1 ran, 1 up to date (30 s)
`,
  );
});

test('a failure has a line at once; the summary has its message, the end of its log and the command for all of it', () => {
  const text = told((run) => {
    run
      .begin(['get', 'fit[net=a,seed=2]', 'roc', 'curves'])
      .start('get', 'command')
      .start('fit[net=a,seed=2]', 'train', 1, 2)
      .wait(2)
      .retries('fit[net=a,seed=2]', 'out of memory\nat step 3')
      .start('fit[net=a,seed=2]', 'train', 2, 2)
      .wait(1.5)
      .ends('fit[net=a,seed=2]', 'failed', {
        message: 'exited with code 3: false\nsecond line',
        logTail: ['loading', 'Killed'],
      })
      .ends('roc', 'blocked', { message: 'fit failed' })
      .ends('curves', 'blocked', { message: 'fit failed' })
      .wait(4)
      .ends('get', 'ran', { outputs: { file: 'artifacts/get.txt' } })
      .finish();
  });
  assert.equal(
    text,
    `▸ get: command
▸ fit[net=a,seed=2]: train
! fit[net=a,seed=2]: out of memory; trying again
▸ fit[net=a,seed=2]: train (attempt 2 of 2)
✗ fit[net=a,seed=2]: failed
✓ get: ran in 7.5 s

Outputs
  get.file  artifacts/get.txt

✗ fit[net=a,seed=2] failed: exited with code 3: false
  second line
  │ loading
  │ Killed
  The whole log: restage logs experiments/xception.yaml fit@net=a,seed=2

· Not run, because an input failed: roc, curves

✗ experiments/xception: 1 failed, 2 blocked, 1 ran (7.5 s)
`,
  );
});

test('warnings, waits and an interruption have lines', () => {
  const text = told((run) => {
    run
      .begin(['fit', 'draw'])
      .warns('input images changed while it was read', 'fit')
      .warns('the disk is nearly full')
      .waitsFor('fit', 'run 20261125-1 on another machine')
      .start('fit', 'train')
      .start('draw', 'command')
      .wait(1)
      .ends('fit', 'cancelled', { resumes: true })
      .ends('draw', 'cancelled')
      .finish(true);
  });
  assert.equal(
    text,
    `! fit: input images changed while it was read
! the disk is nearly full
… fit: waiting for run 20261125-1 on another machine
▸ fit: train
▸ draw: command
· fit: cancelled
· draw: cancelled

Run the same command again to continue.
  From the last checkpoint: fit
  From the beginning: draw

✗ experiments/xception: interrupted, 2 cancelled (1.0 s)
`,
  );
});

test('the tables of a matrix become one, long lists are cut, and a thousand stages do not flood the screen', () => {
  const stages = Array.from({ length: 1000 }, (_, index) => `roc[seed=${index}]`);
  const lines = told((run) => {
    run.begin(stages);
    for (const [index, stage] of stages.entries()) {
      run.ends(stage, 'restored', {
        highlights: [aucs(`0.${7000 + index}`)],
        outputs: { chart: `artifacts/${index}/chart` },
      });
    }
    run.finish(false, 'artifacts/experiments/xception/report.html');
  }).split('\n');
  const summary = lines.slice(1000);
  assert.deepEqual(summary.slice(0, 4), [
    '',
    'AUC on test',
    '  stage         score             AUC  images',
    '  roc[seed=0]   second (fake)  0.7000    2100',
  ]);
  assert.deepEqual(summary.slice(43), [
    '  … and 960 more',
    '',
    'Outputs',
    ...Array.from(
      { length: 16 },
      (_, index) => `  ${`roc[seed=${index}].chart`.padEnd(18)}  artifacts/${index}/chart`,
    ),
    '  … and 984 more, all in the report',
    '',
    'Report  artifacts/experiments/xception/report.html',
    '',
    '✓ experiments/xception: 1,000 restored (0.00 s)',
    '',
  ]);
});

test('outputs that no other stage reads come first, and a failure without a log points to none', () => {
  const text = told((run) => {
    run
      .begin(['fit', 'roc', 'bad'], ['roc', 'bad', 'fit'])
      .ends('fit', 'restored', { outputs: { model: 'artifacts/fit' } })
      .ends('roc', 'restored', { outputs: { chart: 'artifacts/roc' } })
      .ends('bad', 'failed', { message: 'got 3 that cannot:\none', logTail: [] })
      .finish();
  });
  assert.equal(
    text,
    `✓ fit: restored in 0.00 s
✓ roc: restored in 0.00 s
✗ bad: failed

Outputs
  roc.chart  artifacts/roc
  fit.model  artifacts/fit

✗ bad failed: got 3 that cannot:
  one

✗ experiments/xception: 1 failed, 2 restored (0.00 s)
`,
  );
});

test('many failures are named, a few shown whole', () => {
  const stages = Array.from({ length: 30 }, (_, index) => `s${index}`);
  const lines = told((run) => {
    run.begin(stages);
    for (const stage of stages) run.ends(stage, 'failed', { message: 'no' });
    run.finish();
  }).split('\n');
  assert.equal(
    lines.filter((line) => line.endsWith('failed: no') && !line.includes(': failed')).length,
    10,
  );
  assert.ok(lines.includes('✗ Also failed: s10, s11, s12, s13, s14, s15, s16, s17 and 12 more'));
});

test('colours surround the marks where they are wanted', () => {
  const text = told(
    (run) => run.begin(['a', 'b']).ends('a', 'ran').ends('b', 'failed', { message: 'no' }).finish(),
    true,
  );
  assert.equal(
    text,
    `\u001b[32m✓\u001b[39m a: ran in 0.00 s
\u001b[31m✗\u001b[39m b: failed

\u001b[31m✗\u001b[39m \u001b[1mb\u001b[22m failed: no

\u001b[31m✗\u001b[39m \u001b[1mexperiments/xception\u001b[22m: 1 failed, 1 ran (0.00 s)
`,
  );
});

test('where a run leaves few outputs, all are listed, those that no other stage reads first', () => {
  const text = told((run) => {
    run
      .begin(['faces', 'fit', 'roc'], ['roc', 'faces', 'fit'], ['roc'])
      .ends('faces', 'ran', { outputs: { dataset: 'artifacts/first/faces/dataset' } })
      .ends('fit', 'ran', { outputs: { model: 'artifacts/first/fit/model' } })
      .ends('roc', 'ran', { outputs: { roc: 'artifacts/first/roc/roc' } })
      .finish();
  });
  assert.equal(
    text.split('\n').slice(3).join('\n'),
    `
Outputs
  roc.roc        artifacts/first/roc/roc
  faces.dataset  artifacts/first/faces/dataset
  fit.model      artifacts/first/fit/model

✓ experiments/xception: 3 ran (0.00 s)
`,
  );
});

test('the summary of a sweep has the choice and what the run is for; the other tables and outputs stand in the report', () => {
  const trials = Array.from({ length: 20 }, (_, i) => `scores[n=${i}]`);
  const counts = (stage: string) => ({
    title: `Classes of ${stage}`,
    columns: ['class', 'images'],
    rows: Array.from({ length: 5 }, (_, i) => [`c${i}`, i] as const),
  });
  const choice = {
    title: 'Models by auc on val',
    role: 'choice' as const,
    columns: ['model', 'chosen'],
    rows: [['n=3', 'yes'] as const],
  };
  const text = told((run) => {
    run.begin([...trials, 'best', 'final'], ['final', ...trials, 'best'], ['final']);
    for (const stage of trials)
      run.ends(stage, 'ran', { highlights: [counts(stage)], outputs: { metrics: `out/${stage}` } });
    run
      .ends('best', 'ran', { highlights: [choice], outputs: { model: 'out/best' } })
      .ends('final', 'ran', {
        highlights: [aucs('0.7010')],
        outputs: { metrics: 'out/final.json' },
      })
      .finish(false, 'artifacts/report.html');
  });
  assert.equal(
    text.split('\n').slice(22).join('\n'),
    `
Models by auc on val (best)
  model  chosen
  n=3    yes

AUC on test (final)
  score             AUC  images
  second (fake)  0.7010    2100

… and tables of 20 more stages, all in the report

Outputs
  final.metrics  out/final.json

Report  artifacts/report.html

✓ experiments/xception: 22 ran (0.00 s)
`,
  );
});

test('the summary of a sweep has the rows of what the run is for, where candidates have tables of the same title', () => {
  const trials = Array.from({ length: 30 }, (_, i) => `scores[n=${i}]`);
  const text = told((run) => {
    run.begin([...trials, 'final'], ['final', ...trials], ['final']);
    for (const stage of [...trials, 'final'])
      run.ends(stage, 'ran', {
        highlights: [aucs('0.7010'), { ...aucs('0.6'), title: 'By class' }],
      });
    run.finish(false, 'artifacts/report.html');
  });
  assert.equal(
    text.split('\n').slice(31).join('\n'),
    `
AUC on test (final)
  score             AUC  images
  second (fake)  0.7010    2100

By class (final)
  score          AUC  images
  second (fake)  0.6    2100

… and tables of 30 more stages, all in the report

Report  artifacts/report.html

✓ experiments/xception: 31 ran (0.00 s)
`,
  );
});

/** A table of five rows, which takes eight lines. */
const long = (title: string) => ({
  title,
  columns: ['class', 'images'],
  rows: Array.from({ length: 5 }, (_, i) => [`c${i}`, i] as const),
});

/** The titles of the tables of a summary, with their stage, and what is said of the others. */
const tablesIn = (text: string): readonly string[] =>
  text.split('\n').filter((line) => /^\w.* \(\w+\)$|^… and/.test(line));

test('tables of stages that ran come before those of stages up to date', () => {
  const text = told((run) => {
    run
      .begin(['audit', 'frames', 'scores', 'roc'], ['audit', 'roc'], ['audit', 'roc'])
      .ends('audit', 'up to date', { highlights: [long('Shortcuts')] })
      .ends('frames', 'up to date', { highlights: [long('Frames')] })
      .ends('scores', 'ran', { highlights: [long('Videos')] })
      .ends('roc', 'ran', { highlights: [long('Ranking')] })
      .finish();
  });
  assert.deepEqual(tablesIn(text), [
    'Videos (scores)',
    'Ranking (roc)',
    'Shortcuts (audit)',
    'Frames (frames)',
  ]);
});

test('of too many tables those of stages that ran are shown, the last ones first, before any of stages up to date', () => {
  const some = (name: string, count: number) =>
    Array.from({ length: count }, (_, i) => long(`${name} ${i}`));
  const tables = (outcome: 'up to date' | 'ran') =>
    told((run) => {
      run
        .begin(['audit', 'fit', 'scores', 'roc'], ['audit', 'roc'], ['audit', 'roc'])
        .ends('audit', outcome, { highlights: some('Audit', 4) })
        .ends('fit', outcome, { highlights: some('Fit', 3) })
        .ends('scores', 'ran', { highlights: some('Scores', 4) })
        .ends('roc', 'ran', { highlights: some('Roc', 2) })
        .finish(false, 'artifacts/report.html');
    });
  const ofScores = [0, 1, 2, 3].map((i) => `Scores ${i} (scores)`);
  const ofRoc = ['Roc 0 (roc)', 'Roc 1 (roc)'];
  assert.deepEqual(tablesIn(tables('up to date')), [
    ...ofScores,
    ...ofRoc,
    '… and tables of 2 more stages, all in the report',
  ]);
  assert.deepEqual(tablesIn(tables('ran')), [
    ...[0, 1, 2, 3].map((i) => `Audit ${i} (audit)`),
    ...ofScores,
    ...ofRoc,
    '… and tables of 1 more stage, all in the report',
  ]);
});

test('a quiet run prints its warnings, its failures and the last line', () => {
  const script = (run: RunScript) =>
    run
      .begin(['faces', 'fit'])
      .start('faces', 'command')
      .ends('faces', 'ran', { highlights: [aucs('0.7')], outputs: { text: 'out/faces' } })
      .warns('the disk is nearly full')
      .start('fit', 'train')
      .ends('fit', 'failed', {
        message: 'CUDA out of memory\nexited with code 1: train',
        logTail: ['epoch 1'],
      })
      .finish(false, 'artifacts/report.html');
  const written: string[] = [];
  script(
    new RunScript(selectReporter('quiet', { write: (text: string) => written.push(text) }, {})),
  );
  assert.equal(
    written.join(''),
    `! the disk is nearly full
✗ fit: failed

✗ fit failed: CUDA out of memory
  exited with code 1: train
  │ epoch 1
  The whole log: restage logs experiments/xception.yaml fit

Report  artifacts/report.html

✗ experiments/xception: 1 failed, 1 ran (0.00 s)
`,
  );
});
