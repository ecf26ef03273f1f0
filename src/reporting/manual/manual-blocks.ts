/** A block of a page of the documentation. Texts are Markdown within a line. */
export type ManualBlock =
  | { readonly kind: 'heading'; readonly level: number; readonly text: string }
  | { readonly kind: 'paragraph'; readonly text: string }
  | { readonly kind: 'code'; readonly language: string; readonly text: string }
  | {
      readonly kind: 'table';
      readonly head: readonly string[];
      readonly rows: readonly (readonly string[])[];
    }
  | {
      readonly kind: 'list';
      readonly isNumbered: boolean;
      readonly items: readonly (readonly ManualBlock[])[];
    };

const fence = /^```(\S*)/;
const heading = /^(#{1,6}) +(.+)$/;
const item = /^( {0,3})([-*]|\d+\.) +/;
const isRow = (line: string): boolean => line.startsWith('|');

/**
 * The blocks of a Markdown text, as far as the documentation uses Markdown: headings, paragraphs,
 * fenced and indented code, tables, and lists within lists. Comments are left out.
 */
export function blocksOf(text: string): readonly ManualBlock[] {
  const lines = text.replaceAll(/<!--[\s\S]*?-->/g, '').split('\n');
  const blocks: ManualBlock[] = [];
  for (let at = 0; at < lines.length; ) {
    const [block, next] = blockAt(lines, at);
    if (block !== undefined) blocks.push(block);
    at = next;
  }
  return blocks;
}

/** The block that begins at a line, none where that is empty, and the line after it. */
function blockAt(lines: readonly string[], at: number): [ManualBlock | undefined, number] {
  const line = lines[at]!;
  if (line.trim() === '') return [undefined, at + 1];
  const fenced = fence.exec(line);
  if (fenced !== null) {
    const end = indexFrom(lines, at + 1, (next) => next.startsWith('```'));
    const code = lines.slice(at + 1, end).join('\n');
    return [{ kind: 'code', language: fenced[1]!, text: code }, end + 1];
  }
  const titled = heading.exec(line);
  if (titled !== null)
    return [{ kind: 'heading', level: titled[1]!.length, text: titled[2]! }, at + 1];
  if (line.startsWith('    ')) return indentedCode(lines, at);
  if (isRow(line)) {
    const end = indexFrom(lines, at, (next) => !isRow(next));
    const [head, , ...rows] = lines.slice(at, end).map(cellsOf);
    return [{ kind: 'table', head: head!, rows }, end];
  }
  if (item.test(line)) return listAt(lines, at);
  const end = indexFrom(
    lines,
    at + 1,
    (next) =>
      next.trim() === '' ||
      fence.test(next) ||
      heading.test(next) ||
      isRow(next) ||
      item.test(next),
  );
  return [{ kind: 'paragraph', text: lines.slice(at, end).join('\n') }, end];
}

function indentedCode(lines: readonly string[], at: number): [ManualBlock, number] {
  const end = indexFrom(lines, at, (line) => line.trim() !== '' && !line.startsWith('    '));
  const code = lines.slice(at, end).map((line) => line.slice(4));
  return [{ kind: 'code', language: '', text: code.join('\n').trimEnd() }, end];
}

/** A list, whose items hold the lines that are indented below their first one. */
function listAt(lines: readonly string[], at: number): [ManualBlock, number] {
  const [, indent, mark] = item.exec(lines[at]!)!;
  const isNumbered = /\d/.test(mark!);
  const items: (readonly ManualBlock[])[] = [];
  let next = at;
  while (next < lines.length) {
    const begins = item.exec(lines[next]!);
    if (begins === null || begins[1] !== indent || /\d/.test(begins[2]!) !== isNumbered) break;
    const width = begins[0].length;
    const end = endOfItem(lines, next + 1, width);
    const [first, ...below] = lines.slice(next, end);
    const text = [first!.slice(width), ...below.map((line) => dedent(line, width))].join('\n');
    items.push(blocksOf(text));
    next = indexFrom(lines, end, (line) => line.trim() !== '');
    if (next > end && !item.test(lines[next] ?? ''))
      return [{ kind: 'list', isNumbered, items }, end];
  }
  return [{ kind: 'list', isNumbered, items }, next];
}

/** The line after an item: the first that is a further item, or that follows a gap unindented. */
function endOfItem(lines: readonly string[], from: number, width: number): number {
  let isAfterGap = false;
  for (let at = from; at < lines.length; at += 1) {
    const line = lines[at]!;
    if (line.trim() === '') {
      isAfterGap = true;
      continue;
    }
    const depth = line.length - line.trimStart().length;
    const belongs = depth >= Math.min(width, 2);
    if (belongs) isAfterGap = false;
    else if (isAfterGap || item.test(line) || heading.test(line) || fence.test(line) || isRow(line))
      return lastFilled(lines, from, at);
  }
  return lastFilled(lines, from, lines.length);
}

/** The line after the last one before `end` that is not empty. */
function lastFilled(lines: readonly string[], from: number, end: number): number {
  let last = end;
  while (last > from && lines[last - 1]!.trim() === '') last -= 1;
  return last;
}

const dedent = (line: string, width: number): string => {
  const depth = line.length - line.trimStart().length;
  return line.slice(Math.min(width, depth));
};

function indexFrom(
  lines: readonly string[],
  from: number,
  isEnd: (line: string) => boolean,
): number {
  const offset = lines.slice(from).findIndex(isEnd);
  return offset < 0 ? lines.length : from + offset;
}

const cellsOf = (line: string): readonly string[] =>
  line
    .replace(/^\||\|\s*$/g, '')
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll('\\|', '|'));
