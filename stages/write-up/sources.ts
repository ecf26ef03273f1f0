import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '../../src/digest.ts';
import type { Filled } from './fill.ts';
import { parseTemplate } from './template.ts';

/** The origins of a document: `sources.json` in the folder of its figures. Digests are SHA-256. */
export interface Sources {
  readonly document: string;
  readonly template: string;
  /** Of every artifact that was read, by input and axis values. */
  readonly artifacts: Readonly<Record<string, string>>;
  /** By their paths relative to the document. */
  readonly figures: Readonly<Record<string, string>>;
  /** In the order of the template. */
  readonly places: readonly Filled[];
  /** The sources of included texts that another `write-up` wrote, by input. */
  readonly parts: Readonly<Record<string, Sources>>;
}

/** The digest of a file, or of a folder by the names and contents of its files. */
export function digestOf(path: string): string {
  if (!statSync(path).isDirectory()) return sha256(readFileSync(path));
  const names = (readdirSync(path, { recursive: true }) as string[]).sort();
  const files = names.filter((name) => statSync(join(path, name)).isFile());
  return sha256(files.map((name) => `${name}\0${sha256(readFileSync(join(path, name)))}\n`).join(''));
}

/** The sources of a text that another `write-up` wrote; undefined for any other artifact. */
export function sourcesIn(path: string): Sources | undefined {
  if (!statSync(path).isDirectory()) return undefined;
  const file = (readdirSync(path, { recursive: true }) as string[]).find((name) => /^[^/]+\/sources\.json$/.test(name));
  return file === undefined ? undefined : JSON.parse(readFileSync(join(path, file), 'utf8'));
}

/**
 * Finds where a document, `<name>.md` in `folder`, is no longer what was written: a number changed by hand, a figure of
 * another run, a template that has changed since. One sentence each.
 *
 * @param parts Templates of the texts that it includes, by input.
 */
export function checkDocument(
  folder: string,
  name: string,
  template: string,
  parts: Readonly<Record<string, string>> = {},
): readonly string[] {
  const sources: Sources = JSON.parse(readFileSync(join(folder, name, 'sources.json'), 'utf8'));
  const figures = Object.entries(sources.figures).flatMap(([file, digest]) => {
    const path = join(folder, file);
    if (!existsSync(path)) return [`${file} is missing`];
    return digestOf(path) === digest ? [] : [`${file} is not the picture that was written`];
  });
  const document = readFileSync(join(folder, `${name}.md`), 'utf8');
  const isTemplate = sha256(template) === sources.template;
  return [
    ...(sha256(document) === sources.document ? [] : [`${name}.md is not what was written`]),
    ...(isTemplate ? [] : ['the template is not the one that was filled']),
    ...Object.entries(parts).flatMap(([input, text]) =>
      sha256(text) === sources.parts[input]?.template
        ? []
        : [`the template of its ${input} is not the one that was filled`],
    ),
    ...(!isTemplate || refill(template, sources.places) === document ? [] : [`${name}.md says other than its sources`]),
    ...figures,
  ];
}

/** The document, filled again with what its places said. */
function refill(text: string, places: readonly Filled[]): string {
  const says = places.values();
  return parseTemplate(text)
    .map((piece) => (typeof piece === 'string' ? piece : (says.next().value?.says ?? '')))
    .join('');
}
