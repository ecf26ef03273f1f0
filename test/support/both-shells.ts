import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const path = process.env['PATH'] ?? '';

/** For dash and for bash a PATH on which it is called `sh`, by links in folders below `folder`. */
export function bothShells(
  folder: string,
): readonly { readonly name: string; readonly path: string }[] {
  return ['dash', 'bash'].map((name) => {
    const program = path
      .split(delimiter)
      .map((entry) => join(entry, name))
      .find((file) => existsSync(file));
    if (program === undefined) throw new Error(`These tests need ${name}`);
    mkdirSync(join(folder, name), { recursive: true });
    symlinkSync(program, join(folder, name, 'sh'));
    return { name, path: join(folder, name) + delimiter + path };
  });
}
