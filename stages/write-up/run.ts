import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { sha256 } from '../../src/digest.ts';
import { formatJson } from '../../src/format-json.ts';
import type { Json } from '../../src/json.ts';
import { type InputArtifact, type StageContext, StageError } from '../../src/stage.ts';
import { fill, nameOf, type Source } from './fill.ts';
import { readArtifact } from './read-artifact.ts';
import { digestOf, type Sources, sourcesIn } from './sources.ts';
import type { WriteUpSettings } from './spec.ts';
import { parseTemplate } from './template.ts';

export default async function run(context: StageContext<WriteUpSettings>): Promise<void> {
  const { name, leaveOut, facts } = context.settings;
  const text = readFileSync(context.input('template').path, 'utf8');
  const template = parseTemplate(text);
  const wanted = new Set(
    template.flatMap((piece) => (typeof piece === 'string' ? [] : piece.reads.map(({ input }) => input))),
  );
  const ports = context.inputPorts.filter((port) => port !== 'template');
  const idle = ports.filter((port) => !wanted.has(port));
  if (idle.length > 0) context.warn(`The template reads nothing of ${idle.join(', ')}.`);
  const files = new Map<Source, string>();
  for (const port of ports.filter((port) => wanted.has(port)))
    for (const artifact of context.inputs(port)) files.set(readSource(port, artifact), artifact.path);
  const factsSource: Source = { input: 'facts', labels: {}, artifact: { as: 'values', json: facts as Json } };
  const { markdown, places, figures, read } = fill(template, [...files.keys(), factsSource], { name, leaveOut });

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
      [...files].flatMap(([source, path]) => (read.has(source) ? [[nameOf(source), digestOf(path)]] : [])),
    ),
    figures: Object.fromEntries([...figures.keys()].map((file) => [file, digestOf(join(folder, file))])),
    places,
    parts: Object.fromEntries(
      [...files].flatMap(([{ input }, path]) => {
        const part = sourcesIn(path);
        return part === undefined ? [] : [[input, part]];
      }),
    ),
  };
  writeFileSync(join(folder, name, 'sources.json'), formatJson(sources));
  context.log(`filled ${places.length} places, with ${figures.size} figures`);
}

function readSource(input: string, { path, labels }: InputArtifact): Source {
  try {
    return { input, labels, artifact: readArtifact(path) };
  } catch (error) {
    if (!(error instanceof StageError)) throw error;
    throw new StageError(`input "${nameOf({ input, labels })}": ${error.message}.`);
  }
}
