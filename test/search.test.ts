import assert from 'node:assert/strict';
import { test } from 'node:test';
import { proposals, ranTrials, searching, smallSearch } from './support/small-search.ts';
import { print } from './support/two-stages.ts';

test('a search proposes a trial when those before have ended, and more trials extend it', async () => {
  using project = searching({ count: 2 });
  assert.equal(
    await print(project, 'plan', 'test'),
    `test: 5 stages
  run         search[trial=1]  never ran
  may run     fit[trial=1]     reads search[trial=1], which must run
  may run     search[trial=2]  reads search[trial=1], which must run
  may run     fit[trial=2]     reads search[trial=2], which must run
  may run     all              reads fit[trial=1], fit[trial=2], which must run
1 run, 4 may run
`,
  );
  assert.equal((await project.run()).code, 0);
  const [first, second] = proposals(project, 2);
  assert.equal(first!.values['rate'], 0.01);
  assert.equal(typeof first!.values['momentum'], 'number');
  assert.match(
    await print(project, 'plan', 'test'),
    /up to date {2}fit\[trial=1\] +rate 0\.01, optimizer "sgd", momentum 0\.\d+\n/,
  );

  project.write('pipelines/test.yaml', smallSearch({ count: 3 }));
  const { outcomes } = await project.run();
  assert.deepEqual(outcomes, {
    'search[trial=1]': 'up to date',
    'fit[trial=1]': 'up to date',
    'search[trial=2]': 'up to date',
    'fit[trial=2]': 'up to date',
    'search[trial=3]': 'ran',
    'fit[trial=3]': 'ran',
    all: 'ran',
  });
  assert.deepEqual(proposals(project, 2), [first, second]);
  assert.deepEqual(ranTrials(project), ['1', '2', '3']);
});
