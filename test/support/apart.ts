import { spawnSync } from 'node:child_process';
import { homedir, tmpdir } from 'node:os';
import { shellQuote } from '../../src/shell/shell-quote.ts';
import { inRepository } from './pages.ts';
import { asLaunched, Project, type Running } from './rig.ts';

/** Why a test cannot make namespaces here; undefined where it can. */
export const noNamespaces: string | undefined = whyNoNamespaces();

function whyNoNamespaces(): string | undefined {
  const { status } = spawnSync('unshare', ['-m', '--uts', '--pid', '--fork', 'true']);
  return status === 0 ? undefined : 'needs the right to make namespaces';
}

/**
 * The words that run a program as on a machine of that name. It shares its network and its system
 * with this one, and the folders `kept`, in the first of which the program begins. Its home and its
 * folders for temporary files are empty: `/tmp` too, since a login has no TMPDIR, wherever this
 * process keeps its own. Restage stays, where its checkout lies in one of them.
 */
export function wordsApart(
  name: string,
  kept: readonly string[],
  words: readonly string[],
): readonly string[] {
  const folders = [...kept, inRepository('.')].map(shellQuote);
  const hidden = [...new Set(['/tmp', tmpdir(), homedir()])].map(shellQuote);
  const script = [
    'set -e',
    `hostname ${shellQuote(name)}`,
    'mkdir -p /mnt',
    'mount -t tmpfs tmpfs /mnt',
    ...folders.map((folder, n) => `mkdir /mnt/${n}; mount --bind ${folder} /mnt/${n}`),
    ...hidden.map((folder) => `mkdir -p ${folder}; mount -t tmpfs tmpfs ${folder}`),
    ...folders.map((folder, n) => `mkdir -p ${folder}; mount --bind /mnt/${n} ${folder}`),
    'umount -l /mnt',
    'cd "$0"',
    'exec "$@"',
  ].join('\n');
  const apart = ['-m', '--uts', '--pid', '--fork', '--kill-child', '--mount-proc'];
  return ['unshare', ...apart, 'sh', '-c', script, kept[0]!, ...words];
}

/** A project in which every command runs as on a machine of its own. */
export class ProjectApart extends Project {
  readonly #machine: string;

  constructor(machine: string, ...project: ConstructorParameters<typeof Project>) {
    super(...project);
    this.#machine = machine;
  }

  override start(...argv: readonly string[]): Running {
    return this.#run([process.execPath, asLaunched, this.program, ...argv]);
  }

  /** Whether a path is there on its machine. */
  async sees(path: string): Promise<boolean> {
    return (await this.#run(['test', '-e', path]).ended).code === 0;
  }

  #run(words: readonly string[]): Running {
    const apart = wordsApart(this.#machine, [this.root], words);
    return super.type(`exec ${apart.map(shellQuote).join(' ')}`);
  }
}
