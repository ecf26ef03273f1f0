import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { StageError } from '../../src/stage.ts';
import { checkDocument } from '../../test/support/check-document.ts';
import { StageBench } from '../../test/support/stage-bench.ts';
import type { Sources } from './run.ts';
import run from './run.ts';
import { spec } from './spec.ts';

/** Three seeds of one network, one of another, and tables with tests and intervals. */
function inputsOf(bench: StageBench) {
  const write = (file: string, text: string) => {
    const path = join(bench.root, file);
    writeFileSync(path, text);
    return path;
  };
  const metrics = (file: string, auc: number, half: number) =>
    write(
      file,
      JSON.stringify({
        confidence: 0.95,
        splits: {
          test: {
            auc,
            accuracy: auc - 0.1,
            loss: null,
            intervals: { auc: [auc - half, auc + half] },
          },
        },
      }),
    );
  const ofSeed = (seed: number, auc: number) => ({
    path: metrics(`a-${seed}.json`, auc, 0.03),
    labels: { seed: `${seed}` },
  });
  return {
    a: [ofSeed(1, 0.9), ofSeed(2, 0.91), ofSeed(3, 0.92)],
    b: metrics('b.json', 0.8, 0.05),
    close: metrics('close.json', 0.86, 0.05),
    tests: write(
      'tests.csv',
      `one,other,images,aucDifference,aucLow,aucHigh,aucP,aucAdjustedP,aucTest,onlyOneRight,onlyOtherRight
SmallNet,SimpleNet,400,0.05,0.01,0.09,0.01,0.02,DeLong,40,12
SmallNet,MyNet,400,0.02,-0.01,0.05,0.03,0.09,DeLong,30,25
`,
    ),
    means: write('means.csv', 'net,n,mean,low,high\nSmallNet,3,0.9,0.88,0.92\nMyNet,1,0.8,,\n'),
    search: write('search.json', '{"chosen":{"net":"wide"},"collapsed":0}'),
  };
}

/** The text of a template filled with them. */
async function filled(bench: StageBench, template: string): Promise<string> {
  const path = join(bench.root, 'template.md');
  writeFileSync(path, template);
  await bench.run(spec, run, { inputs: { template: path, ...inputsOf(bench) } });
  return readFileSync(join(bench.output('document'), 'write-up.md'), 'utf8');
}

/** What a text says if a condition holds. */
const answerTo = async (bench: StageBench, condition: string) =>
  filled(bench, `{{ if ${condition} }}yes{{ else }}no{{ end }}`);

test('an interval decides where it excludes the other value, or the interval of the other', async () => {
  using bench = new StageBench();
  const answers = {
    'a[seed=1] test.auc > 0.86 by interval': 'yes',
    'a[seed=1] test.auc > 0.87 by interval': 'no', // the lower end itself
    'a[seed=1] test.auc > b test.auc by interval': 'yes', // 0.87 is above 0.85
    'a[seed=1] test.auc > close test.auc by interval': 'no', // both have 0.87 to 0.91
    'b test.auc < a[seed=1] test.auc by interval': 'yes',
    'mean a test.auc > 0.88 by interval': 'yes', // t interval over seeds: 0.885 to 0.935
    'mean a test.auc > 0.89 by interval': 'no',
    'every a test.auc > 0.86 by interval': 'yes',
    'every a test.auc > 0.875 by interval': 'no',
    'mean a test.auc - a test.accuracy > 0 by interval': 'yes',
    'means[net=SmallNet] mean > 0.87 by interval': 'yes',
    'tests[one=SmallNet,other=MyNet] aucDifference > 0 by interval': 'no',
  };
  for (const [condition, answer] of Object.entries(answers))
    assert.equal(await answerTo(bench, condition), answer, condition);
});

