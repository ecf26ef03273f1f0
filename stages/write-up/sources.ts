import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '../../src/digest.ts';
import type { Filled } from './fill.ts';

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
