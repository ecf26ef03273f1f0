import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatJson } from './format-json.ts';

test('a row of data is a line, and keys keep their order', () => {
  const spec = {
    title: 'A chart whose parts do not all fit one line of a hundred and ten characters',
    data: {
      values: [
        { epoch: 1, split: 'train', value: 0.5 },
        { epoch: 2, split: 'validation', value: 0.6123456789 },
        {},
        [],
      ],
    },
    mark: 'line',
    none: undefined,
  };
  assert.equal(
    formatJson(spec),
    `{
  "title": "A chart whose parts do not all fit one line of a hundred and ten characters",
  "data": {
    "values": [
      { "epoch": 1, "split": "train", "value": 0.5 },
      { "epoch": 2, "split": "validation", "value": 0.6123456789 },
      {},
      []
    ]
  },
  "mark": "line"
}
`,
  );
});

test('any JSON reads back the same', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) =>
      assert.deepEqual(JSON.parse(formatJson(value)), JSON.parse(JSON.stringify(value))),
    ),
  );
});