test('a test decides a difference after adjustment for several pairs, whichever of the two the table names first', async () => {
  using bench = new StageBench();
  const answers = {
    'tests[one=SmallNet,other=SimpleNet] aucDifference > 0 by test': 'yes',
    'tests[one=SimpleNet,other=SmallNet] aucDifference < 0 by test': 'yes',
    'tests[one=SimpleNet,other=SmallNet] aucDifference > 0 by test': 'no',
    'tests[one=SmallNet,other=MyNet] aucDifference > 0 by test': 'no', // 0.03, adjusted 0.09
    'tests[one=SimpleNet,other=SmallNet] onlyOneRight = 12 by value': 'yes',
    'tests[one=SimpleNet,other=SmallNet] aucDifference < 0 by interval': 'yes',
  };
  for (const [condition, answer] of Object.entries(answers))
    assert.equal(await answerTo(bench, condition), answer, condition);
  assert.equal(
    await filled(bench, '{{ tests[one=SimpleNet,other=SmallNet] aucDifference | points }}'),
    '−5.0 points',
  );
});

test('values alone decide only where the text says so, and texts can be equal', async () => {
  using bench = new StageBench();
  const answers = {
    'a[seed=1] test.auc > 0.89 by value': 'yes',
    'search collapsed = 0 by value': 'yes',
    'search collapsed != 0 by value': 'no',
    'search collapsed <= 0 by value and search chosen.net = "wide" by value': 'yes',
    'search chosen.net = "residual" by value or search collapsed >= 1 by value': 'no',
    'search chosen.net = "residual" by value or search collapsed >= 0 by value': 'yes',
    'not search chosen.net = "residual" by value': 'yes',
    // Undefined: neither this nor its opposite is true.
    'b test.loss < 1 by value': 'no',
    'not b test.loss < 1 by value': 'no',
    'b test.loss - b test.auc < 1 by value': 'no',
  };
  for (const [condition, answer] of Object.entries(answers))
    assert.equal(await answerTo(bench, condition), answer, condition);
});

test('a text concludes: the first sentence whose condition holds is taken, and what decided is recorded', async () => {
  using bench = new StageBench();
  const template = `# Answer

{{ expect a[seed=1] test.auc > 0.5 by interval }}
{{ if mean a test.auc > 0.95 by interval }}
Nearly all: {{ a test.auc | mean }}.
{{ else if mean a test.auc > 0.8 by interval }}
  {{ if search collapsed = 0 by value }}
Most, at {{ a test.auc | mean }}.
  {{ end }}
{{ else }}
Not shown: {{ b test.auc }}.
{{ end }}
It is {{ if b test.auc > 0.9 by value }}better{{ else }}worse{{ end }}.
`;
  assert.equal(await filled(bench, template), '# Answer\n\nMost, at 0.910.\nIt is worse.\n');
  const folder = bench.output('document');
  const sources: Sources = JSON.parse(readFileSync(join(folder, 'write-up/sources.json'), 'utf8'));
  assert.deepEqual(sources.places, [
    {
      line: 3,
      reads: 'expect a[seed=1] test.auc > 0.5 by interval',
      holds: true,
      because: '0.900 (0.870 to 0.930) > 0.500',
    },
    {
      line: 4,
      reads: 'if mean a test.auc > 0.95 by interval',
      holds: false,
      because: '0.910 (0.885 to 0.935) > 0.950',
    },
    {
      line: 6,
      reads: 'else if mean a test.auc > 0.8 by interval',
      holds: true,
      because: '0.910 (0.885 to 0.935) > 0.800',
    },
    { line: 7, reads: 'if search collapsed = 0 by value', holds: true, because: '0 = 0' },
    { line: 8, reads: 'a test.auc | mean', says: '0.910' },
    { line: 13, reads: 'if b test.auc > 0.9 by value', holds: false, because: '0.800 > 0.900' },
  ]);
  const check = () => checkDocument(folder, 'write-up', template);
  assert.deepEqual(check(), []);
  const file = join(folder, 'write-up.md');
  writeFileSync(file, readFileSync(file, 'utf8').replace('worse', 'better'));
  assert.deepEqual(check(), [
    'write-up.md is not what was written',
    'write-up.md says other than its sources',
  ]);
});

