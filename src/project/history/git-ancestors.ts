import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { mistake } from '../pipeline-error.ts';

/** So many commits back a run is looked for. */
const farthest = 1000;

/**
 * The commit from which `HEAD` branched off `branch`, and those before it, the nearest first.
 * Throws a `PipelineError` where git knows no such branch.
 */
export async function ancestorsOf(branch: string, root: string): Promise<readonly string[]> {
  const git = async (...words: readonly string[]) => {
    const { stdout } = await promisify(execFile)('git', ['-C', root, ...words]);
    return stdout.trim();
  };
  try {
    // `--end-of-options`: a branch is a name, never an option.
    const commit = await git('rev-parse', '--verify', '--end-of-options', `${branch}^{commit}`);
    const base = await git('merge-base', commit, 'HEAD');
    const list = await git('rev-list', `--max-count=${farthest}`, base);
    return list.split('\n');
  } catch (error) {
    const { stderr = '', code } = error as { readonly stderr?: string; readonly code?: unknown };
    const why = code === 'ENOENT' ? 'Git is not installed' : stderr.trim().split('\n')[0]!;
    throw mistake(
      'unknown-subject',
      `Git finds no common commit of "${branch}" and HEAD: ${why}`,
      'Name a branch, a tag or a commit before the three dots, as in main... . A checkout without its history has none: fetch it all.',
    );
  }
}
