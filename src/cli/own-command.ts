import { existsSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { shellQuote } from '../shell/shell-quote.ts';
import { packageRoot } from './package-info.ts';

const program = join(packageRoot, 'bin', 'pipeline.js');

/**
 * What a user types in a folder to start this Restage: `pipeline` where that is on the path, `npx pipeline` where npx
 * finds it from there (elsewhere it would ask the registry for a stranger of the same name), else Node with its file.
 */
export function ownCommand(folder: string, env: Readonly<Record<string, string | undefined>> = process.env): string {
  // npm puts the folders of its own programs on the path of what it starts, and only of that.
  const onPath = (env['PATH'] ?? '').split(delimiter).filter((entry) => !/node_modules[\\/]\.bin$/.test(entry));
  if (onPath.some((entry) => isOurs(join(entry, 'pipeline')))) return 'pipeline';
  if (npxFinds(folder)) return 'npx pipeline';
  return `node ${shellQuote(program)}`;
}

/** npx looks in the nearest folder upward with a package.json or node_modules, and knows that package's own programs. */
function npxFinds(folder: string): boolean {
  if (existsSync(join(folder, 'package.json')) || existsSync(join(folder, 'node_modules'))) {
    return (
      realpathSync(folder) === realpathSync(packageRoot) || isOurs(join(folder, 'node_modules', '.bin', 'pipeline'))
    );
  }
  return dirname(folder) !== folder && npxFinds(dirname(folder));
}

function isOurs(path: string): boolean {
  try {
    return realpathSync(path) === realpathSync(program);
  } catch {
    return false;
  }
}
