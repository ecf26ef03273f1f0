// Checked by `npm run lint`: no function of shipped code is longer than 80 lines. Tests, which tell
// stories, are left out.
import { readFileSync } from 'node:fs';
import { globSync } from 'tinyglobby';
import ts from 'typescript';
import { inRepository } from './generated-files.ts';

const mostLines = 80;

const files = globSync(
  ['{src,stages}/**/*.{ts,tsx,js}', '!**/*.{test,slow,long}.ts', '!**/testing-*.ts'],
  { cwd: inRepository('.') },
);

function* longFunctions(file: string): Generator<string> {
  const text = readFileSync(inRepository(file), 'utf8');
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest);
  const lineOf = (position: number) => source.getLineAndCharacterOfPosition(position).line + 1;
  const functions: ts.Node[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node)) functions.push(node);
    ts.forEachChild(node, visit);
  };
  visit(source);
  for (const node of functions) {
    const first = lineOf(node.getStart(source));
    const lines = lineOf(node.end) - first + 1;
    if (lines > mostLines)
      yield `${file}:${first} is a function of ${lines} lines: split it, ${mostLines} are the most.`;
  }
}

const mistakes = files.flatMap((file) => [...longFunctions(file)]);
for (const mistake of mistakes) console.error(mistake);
process.exitCode = mistakes.length === 0 ? 0 : 1;
