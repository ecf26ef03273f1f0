import { statSync } from 'node:fs';
import { relative, resolve, sep } from 'node:path';
import type { Diagnostic } from '../../diagnostics/diagnostic.ts';
import type { Stage } from '../pipeline.ts';
import { isText, nodeAt, spanInside } from '../yaml/node.ts';
import type { Instance } from './instances.ts';

/**
 * A word of a shell text that may be a file: with a dot or a slash, and without characters of the
 * shell.
 */
const fileWord = /^(?=.*[./])[\w./@%+,-]+$/;
const separators = /[\s'"`;|&<>()=]+/;

/** Folders of the root whose files nobody declares. */
const foreign = ['node_modules', 'cache', '.git'];

/**
 * Warnings for files of the project that a shell text names without declaring them: the fingerprint
 * has only their names.
 */
export function warnUnlistedFiles(
  root: string,
  { definition, node }: Instance,
  stage: Stage,
): readonly Diagnostic[] {
  const paths = stage.inputs.flatMap(({ items }) =>
    items.flatMap((item) => (item.from === 'path' ? [item.path] : [])),
  );
  const listed = [...paths, ...stage.outputs.map(({ path }) => resolve(root, path))];
  const isUnlisted = (word: string): boolean => {
    if (!fileWord.test(word)) return false;
    const path = resolve(root, word);
    const [top] = relative(root, path).split(sep);
    if (top === '..' || top === undefined || foreign.includes(top)) return false;
    if (listed.some((listedPath) => path === listedPath || path.startsWith(listedPath + sep)))
      return false;
    return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
  };
  return (definition.kind?.spec.shell ?? []).flatMap((setting) => {
    const written = nodeAt(node, ['with', setting])?.value;
    if (!isText(written)) return [];
    const words = new Set(written.value.split(separators));
    return [...words].filter(isUnlisted).map((word) => ({
      code: 'unlisted-file',
      message: `${word} is not an input of "${definition.name}": editing it will not rerun this stage`,
      at: spanInside(written, word),
    }));
  });
}
