import { statSync } from 'node:fs';
import { relative, resolve, sep } from 'node:path';
import type { Diagnostic } from '../../diagnostics/diagnostic.ts';
import type { Stage } from '../pipeline.ts';
import { nodeAt, spanInside } from '../yaml/located.ts';
import type { Prepared } from './prepare-instance.ts';

/** A word of a shell text that may be a file: it has a dot or a slash, and nothing that the shell reads otherwise. */
const fileWord = /^(?=.*[./])[\w./@%+,-]+$/;
const separators = /[\s'"`;|&<>()=]+/;

/** Folders of the root whose files are not the user's to list. */
const foreign = ['node_modules', 'cache', '.git'];

/**
 * Files of the project that a stage's shell text names and that are none of its inputs: its program, as a rule, which the
 * fingerprint then knows only by name. Words are looked at as they are written; what the shell makes of them is not known.
 */
export class UnlistedFiles {
  readonly #root: string;
  /** Whether each path is a file, looked up once however many instances name it. */
  readonly #files = new Map<string, boolean>();

  constructor(root: string) {
    this.#root = root;
  }

  find({ instance, node }: Prepared, stage: Stage): readonly Diagnostic[] {
    const { kind, name } = instance.definition;
    return (kind?.spec.shell ?? []).flatMap((setting) => {
      const written = nodeAt(node, ['with', setting])?.node;
      if (written?.type !== 'scalar' || typeof written.value !== 'string') return [];
      const words = new Set(written.value.split(separators));
      return [...words]
        .filter((word) => this.#isUnlisted(word, stage))
        .map((word) => ({
          code: 'unlisted-file',
          message: `${word} is not an input of "${name}": editing it will not rerun this stage`,
          at: spanInside(written, word),
        }));
    });
  }

  #isUnlisted(word: string, { inputs, outputs }: Stage): boolean {
    if (!fileWord.test(word)) return false;
    const path = resolve(this.#root, word);
    const [top] = relative(this.#root, path).split(sep);
    if (top === '..' || top === undefined || foreign.includes(top) || !this.#isFile(path)) return false;
    const listed = [
      ...inputs.flatMap(({ items }) => items.flatMap((item) => (item.from === 'path' ? [item.path] : []))),
      ...outputs.map((output) => resolve(this.#root, output.path)),
    ];
    return !listed.some((own) => path === own || path.startsWith(own + sep));
  }

  #isFile(path: string): boolean {
    const known = this.#files.get(path) ?? statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
    this.#files.set(path, known);
    return known;
  }
}
