// Checked by `npm run lint`: no line of a comment is wider than 100 columns. Biome wraps code, but
// no comments. A line without a blank to break it at, such as an address, is left out.
import { readFileSync } from 'node:fs';
import { globSync } from 'tinyglobby';
import ts from 'typescript';
import { inRepository } from './generated-files.ts';

const mostColumns = 100;

const files = globSync(['{src,stages,test,bench,scripts}/**/*.{ts,tsx,mjs,js}'], {
  ignore: ['**/node_modules/**'],
  cwd: inRepository('.'),
});

/** Instructions for tools, which must stand on one line. */
const directive = /biome-ignore|@ts-|sourceMappingURL/;

function* wideComments(file: string): Generator<string> {
  const text = readFileSync(inRepository(file), 'utf8');
  const lines = text.split('\n');
  if (lines.every((line) => line.length <= mostColumns)) return;
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const lineOf = (position: number) => source.getLineAndCharacterOfPosition(position).line;
  const commentLines = new Set<number>();
  const visit = (node: ts.Node): void => {
    const comments = [
      ...(ts.getLeadingCommentRanges(text, node.getFullStart()) ?? []),
      ...(ts.getTrailingCommentRanges(text, node.getEnd()) ?? []),
    ];
    for (const { pos, end } of comments)
      for (let line = lineOf(pos); line <= lineOf(end); line++) commentLines.add(line);
    for (const child of node.getChildren(source)) visit(child);
  };
  visit(source);
  for (const line of [...commentLines].sort((a, b) => a - b)) {
    const content = lines[line]!;
    if (content.length <= mostColumns || directive.test(content)) continue;
    const isBreakable = /\S\s+\S/.test(content.replace(/^\s*(\/\/|\/?\*+)\s*/, ''));
    if (isBreakable)
      yield `${file}:${line + 1} is a comment of ${content.length} columns: wrap it at ${mostColumns}.`;
  }
}

const mistakes = files.flatMap((file) => [...wideComments(file)]);
for (const mistake of mistakes) console.error(mistake);
process.exitCode = mistakes.length === 0 ? 0 : 1;