test('a statement that the run does not bear out fails the stage, with the numbers; in a text that is not chosen it may be false', async () => {
  using bench = new StageBench();
  const template = join(bench.root, 'template.md');
  await assert.rejects(
    filled(
      bench,
      `{{ expect a[seed=1] test.auc > b test.auc by interval }}
AUC is higher. {{ expect a[seed=1] test.auc > close test.auc by interval }}
{{ expect tests[one=SmallNet,other=MyNet] aucDifference > 0 by test }}
{{ expect not search collapsed = 0 by value }}
{{ expect b test.loss < 1 by value }}
{{ if search collapsed > 0 by value }}{{ expect b test.auc > 2 by value }}{{ end }}
`,
    ),
    new StageError(`The template cannot be filled:
${template}:2:16: {{ expect a[seed=1] test.auc > close test.auc by interval }}: this is not true: 0.900 (0.870 to 0.930) > 0.860 (0.810 to 0.910)
${template}:3:1: {{ expect tests[one=SmallNet,other=MyNet] aucDifference > 0 by test }}: this is not true: 0.020 > 0, p = 0.090
${template}:4:1: {{ expect not search collapsed = 0 by value }}: this is not true: not 0 = 0
${template}:5:1: {{ expect b test.loss < 1 by value }}: this is not true: – < 1, where – is undefined`),
  );
});

test('a condition that nothing can decide is a mistake, even in a text that is not chosen', async () => {
  using bench = new StageBench();
  const template = join(bench.root, 'template.md');
  await assert.rejects(
    filled(
      bench,
      `{{ expect a test.auc > 0.5 by interval }}
{{ expect every a test.auc > a[seed=1] test.acu by value }}
{{ expect b test.accuracy > 0.5 by interval }}
{{ expect b test.auc - close test.auc < 0 by interval }}
{{ expect b test.auc > 0 by test }}
{{ expect search chosen.net > 1 by value }}
{{ expect means[net=MyNet] mean > 0.5 by interval }}
{{ if search collapsed > 0 by value }}{{ b test.acu }}{{ else if clos test.auc > 1 by value }}{{ end }}
`,
    ),
    new StageError(`The template cannot be filled:
${template}:1:1: {{ expect a test.auc > 0.5 by interval }}: expected one value on each side, got 3 on the left and 1 on the right: choose one by an axis or a column, as in input[seed=7], or say "mean" before a side or "every" before both
${template}:2:1: {{ expect every a test.auc > a[seed=1] test.acu by value }}: expected a value, got "test.acu". Did you mean "test.auc"? There are test.auc, test.accuracy, test.loss.
${template}:3:1: {{ expect b test.accuracy > 0.5 by interval }}: b test.accuracy has no interval: read a number that has one, say "mean" for that over runs, or write "by value"
${template}:4:1: {{ expect b test.auc - close test.auc < 0 by interval }}: b test.auc - close test.auc has no interval: the intervals of two numbers are not that of their difference: read it from a table of tests, say "mean" for that over runs, or write "by value"
${template}:5:1: {{ expect b test.auc > 0 by test }}: b test.auc has no test: expected a column such as aucDifference of a table that also has aucAdjustedP or aucP
${template}:6:1: {{ expect search chosen.net > 1 by value }}: expected a number, got "wide"
${template}:7:1: {{ expect means[net=MyNet] mean > 0.5 by interval }}: means[net=MyNet] mean has no interval: read a number that has one, say "mean" for that over runs, or write "by value"
${template}:8:39: {{ b test.acu }}: expected a value, got "test.acu". Did you mean "test.auc"? There are test.auc, test.accuracy, test.loss.
${template}:8:55: {{ else if clos test.auc > 1 by value }}: the stage has no input "clos". Did you mean "close"? There are a, b, close, means, search, facts.`),
  );
});

