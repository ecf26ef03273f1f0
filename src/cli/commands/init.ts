import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { writing } from '../../engine/files/write-error.ts';
import { shellQuote } from '../../shell/shell-quote.ts';
import { exitCodes } from '../exit-codes.ts';
import { ownCommand, packageRoot } from '../package-info.ts';

/** `restage init`: writes a small project, whose net learns clearly (test AUC 0.97 and more) in a minute on two cores. */
export async function initCommand(folder: string): Promise<number> {
  const first = readFileSync(join(packageRoot, 'src/cli/commands/first.yaml'), 'utf8');
  for (const [name, text] of [
    ['pipelines/first.yaml', first],
    ['.gitignore', '/cache/\n/artifacts/\n'],
  ] as const) {
    const path = join(folder, name);
    if (existsSync(path)) {
      process.stdout.write(`kept   ${path}, which is there already\n`);
      continue;
    }
    writing(path, () => {
      makeFolder(dirname(path));
      writeFileSync(path, text, { flag: 'wx' });
    });
    process.stdout.write(`wrote  ${path}\n`);
  }
  const there = relative(process.cwd(), folder);
  const go = there === '' ? '' : `cd ${shellQuote(there)} && `;
  process.stdout.write(`\nNow:   ${go}${ownCommand(resolve(folder))} run first.yaml\n`);
  return exitCodes.ok;
}

/** Makes a folder and its parents. Node's recursive mkdir would try forever below a parent that takes no folder, as in `/proc`. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  if (dirname(folder) !== folder) makeFolder(dirname(folder));
  mkdirSync(folder);
}
