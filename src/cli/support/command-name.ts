import { existsSync, realpathSync } from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';
import { packageRoot } from '../../package-root.ts';
import { shellQuote } from '../../shell/shell-quote.ts';

/** The name under which the user started Restage: both `restage` and `pipeline` do. */
export const commandName: 'restage' | 'pipeline' =
  basename(process.argv[1] ?? '', '.js') === 'pipeline' ? 'pipeline' : 'restage';

/** Absolute path of the script that starts it. */
export const program: string = join(packageRoot, 'bin', `${commandName}.js`);

/**
 * How a user starts this Restage in a folder: its name on the path, `npx` if that finds it, or Node
 * with its file. With Yarn's Plug'n'Play only `yarn` finds packages, which lie in archives.
 */
export function ownCommand(folder: string): string {
  if (process.versions['pnp'] !== undefined) return `yarn ${commandName}`;
  // npm adds the folders of its own programs to the path of what it starts, and only of that.
  const onPath = (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((entry) => !/node_modules[\\/]\.bin$/.test(entry));
  if (onPath.some((entry) => isOurs(join(entry, commandName), program))) return commandName;
  if (npxFinds(folder)) return `npx ${commandName}`;
  return `node ${shellQuote(program)}`;
}

/**
 * npx looks in the nearest folder upward with a package.json or node_modules, and knows that
 * package's own programs.
 */
function npxFinds(folder: string): boolean {
  if (existsSync(join(folder, 'package.json')) || existsSync(join(folder, 'node_modules'))) {
    return (
      realpathSync(folder) === realpathSync(packageRoot) ||
      isOurs(join(folder, 'node_modules', '.bin', commandName), program) ||
      // A script of pnpm's in place of a link.
      isOurs(join(folder, 'node_modules', 'restage'), packageRoot)
    );
  }
  return dirname(folder) !== folder && npxFinds(dirname(folder));
}

function isOurs(path: string, original: string): boolean {
  try {
    return realpathSync(path) === realpathSync(original);
  } catch {
    return false;
  }
}
