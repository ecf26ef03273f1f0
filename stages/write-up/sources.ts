import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '../../src/fingerprint/digest.ts';
import type { Filled } from './fill.ts';
import { parseTemplate } from './template.ts';

/** What a document was made of: `sources.json` in the folder of its figures. Digests are SHA-256. */
export interface Sources {
  readonly document: string;
  readonly template: string;
  /** Of every artifact that is read, by input and axis values. */
  readonly artifacts: Readonly<Record<string, string>>;
  /** By the path from the document on. */
  readonly figures: Readonly<Record<string, string>>;
  /** In the order of the template. */
  readonly places: readonly Filled[];
}

/** Of a file, or of a folder by the names and contents of all in it. */
export function digestOf(path: string): string {
  if (!statSync(path).isDirectory()) return sha256(readFileSync(path));
  const names = (readdirSync(path, { recursive: true }) as string[]).sort();
  const files = names.filter((name) => statSync(join(path, name)).isFile());
  return sha256(files.map((name) => `${name}\0${sha256(readFileSync(join(path, name)))}\n`).join(''));
}

/**
 * Where a document, `<name>.md` in `folder`, is no longer what was written: a number that was changed by hand, a figure of
 * another run, a template that has gone on. One sentence each; none where all is as it was.
 */
export function checkDocument(folder: string, name: string, template: string): readonly string[] {
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
    ...(!isTemplate || refill(template, sources.places) === document ? [] : [`${name}.md says other than its sources`]),
    ...figures,
  ];
}

/** The document once more, from what its places said. */
function refill(text: string, places: readonly Filled[]): string | undefined {
  const template = parseTemplate(text);
  if (!template.ok) return undefined;
  const says = places.values();
  return template.value.map((piece) => (typeof piece === 'string' ? piece : (says.next().value?.says ?? ''))).join('');
}
