import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { sha256 } from '../../src/digest.ts';
import { formatJson } from '../../src/format-json.ts';
import type { Json } from '../../src/json.ts';
import { type InputArtifact, type StageContext, StageError } from '../../src/stage.ts';
import { fill, type Source } from './fill.ts';
import { readArtifact } from './read-artifact.ts';
import { digestOf, type Sources, sourcesIn } from './sources.ts';
import type { WriteUpSettings } from './spec.ts';
import { parseTemplate, type Template } from './template.ts';

type Context = StageContext<WriteUpSettings>;

export default async function run(context: Context): Promise<void> {
  const { name, leaveOut } = context.settings;
  const text = readFileSync(context.input('template').path, 'utf8');
  const template = parseTemplate(text);
  if (!template.ok) throw new StageError(['The template has mistakes:', ...template.error].join('\n'));
  const ports = context.inputPorts.filter((port) => port !== 'template');
  const read = ports.flatMap((port) => context.inputs(port).map((artifact) => ({ port, artifact })));
  const wanted = inputsOf(template.value);
  const facts: Source = {
    input: 'facts',
    labels: {},
    artifact: { as: 'values', json: context.settings.facts as Json },
  };
  const idle = ports.filter((port) => !wanted.has(port));
  if (idle.length > 0) context.warn(`The template reads nothing of ${idle.join(', ')}.`);
  const files = new Map<Source, string>();
  for (const { port, artifact } of read) if (wanted.has(port)) files.set(readSource(port, artifact), artifact.path);
  const document = fill(template.value, [...files.keys(), facts], { name, leaveOut });
  if (!document.ok) throw new StageError(['The template cannot be filled:', ...document.error].join('\n'));

  const { markdown, places, figures, read: used } = document.value;
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
      [...files].flatMap(([source, path]) => (used.has(source) ? [[nameOf(source), digestOf(path)]] : [])),
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

/** Names of the inputs that a template reads. */
function inputsOf(template: Template): ReadonlySet<string> {
  return new Set(template.flatMap((piece) => (typeof piece === 'string' ? [] : piece.reads.map(({ input }) => input))));
}

function readSource(input: string, { path, labels }: InputArtifact): Source {
  const artifact = readArtifact(path);
  if (artifact.ok) return { input, labels, artifact: artifact.value };
  throw new StageError(`input "${nameOf({ input, labels })}": ${artifact.error}.`);
}

/** `scores[seed=7]`. */
function nameOf({ input, labels }: Pick<Source, 'input' | 'labels'>): string {
  const axes = Object.entries(labels).map(([axis, value]) => `${axis}=${value}`);
  return axes.length === 0 ? input : `${input}[${axes.join(',')}]`;
}
