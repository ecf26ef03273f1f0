import { foldedName } from '../files/folded-name.ts';
import { isGitFolder } from '../files/git-folder.ts';

/**
 * What a project's root holds beside outputs: an output there would be lost, or be taken for the
 * user's files, settings or code.
 */
const reservedFolders: ReadonlySet<string> = new Set([
  'cache',
  'node_modules',
  'pipelines',
  'stages',
]);
const reservedFiles: ReadonlySet<string> = new Set([
  'ledger.jsonl',
  'package-lock.json',
  'package.json',
  'places.yaml',
  'store.yaml',
  'tsconfig.json',
  'views.yaml',
]);

/**
 * Why nothing may be published at a path, as the end of a sentence; undefined where it may. The
 * path is POSIX, normalised and relative to the root. Names count as equal where some disk takes
 * them for one: see {@link foldedName}.
 */
export function whyNoOutput(path: string): string | undefined {
  if (path.includes('\0')) return 'has a character that no path can have';
  if (path === '.' || path === '') return "is the project's root itself";
  const names = path.split('/');
  const [first = ''] = names;
  if (first === '..' || path.startsWith('/')) return "lies outside the project's root";
  // Git runs programs that its folder names, in whatever folder of the project it lies.
  const git = names.find(isGitFolder);
  if (git !== undefined) return notForOutputs(git);
  const folded = foldedName(first);
  if (reservedFolders.has(folded)) return notForOutputs(first);
  // A folder of this name may be the user's own: only files of notes are read from it.
  if (folded === 'notes' && (names.length === 1 || foldedName(names.at(-1)!).endsWith('.jsonl')))
    return 'lies where people write about runs';
  if (reservedFiles.has(folded)) return "is one of the project's settings";
  if (first.startsWith('.') || folded.startsWith('.'))
    return `lies at "${first}", a hidden name in the root`;
  return undefined;
}

const notForOutputs = (folder: string) => `lies in "${folder}/", which is not for outputs`;
