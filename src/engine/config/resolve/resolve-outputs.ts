import { isAbsolute, posix, relative, resolve, sep } from 'node:path';
import { type ArtifactType, artifactTypes } from '../../../stage.ts';
import { suggest } from '../../../suggest.ts';
import { publishedFolder } from '../files/pipeline-name.ts';
import type { LoadContext } from '../load-context.ts';
import type { Instance } from '../matrix/instances.ts';
import { extensionOf } from '../paths/extension-of.ts';
import { safeName } from '../paths/safe-name.ts';
import type { Output } from '../pipeline.ts';
import { child, type Entry, type MapNode, textOf } from '../yaml/located.ts';

/**
 * The outputs of an instance and where they are published: where the YAML says, else under `artifacts/`. What an included
 * file says is its own place, when it is run itself; here its stages publish among this pipeline's.
 */
export function resolveOutputs(
  context: LoadContext,
  instance: Instance,
  node: MapNode,
  pipeline: string,
): readonly Output[] {
  const { kind, at } = instance.definition;
  const outputs = child(node, 'outputs');
  const written: ReadonlyMap<string, Entry> = outputs?.type === 'map' ? outputs.entries : new Map();
  if (!kind) return [];
  const ports = new Map(Object.entries(kind.spec.outputs).filter(([, { when }]) => isWanted(node, when)));
  for (const [port, entry] of written) {
    if (ports.has(port)) continue;
    const { when } = kind.spec.outputs[port] ?? {};
    if (when !== undefined) {
      const message = `The kind "${kind.spec.name}" has the output "${port}" only where it is asked for`;
      context.report({ code: 'unknown-port', message, at: entry.keyAt, hint: askFor(when) });
    } else if (kind.spec.openPorts === true) ports.set(port, { type: openType(entry), summary: '' });
    else {
      const hint = suggest(port, ports.keys());
      const message = `The kind "${kind.spec.name}" has no output "${port}"`;
      context.report({ code: 'unknown-port', message, at: entry.keyAt, ...(hint ? { hint } : {}) });
    }
  }
  return Array.from(ports, ([port, { type, extension = '' }]) => {
    const entry = written.get(port);
    const path = entry && (textOf(entry.value) ?? textOf(child(entry.value, 'path')));
    const usual = `${publishedFolder(pipeline)}/${safeName(instance.name)}/${port}`;
    if (path === undefined) return { port, type, path: usual + extension, at: entry?.keyAt ?? at };
    checkType(context, port, type, entry!);
    const isIncluded = instance.definition.scope.prefix !== '';
    // A program of the user's is given a name to write to that ends as the published one does.
    const own = relativeToRoot(path, context.root);
    const ending = extensionOf(own);
    const published = isIncluded ? usual + (extension || ending) : own;
    const output = { port, type, path: published, at: entry!.value.at };
    return Object.hasOwn(kind.spec.outputs, port) || ending === '' ? output : { ...output, extension: ending };
  });
}

function isWanted(stage: MapNode, when: string | undefined): boolean {
  if (when === undefined) return true;
  const written = child(child(stage, 'with'), when);
  return written?.type === 'scalar' && written.value === true;
}

/** What to do for a port that only a setting brings about. */
export const askFor = (when: string): string => `Set "${when}: true" under "with".`;

function openType({ value }: Entry): ArtifactType {
  const written = textOf(child(value, 'type'));
  return artifactTypes.find((type) => type === written) ?? 'files'; // The shape of the stage reports any other.
}

function checkType({ report }: LoadContext, port: string, type: ArtifactType, { value }: Entry): void {
  const written = child(value, 'type');
  const text = textOf(written);
  if (text === undefined || text === type || !artifactTypes.some((known) => known === text)) return;
  report({ code: 'type-mismatch', message: `The output "${port}" is of type ${type}, not ${text}`, at: written!.at });
}

/** POSIX, without `../` and a slash at the end; one that leads out of the root is reported later. */
function relativeToRoot(path: string, root: string): string {
  if (isAbsolute(path)) {
    const below = relative(root, resolve(path)).split(sep).join('/') || '.';
    return below.startsWith('..') ? path : below; // Outside, it is shown as it is written.
  }
  return posix.normalize(path).replace(/\/$/, '') || '.';
}
