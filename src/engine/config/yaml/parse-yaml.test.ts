import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatDiagnostics } from '../../diagnostics/format-diagnostic.ts';
import { child, nodeAt, toJson } from './node.ts';
import { parseYaml } from './parse-yaml.ts';

function parse(text: string) {
  const parsed = parseYaml({ path: 'p.yaml', text });
  if (!parsed.ok) throw new Error(formatDiagnostics(parsed.error));
  return parsed.value;
}

function mistakes(text: string): string {
  const parsed = parseYaml({ path: 'p.yaml', text });
  return parsed.ok ? 'no mistakes' : formatDiagnostics(parsed.error);
}

test('every value and key knows its span', () => {
  const text = 'stages:\n  fit: { epochs: 5 }\n';
  const entry = nodeAt(parse(text), ['stages', 'fit', 'epochs'])!;
  assert.equal(text.slice(entry.keyAt.start, entry.keyAt.end), 'epochs');
  assert.equal(text.slice(entry.value.at.start, entry.value.at.end), '5');
});

test('values are those of YAML 1.2', () => {
  const json = toJson(
    parse('a: 1e-3\nb: yes\nc: true\nd:\ne: [0x10, "5"]\n1: one\n__proto__: x\n'),
  );
  const expected = '{"1":"one","a":0.001,"b":"yes","c":true,"d":null,"e":[16,"5"],"__proto__":"x"}';
  assert.equal(JSON.stringify(json), expected);
});

test('an alias is the same node as its anchor', () => {
  const root = parse('a: &x { y: 1 }\nb: *x\n');
  assert.equal(child(root, 'a'), child(root, 'b'));
});

test('an empty text is an empty map', () => {
  assert.deepEqual(toJson(parse('# nothing\n')), {});
});

test('a key that is there twice is shown with the first', () => {
  assert.equal(
    mistakes('a: 1\na: 2\n'),
    `p.yaml:2:1: error: The key "a" occurs twice [duplicate-key]

    2 | a: 2
      | ^

  p.yaml:1:1: The first one is here

    1 | a: 1
      | ^`,
  );
});

test('YAML that a pipeline does not allow is reported in plain words', () => {
  assert.match(
    mistakes('[a]: 1\n'),
    /p\.yaml:1:1: error: A key must be a text, not a list or a map/,
  );
  assert.match(mistakes('a: !secret x\n'), /p\.yaml:1:4: error: YAML tags are not supported here/);
  assert.match(
    mistakes('a: 1\n---\nb: 2\n'),
    /p\.yaml:2:1: error: A pipeline file holds one YAML document/,
  );
  assert.match(
    mistakes('a: &x [*x]\n'),
    /p\.yaml:1:8: error: The alias "\*x" has no anchor "&x" before it/,
  );
  assert.match(mistakes('a: .inf\n'), /p\.yaml:1:4: error: A number must be finite/);
  assert.match(
    mistakes('a: "x\\0y"\n'),
    /p\.yaml:1:4: error: A text cannot hold the character NUL/,
  );
  assert.match(mistakes('"a\\0": 1\n'), /p\.yaml:1:1: error: A text cannot hold the character NUL/);
});

test('a whole number that would be rounded is reported, with what to do', () => {
  assert.equal(
    mistakes('params: { id: 12345678901234567890 }\n'),
    `p.yaml:1:15: error: Whole numbers beyond 9007199254740991 would be rounded [yaml]

    1 | params: { id: 12345678901234567890 }
      |               ^^^^^^^^^^^^^^^^^^^^

  Put it in quotes to keep its digits as a text, or use a smaller one.`,
  );
  for (const text of ['-9007199254740993', '0x20000000000001', '9'.repeat(400)]) {
    assert.match(mistakes(`[${text}]`), /would be rounded/, text);
  }
  const kept = '{"a":9007199254740991,"b":"12345678901234567890","c":1e+22,"d":-9007199254740991}';
  assert.equal(JSON.stringify(toJson(parse(kept))), kept);
  assert.equal(mistakes('{ 12345678901234567890: 1 }'), 'no mistakes');
});

