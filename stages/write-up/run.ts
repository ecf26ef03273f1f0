import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { sha256 } from '../../src/digest.ts';
import { formatJson } from '../../src/format-json.ts';
import type { Json } from '../../src/json.ts';
import { type InputArtifact, type StageContext, StageError } from '../../src/stage.ts';
import { type Filled, fill, nameOf, type Source } from './fill.ts';
import { readArtifact } from './read-artifact.ts';
import type { WriteUpSettings } from './spec.ts';
import { parseTemplate, readingsOf } from './template.ts';

export default async function run(context: StageContext<WriteUpSettings>): Promise<void> {
  const { name, leaveOut, facts } = context.settings;
  const file = context.input('template').path;
  const text = readFileSync(file, 'utf8');
  const template = parseTemplate(text, file);
  const wanted = new Set(readingsOf(template).map(({ input }) => input));
  const ports = context.inputPorts.filter((port) => port !== 'template');
  const idle = ports.filter((port) => !wanted.has(port));
  if (idle.length > 0) context.warn(`The template reads nothing of ${idle.join(', ')}.`);
  const files = new Map<Source, string>();
  for (const port of ports.filter((port) => wanted.has(port)))
    for (const artifact of context.inputs(port))
      files.set(readSource(port, artifact), artifact.path);
  const factsSource: Source = {
    input: 'facts',
    labels: {},
    artifact: { as: 'values', json: facts as Json },
  };
  const { markdown, placeholders, figures, read } = fill(template, [...files.keys(), factsSource], {
    name,
    leaveOut,
    file,
  });

  const folder = context.output('document');
  mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, `${name}.md`), markdown);
  for (const [file, path] of figures) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    copyFileSync(path, join(folder, file));
  }
  const sources: Sources = {
    document: sha256(markdown),
    template: sha256(text),
    artifacts: Object.fromEntries(
      [...files].flatMap(([source, path]) =>
        read.has(source) ? [[nameOf(source), digestOf(path)]] : [],
      ),
    ),
    figures: Object.fromEntries(
      [...figures.keys()].map((file) => [file, digestOf(join(folder, file))]),
    ),
    places: placeholders,
    parts: Object.fromEntries(
      [...files].flatMap(([{ input }, path]) => {
        const part = sourcesIn(path);
        return part === undefined ? [] : [[input, part]];
      }),
    ),
  };
  writeFileSync(join(folder, name, 'sources.json'), formatJson(sources));
  context.log(`filled ${placeholders.length} placeholders, with ${figures.size} figures`);
}

function readSource(input: string, { path, labels }: InputArtifact): Source {
  try {
    return { input, labels, artifact: readArtifact(path) };
  } catch (error) {
    if (!(error instanceof StageError)) throw error;
    throw new StageError(`input "${nameOf({ input, labels })}": ${error.message}.`);
  }
}

/** The origins of a document: `sources.json` in the folder of its figures. Digests are SHA-256. */
export interface Sources {
  readonly document: string;
  readonly template: string;
  /** Digests of every artifact that was read, by input and axis values. */
  readonly artifacts: Readonly<Record<string, string>>;
  /** Digests of the figures, by their paths relative to the document. */
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
  return sha256(
    files.map((name) => `${name}\0${sha256(readFileSync(join(path, name)))}\n`).join(''),
  );
}

/** The sources of a text that another `write-up` wrote; undefined for any other artifact. */
function sourcesIn(path: string): Sources | undefined {
  if (!statSync(path).isDirectory()) return undefined;
  const file = (readdirSync(path, { recursive: true }) as string[]).find((name) =>
    /^[^/]+\/sources\.json$/.test(name),
  );
  return file === undefined ? undefined : JSON.parse(readFileSync(join(path, file), 'utf8'));
}