test('mistakes of the grammar are reported at once, with line and column', async () => {
  using bench = new StageBench();
  const template = join(bench.root, 'template.md');
  await assert.rejects(
    filled(
      bench,
      `{{ expect }}
{{ expect b test.auc > 0.5 }} {{ expect b test.auc > 0.5 by luck }}
{{ expect b test.auc by value }}
{{ expect b > 0.5 by value }} {{ expect 0.5 < b test.auc by value }}
{{ expect b test.auc = 0.5 by interval }} {{ expect b test.auc > 0.5 by test }}
{{ expect search chosen.net > "wide" by value }}
{{ expect b x = 1 by value and b y = 1 by value or b z = 1 by value }}
{{ else }} {{ end }}
{{ if b test.auc > 0 by value }}{{ else }}{{ else }}{{ end }}
{{ if b test.auc > 0 by value }}{{ else when }}{{ end if }}
{{ if b test.auc > 0 by value }}
`,
    ),
    new StageError(`The template has mistakes:
${template}:1:1: expected a comparison, as in scores test.auc > 0.5 by interval
${template}:2:1: expected what decides after "b test.auc > 0.5": by interval, by test, or by value for the numbers alone
${template}:2:31: expected by interval, by test, by value, got "by luck"
${template}:3:1: expected two sides and one of >= <= != > < = between blanks, as in scores test.auc > 0.5 by interval, got "b test.auc"
${template}:4:1: expected a number, a "text", or an input and the name of a value in it, got "b"
${template}:4:31: expected a reading on the left, as in scores test.auc > 0.5 by interval, got 0.5
${template}:5:1: expected > or < with "by interval", got =: no interval shows that two numbers are equal
${template}:5:43: expected a difference above or below 0 with "by test", as in tests[one=a,other=b] aucDifference > 0 by test
${template}:6:1: expected = or != with a text, got >
${template}:7:1: expected "and" or "or" in one condition, got both: write one {{ if … }} in another
${template}:8:1: {{ else }} has no {{ if … }} before it
${template}:8:12: {{ end }} has no {{ if … }} before it
${template}:9:43: {{ else }} is the last text of its {{ if … }}: {{ end }} follows
${template}:10:33: expected {{ else }} or {{ else if … }}, got {{ else when }}
${template}:10:48: expected {{ end }}, got {{ end if }}
${template}:11:1: {{ if … }} has no {{ end }}`),
  );
});

test('a section of what a run lacks is left out, and its places are not filled', async () => {
  using bench = new StageBench();
  const section = [
    '{{ if given maps }}',
    'Maps: {{ maps share }}. {{ expect maps share > 0.5 by value }}',
    '{{ else }}',
    'No maps: {{ b test.auc }}.',
    '{{ end }}',
    '{{ if given b and given tests[one=SmallNet,other=MyNet] aucDifference }}',
    'Tested: {{ tests[one=SmallNet,other=MyNet] aucDifference }}.',
    '{{ end }}',
    '{{ if given tests[one=SmallNet,other=FaceNet] aucDifference or given a[seed=4] }}',
    '{{ tests[one=SmallNet,other=FaceNet] aucDifference }}',
    '{{ end }}',
    '',
  ].join('\n');
  assert.equal(await filled(bench, section), 'No maps: 0.800.\nTested: 0.020.\n');
  const folder = bench.output('document');
  const sources: Sources = JSON.parse(
    readFileSync(join(folder, 'write-up', 'sources.json'), 'utf8'),
  );
  assert.deepEqual(
    sources.places.flatMap((place) => ('holds' in place ? [[place.holds, place.because]] : [])),
    [
      [false, 'maps is not there'],
      [true, 'b is there and tests[one=SmallNet,other=MyNet] aucDifference is there'],
      [
        false,
        'tests[one=SmallNet,other=FaceNet] aucDifference is not there or a[seed=4] is not there',
      ],
    ],
  );
  assert.deepEqual(checkDocument(folder, 'write-up', section), []);
});

test('"given" asks whether something is there, and stands alone in its condition', async () => {
  using bench = new StageBench();
  await assert.rejects(
    filled(bench, '{{ if given b and b test.auc > 0.5 by value }}x{{ end }}'),
    (error: StageError) => {
      assert.match(
        error.message,
        /expected only "given" in this condition, got "b test\.auc > 0\.5 by value": write it as one \{\{ if … \}\} in another/,
      );
      return true;
    },
  );
});