test('mistakes of YAML are explained without its grammar, one for each line, with what to do', () => {
  for (const [text, position, message] of [
    ['a: { b: 1, c: ]}', '1:15', 'A "}" is missing here, or is too far to the left'],
    ['a: [1, 2', '1:9', 'A "]" is missing here, or is too far to the left'],
    ['a: 1 }\nb: }', '2:4', 'This bracket closes nothing'],
    ['a: "x', '1:6', 'A text in quotes does not end: a closing " is missing'],
    ['a: "\\q"', '1:5', 'There is no escape sequence "\\q"'],
    ['a: b: c', '1:4', 'A map cannot begin in the middle of a line'],
    ['a:\n  b: 1\n c: 2', '3:1', 'This line is not in line with the keys above it'],
    ['a:\n\tb: 1', '2:1', 'A tab is used for indentation'],
    ['a: @x', '1:4', 'A text without quotes cannot begin with "@"'],
    ['a: "x" y', '1:8', 'Unexpected text after the end of a value'],
    ['a: { b: ${params.x} }', '1:10', 'Unexpected text after the end of a value'],
    ['a: {b: 1 c: 2}', '1:8', 'Expected a comma between two items'],
    ['a: [1,, 2]', '1:7', 'Expected an item, got a comma'],
    ['a: 1\nb', '2:1', 'Expected "key: value" on one line'],
    ['a: - b', '1:4', 'A list cannot begin on the line of its key'],
    ['a: | b', '1:6', 'Expected the text after "|" or ">" on the next line'],
  ] as const) {
    assert.equal(mistakes(text).split('\n')[0], `p.yaml:${position}: error: ${message} [yaml]`);
  }
});

test('an alias bomb is reported at its line', () => {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
  for (let i = 1; i < 40; i++)
    lines.push(
      `a${i}: &a${i} [${Array(10)
        .fill(`*a${i - 1}`)
        .join(', ')}]`,
    );
  assert.match(
    mistakes(lines.join('\n')),
    /^p\.yaml:6:9: error: Aliases here expand to more than 250,000 values/,
  );
});

test('endless nesting is reported, whatever makes it', () => {
  for (const text of [
    '['.repeat(20_000),
    '- '.repeat(20_000),
    '{a: '.repeat(20_000),
    '? '.repeat(20_000),
  ]) {
    assert.match(mistakes(text), /Lists and maps are nested more than 64 deep \[too-deep\]/);
  }
  const chain = Array.from(
    { length: 300 },
    (_, i) => `a${i}: &a${i} [${i ? `*a${i - 1}` : 1}]`,
  ).join('\n');
  assert.match(mistakes(chain), /Aliases here expand to lists and maps more than 200 deep/);
});

test('any text gives a tree or mistakes with positions inside it', () => {
  const piece = fc.constantFrom(
    'a',
    ': ',
    '- ',
    '\n',
    '  ',
    '[',
    ']',
    '{',
    '}',
    '"',
    "'",
    '&x ',
    '*x',
    '!',
    '|',
    '#',
    '\t',
    '? ',
    '%',
    '\0',
    'é',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const text = pieces.join('');
      const parsed = parseYaml({ path: 'p.yaml', text });
      if (parsed.ok) assert.doesNotThrow(() => JSON.stringify(toJson(parsed.value)));
      else {
        for (const { at, message } of parsed.error) {
          assert.ok(at && at.start >= 0 && at.start <= text.length + 1);
          assert.doesNotMatch(
            message,
            /\b(flow|block|sequence|mapping|scalar|implicit|indicator|token|stream|node)\b/,
          );
        }
      }
    }),
    { numRuns: 1000 },
  );
});

test('a file that is no text gets one mistake, not one for each of its lines', () => {
  assert.equal(
    mistakes('store.json\0\0 <meta>\n<link rel="icon">\n:root {\n  color: {{ a: b\n'),
    `p.yaml:1:11: error: This is no text: it holds the character NUL [not-text]

    1 | store.json\ufffd\ufffd <meta>
      |           ^

  Name a file of YAML, or save this one as UTF-8.`,
  );
});

test('a merge key brings the entries of maps that are named before; own entries have the last word', () => {
  const text =
    'a: &a { x: 1, y: 2 }\nb: &b { y: 3, z: 4 }\nc: { <<: [*a, *b], x: 9 }\nd: { z: 5, <<: *b }\n';
  assert.deepEqual(toJson(parse(text)), {
    a: { x: 1, y: 2 },
    b: { y: 3, z: 4 },
    c: { x: 9, y: 2, z: 4 },
    d: { y: 3, z: 5 },
  });
  assert.match(
    mistakes('a: { <<: 3 }\n'),
    /p\.yaml:1:10: error: Expected a map or a list of maps for "<<", got 3/,
  );
  assert.match(
    mistakes('a: &a { x: 1 }\nb: { <<: *a, <<: *a }\n'),
    /p\.yaml:2:14: error: The key "<<" occurs twice.*Write a list of aliases/s,
  );
});
