import type { Diagnostic, SourceFile, Span } from './diagnostic.ts';

interface FormatOptions {
  readonly color?: boolean;
}

/** Columns of a line that a code frame shows; a longer line is cut around the span. */
const frameWidth = 100;

/**
 * A diagnostic as text, without a line break at its end:
 *
 *     pipelines/faces.yaml:6:7: error: Unknown key "epoch" in "with" [unknown-key]
 *
 *         6 |       epoch: 5
 *           |       ^^^^^
 *
 *       Did you mean "epochs"?
 */
export function formatDiagnostic(diagnostic: Diagnostic, { color = false }: FormatOptions = {}): string {
  const paint = color ? ansi : plain;
  const where = diagnostic.at ? `${paint.bold(placeOf(diagnostic.at))}: ` : '';
  const blocks = [
    `${where}${paint.red('error:')} ${printableLines(diagnostic.message)} ${paint.dim(`[${diagnostic.code}]`)}`,
  ];
  if (diagnostic.at) blocks.push(codeFrame(diagnostic.at, paint, paint.red));
  const from = diagnostic.at?.from;
  const written = from === undefined ? [] : [{ message: 'Its value is from here', at: from }];
  for (const related of [...written, ...(diagnostic.related ?? [])]) {
    blocks.push(`  ${paint.bold(placeOf(related.at))}: ${printableLines(related.message)}`);
    blocks.push(codeFrame(related.at, paint, paint.cyan));
  }
  if (diagnostic.hint !== undefined) blocks.push(`  ${paint.cyan(printableLines(diagnostic.hint))}`);
  return blocks.join('\n\n');
}

/** A warning in one line, without a code frame: `pipelines/faces.yaml:3:5: The parameter …`. */
export function formatWarning({ message, at, hint }: Diagnostic): string {
  const where = at ? `${placeOf(at)}: ` : '';
  return `${where}${printableLines(message)}${hint === undefined ? '' : `. ${printableLines(hint)}`}`;
}

/** Several diagnostics as text: the first `limit`, and the number of the others. */
export function formatDiagnostics(
  diagnostics: readonly Diagnostic[],
  { limit = 20, ...options }: FormatOptions & { readonly limit?: number } = {},
): string {
  const shown = diagnostics.slice(0, limit).map((diagnostic) => formatDiagnostic(diagnostic, options));
  const left = diagnostics.length - shown.length;
  if (left > 0) shown.push(`… and ${left} more.`);
  return shown.join('\n\n');
}

/** `file:line:column`, which terminals and editors open with a click. */
function placeOf({ file, start }: Span): string {
  const { line, column } = lineColumn(file, start);
  return `${printable(file.path)}:${line}:${column}`;
}

function codeFrame({ file, start, end }: Span, paint: Paint, caret: (text: string) => string): string {
  const { line, column } = lineColumn(file, start);
  const text = lineText(file, line);
  const from = Math.min(column - 1, text.length);
  const length = Math.max(1, Math.min(end - start, text.length - from));
  // A third of the width stays before the span, so that a cut line still shows the context.
  const cut = text.length <= frameWidth ? 0 : Math.max(0, from - Math.floor(frameWidth / 3));
  const before = cut > 0 ? '…' : '';
  const window = text.slice(cut, cut + frameWidth);
  const after = cut + frameWidth < text.length ? '…' : '';
  const number = String(line).padStart(5);
  const indent = ' '.repeat(before.length + from - cut);
  const carets = '^'.repeat(Math.min(length, frameWidth - (from - cut)));
  const gutter = paint.dim(`${' '.repeat(5)} |`);
  return `${paint.dim(`${number} |`)} ${before}${printable(window)}${after}\n${gutter} ${indent}${caret(carets)}`;
}

/** Control characters of the user's file must not reach the terminal; one character stays one column. */
function printable(text: string): string {
  return text.replace(hidden, (character) => (character === '\t' ? ' ' : '\ufffd'));
}
const hidden = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;

/** A message may have several lines, such as a list of names. */
const printableLines = (text: string) => text.split('\n').map(printable).join('\n');

type Paint = Readonly<Record<'red' | 'cyan' | 'bold' | 'dim', (text: string) => string>>;
const style = (open: number, close: number) => (text: string) => `\u001b[${open}m${text}\u001b[${close}m`;
const same = (text: string) => text;
const ansi: Paint = { red: style(31, 39), cyan: style(36, 39), bold: style(1, 22), dim: style(2, 22) };
const plain: Paint = { red: same, cyan: same, bold: same, dim: same };

interface LineColumn {
  readonly line: number;
  readonly column: number;
}

const lineStarts = new WeakMap<SourceFile, readonly number[]>();

export function lineColumn(file: SourceFile, offset: number): LineColumn {
  const starts = startsOf(file);
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle]! <= offset) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: Math.min(offset, file.text.length) - starts[low]! + 1 };
}

function lineText(file: SourceFile, line: number): string {
  const starts = startsOf(file);
  const end = starts[line] ?? file.text.length + 1;
  return file.text.slice(starts[line - 1], end - 1).replace(/\r$/, '');
}

function startsOf(file: SourceFile): readonly number[] {
  const known = lineStarts.get(file);
  if (known) return known;
  const starts = [0];
  for (let at = file.text.indexOf('\n'); at >= 0; at = file.text.indexOf('\n', at + 1)) starts.push(at + 1);
  lineStarts.set(file, starts);
  return starts;
}
