import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';
import { type Digest, sha256 } from '../digest.ts';
import { packageRoot } from '../package-root.ts';
import { shellQuote } from '../shell/shell-quote.ts';

export const version: string = JSON.parse(
  readFileSync(join(packageRoot, 'package.json'), 'utf8'),
).version;

/**
 * Files that change whenever Restage's own code does: with a release, and with a build during
 * development.
 */
export const codeFiles: readonly string[] = [
  'package.json',
  'dist/main.js',
  'dist/stage-main.js',
  'dist/job-main.js',
]
  .map((name) => join(packageRoot, name))
  .filter((path) => existsSync(path));

/**
 * The digest of Restage's own code, by which a job notices that it is not the one that decided
 * about its stage.
 */
export const buildDigest = (): Digest =>
  sha256(codeFiles.map((path) => sha256(readFileSync(path))).join());

/** The name under which the user started Restage: both `restage` and `pipeline` do. */
export const commandName: 'restage' | 'pipeline' =
  basename(process.argv[1] ?? '', '.js') === 'pipeline' ? 'pipeline' : 'restage';

const program = join(packageRoot, 'bin', `${commandName}.js`);

/**
 * How a user starts this Restage in a folder: its name on the path, `npx` if that finds it, or Node
 * with its file.
 */
export function ownCommand(folder: string): string {
  // npm adds the folders of its own programs to the path of what it starts, and only of that.
  const onPath = (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((entry) => !/node_modules[\\/]\.bin$/.test(entry));
  if (onPath.some((entry) => isOurs(join(entry, commandName)))) return commandName;
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
      isOurs(join(folder, 'node_modules', '.bin', commandName))
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
