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
  assert.match(
    await print(project, 'explain', 'test', 'search[trial=3]'),
    /^search\[trial=3\] \(search\): up to date\n[\s\S]*? {2}knew {8}the trials 1, 2\n {2}fingerprint /m,
  );

  project.write('pipelines/test.yaml', smallSearch({ count: 200 }));
  assert.equal(
    (await print(project, 'plan', 'test')).replace(/rate .*/g, 'rate …'),
    `test: 401 stages
  up to date  search[trial=1…3]    3 trials of a search
  up to date  fit[trial=1]         rate …
  up to date  fit[trial=2]         rate …
  up to date  fit[trial=3]         rate …
  run         search[trial=4]      never ran
  may run     fit[trial=4…200]     197 trials of a search, as they are proposed
  may run     search[trial=5…200]  196 trials of a search, as they are proposed
  may run     all                  reads fit[trial=4], fit[trial=5], fit[trial=6], fit[trial=7] and 193 more, which must run
6 up to date, 1 run, 394 may run
`,
  );
});
