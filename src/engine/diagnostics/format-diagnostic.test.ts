import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Diagnostic, SourceFile, Span } from './diagnostic.ts';
import { formatDiagnostic, formatDiagnostics } from './format-diagnostic.ts';

const file: SourceFile = {
  path: 'pipelines/faces.yaml',
  text: 'stages:\r\n  fit:\r\n    kind: trian\r\n    with:\r\n',
};

function span(text: string, source = file): Span {
  const start = source.text.indexOf(text);
  return { file: source, start, end: start + text.length };
}

test('a mistake is shown with its position, the line, carets, related positions and what to do', () => {
  const text = formatDiagnostic({
    code: 'unknown-kind',
    message: 'Unknown kind "trian"',
    at: span('trian'),
    related: [{ message: 'In this stage', at: span('fit') }],
    hint: 'Did you mean "train"?',
  });
  assert.equal(
    text,
    `pipelines/faces.yaml:3:11: error: Unknown kind "trian" [unknown-kind]

    3 |     kind: trian
      |           ^^^^^

  pipelines/faces.yaml:2:3: In this stage

    2 |   fit:
      |   ^^^

  Did you mean "train"?`,
  );
});

test('a mistake outside any file is one line', () => {
  assert.equal(
    formatDiagnostic({ code: 'missing-file', message: 'No file' }),
    'error: No file [missing-file]',
  );
});

test('colours are added only when asked for, and change no character of the text', () => {
  const mistake: Diagnostic = {
    code: 'unknown-kind',
    message: 'Unknown kind',
    at: span('trian'),
    hint: 'Look.',
  };
  const colored = formatDiagnostic(mistake, true);
  const control = String.fromCharCode(27);
  assert.notEqual(colored, formatDiagnostic(mistake));
  assert.ok(colored.includes(`${control}[31m^^^^^${control}[39m`));
  assert.equal(
    colored.replace(new RegExp(`${control}\\[\\d+m`, 'g'), ''),
    formatDiagnostic(mistake),
  );
});

test('a span over several lines is underlined to the end of its first line', () => {
  const at = { file, start: file.text.indexOf('fit'), end: file.text.length };
  assert.match(
    formatDiagnostic({ code: 'yaml', message: 'm', at }),
    /\n {4}2 \| {3}fit:\n {6}\| {3}\^{4}$/,
  );
});

test('a very long line is cut around the span', () => {
  const long = { path: 'a.yaml', text: `${'a'.repeat(5000)}HERE${'b'.repeat(5000)}` };
  const [, , line, carets] = formatDiagnostic({
    code: 'yaml',
    message: 'm',
    at: span('HERE', long),
  }).split('\n');
  assert.equal(line, `    1 | …${'a'.repeat(33)}HERE${'b'.repeat(63)}…`);
  assert.equal(carets, `      |  ${' '.repeat(33)}^^^^`);
});

test('control characters of the file do not reach the terminal', () => {
  const nasty = { path: 'a.yaml', text: `a:\t${String.fromCharCode(27)}[2Jx` };
  const text = formatDiagnostic({
    code: 'yaml',
    message: `got ${nasty.text}`,
    at: span('x', nasty),
  });
  assert.ok(!text.includes(String.fromCharCode(27)));
  assert.match(text, /1 \| a: \ufffd\[2Jx\n {6}\| {8}\^$/);
});

test('an empty span at the end of a file still has a caret', () => {
  const at = { file, start: file.text.length, end: file.text.length };
  assert.match(
    formatDiagnostic({ code: 'yaml', message: 'm', at }),
    /faces\.yaml:5:1.*\n\n {4}5 \| \n {6}\| \^$/s,
  );
});

test('of very many mistakes the first are shown and the others counted', () => {
  const many = Array.from(
    { length: 25 },
    (_, index): Diagnostic => ({ code: 'yaml', message: `mistake ${index}` }),
  );
  const text = formatDiagnostics(many);
  assert.ok(text.startsWith('error: mistake 0 [yaml]\n\nerror: mistake 1 [yaml]'));
  assert.ok(text.endsWith('error: mistake 19 [yaml]\n\n… and 5 more.'));
});
