import picocolors from 'picocolors';
import { type Diagnostic, lineColumn, type SourceFile, type Span } from './diagnostic.ts';

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
export function formatDiagnostic(diagnostic: Diagnostic, color = false): string {
  const paint = picocolors.createColors(color);
  const where = diagnostic.at ? `${paint.bold(positionOf(diagnostic.at))}: ` : '';
  const blocks = [
    `${where}${paint.red('error:')} ${printableLines(diagnostic.message)} ${paint.dim(`[${diagnostic.code}]`)}`,
  ];
  if (diagnostic.at) blocks.push(codeFrame(diagnostic.at, paint, paint.red));
  const from = diagnostic.at?.from;
  const written = from === undefined ? [] : [{ message: 'Its value is from here', at: from }];
  for (const related of [...written, ...(diagnostic.related ?? [])]) {
    blocks.push(`  ${paint.bold(positionOf(related.at))}: ${printableLines(related.message)}`);
    blocks.push(codeFrame(related.at, paint, paint.cyan));
  }
  if (diagnostic.hint !== undefined)
    blocks.push(`  ${paint.cyan(printableLines(diagnostic.hint))}`);
  return blocks.join('\n\n');
}

/** A warning in one line, without a code frame: `pipelines/faces.yaml:3:5: The parameter …`. */
export function formatWarning({ message, at, hint }: Diagnostic): string {
  const where = at ? `${positionOf(at)}: ` : '';
  return `${where}${printableLines(message)}${hint === undefined ? '' : `. ${printableLines(hint)}`}`;
}

const mostShown = 20;

/** The first diagnostics, with blank lines between, and how many more there are. */
export function formatDiagnostics(diagnostics: readonly Diagnostic[], color = false): string {
  const texts = diagnostics
    .slice(0, mostShown)
    .map((diagnostic) => formatDiagnostic(diagnostic, color));
  const more = diagnostics.length - texts.length;
  if (more > 0) texts.push(`… and ${more} more.`);
  return texts.join('\n\n');
}

/** `file:line:column`, which terminals and editors open with a click. */
function positionOf({ file, start }: Span): string {
  const { line, column } = lineColumn(file, start);
  return `${printable(file.path)}:${line}:${column}`;
}

function codeFrame(
  { file, start, end }: Span,
  paint: Paint,
  caret: (text: string) => string,
): string {
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

/**
 * Control characters of the user's file must not reach the terminal; one character stays one
 * column.
 */
function printable(text: string): string {
  return text.replace(hidden, (character) => (character === '\t' ? ' ' : '\ufffd'));
}
const hidden = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;

/** A message may have several lines, such as a list of names. */
const printableLines = (text: string) => text.split('\n').map(printable).join('\n');

type Paint = ReturnType<typeof picocolors.createColors>;

const lineText = ({ text }: SourceFile, line: number): string =>
  text.split('\n')[line - 1]!.replace(/\r$/, '');
