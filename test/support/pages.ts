import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The absolute path of a file of the repository. */
export const inRepository = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
/** The text of a file of the repository. */
export const read = (path: string): string => readFileSync(inRepository(path), 'utf8');

/** The code blocks of a page in one language. */
export const blocks = (page: string, language: string): readonly string[] =>
  Array.from(read(page).matchAll(/^```(\w+)\n(.*?)^```$/gms), ([, name, text]) =>
    name === language ? text! : '',
  ).filter((text) => text !== '');
