import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RunScript } from '../../../test/support/run-script.ts';
import { selectReporter } from './select-reporter.ts';

test('auto is live on a terminal and plain in CI, in a pipe and on a dumb terminal', () => {
  const form = (
    stream: { isTTY?: boolean },
    env: Record<string, string>,
    name: 'auto' | 'live' | 'json' = 'auto',
  ) => {
    const reporter = selectReporter(name, { ...stream, write: () => {} }, env);
    reporter.close();
    return reporter.constructor.name;
  };
  assert.equal(form({ isTTY: true }, {}), 'LiveReporter');
  assert.equal(form({ isTTY: true }, { CI: 'true' }), 'PlainReporter');
  assert.equal(form({ isTTY: true }, { TERM: 'dumb' }), 'PlainReporter');
  assert.equal(form({}, {}), 'PlainReporter');
  assert.equal(form({}, {}, 'live'), 'LiveReporter');
});

test('the JSON reporter writes every event as one line', () => {
  let text = '';
  const stream = { write: (part: string) => (text += part) };
  new RunScript(selectReporter('json', stream, {})).begin(['a']).prints('a', 'two\nlines').finish();
  assert.equal(
    text,
    `{"type":"run-started","run":"r1","pipeline":"experiments/xception","stages":["a"],"finals":["a"],"time":1000000}
{"type":"stage-output","stage":"a","text":"two\\nlines","time":1000000}
{"type":"run-finished","run":"r1","ok":true,"interrupted":false,"counts":{"up to date":0,"restored":0,"ran":0,"failed":0,"blocked":0,"cancelled":0},"seconds":0,"time":1000000}
`,
  );
});
