import { isAbsolute, posix, relative, resolve, sep } from 'node:path';
import { type ArtifactType, artifactTypes, type OutputPort } from '../../../stage.ts';
import { suggest } from '../../../suggest.ts';
import { extensionOf, safeName } from '../file-names.ts';
import type { LoadContext } from '../load-context.ts';
import type { LocatedOutput, Output, StageName } from '../pipeline.ts';
import { publishedFolder } from '../published-paths.ts';
import { child, type Entry, entriesOf, type MapNode, type Node, textOf } from '../yaml/node.ts';
import { checkName } from './check-name.ts';
import type { Definition } from './definition.ts';

/**
 * An instance's outputs and published paths. Stages of included pipelines publish among those of
 * the including one.
 */
export function resolveOutputs(
  { report, root }: LoadContext,
  {
    name,
    definition,
    node,
  }: { readonly name: StageName; readonly definition: Definition; readonly node: MapNode },
  pipeline: string,
): readonly LocatedOutput[] {
  const { kind, at, scope } = definition;
  if (!kind) return [];
  const { outputs, openPorts, name: kindName } = kind.spec;
  const written = entriesOf(child(node, 'outputs'));
  const ports = new Map(Object.entries(outputs).filter(([, { when }]) => isWanted(node, when)));
  for (const [port, entry] of written) {
    if (ports.has(port)) continue;
    const { when } = outputs[port] ?? {};
    if (when !== undefined) {
      const message = `The kind "${kindName}" has the output "${port}" only where it is asked for`;
      report({ code: 'unknown-port', message, at: entry.keyAt, hint: askHint(when) });
    } else if (openPorts === true) {
      if (checkName({ report }, port, entry.keyAt, 'port'))
        ports.set(port, { type: openType(entry), summary: '', ofImages: true });
    } else {
      const message = `The kind "${kindName}" has no output "${port}"`;
      report({ code: 'unknown-port', message, at: entry.keyAt, hint: suggest(port, ports.keys()) });
    }
  }
  return Array.from(ports, ([port, declaration]): LocatedOutput => {
    const { type, counts, ofImages, extension = '' } = declaration;
    const entry = written.get(port);
    const path = entry && (textOf(entry.value) ?? textOf(child(entry.value, 'path')));
    const usual = `${publishedFolder(pipeline)}/${safeName(name)}/${port}`;
    const declared = {
      port,
      type,
      ...(counts !== undefined && { counts }),
      ...(ofImages !== undefined && { ofImages }),
    };
    if (entry === undefined || path === undefined)
      return { ...declared, path: usual + extension, at: entry?.keyAt ?? at };
    const typeNode = child(entry.value, 'type');
    const writtenType = artifactTypes.find((known) => known === textOf(typeNode));
    if (writtenType !== undefined && writtenType !== type) {
      const message = `The output "${port}" is of type ${type}, not ${writtenType}`;
      report({ code: 'type-mismatch', message, at: typeNode!.at });
    }
    const writtenPath = relativeToRoot(path, root);
    const ending = extensionOf(writtenPath);
    const published = scope.prefix === '' ? writtenPath : usual + (extension || ending);
    const output = { ...declared, path: published, at: entry.value.at };
    // A program of the user's gets a private name that ends like the published one, since it may go
    // by the extension.
    return Object.hasOwn(outputs, port) || ending === ''
      ? output
      : { ...output, extension: ending };
  });
}

function isWanted(stage: MapNode, when: OutputPort['when']): boolean {
  if (when === undefined) return true;
  const settings = child(stage, 'with');
  if (typeof when === 'string') return scalarOf(child(settings, when)) === true;
  if ('is' in when) return scalarOf(child(settings, when.setting)) === when.is;
  if ('input' in when) return child(child(stage, 'inputs'), when.input) !== undefined;
  const written = child(settings, when.list);
  return written?.type === 'list' && written.items.length > 0;
}

const scalarOf = (node: Node | undefined) => (node?.type === 'scalar' ? node.value : undefined);

/** A hint how every instance of a stage publishes an output at a path of its own. */
export function separatePathHint({ kind }: Definition, { port, type }: Output): string {
  const isOpen = !Object.hasOwn(kind?.spec.outputs ?? {}, port);
  const how = isOpen
    ? `Leave its path out, outputs: { ${port}: { type: ${type} } }`
    : `Leave "${port}" out of "outputs"`;
  return `${how}: then every instance has its own.`;
}

/** A hint how to ask for an optional output. */
export function askHint(when: NonNullable<OutputPort['when']>): string {
  if (typeof when === 'string') return `Set "${when}: true" under "with".`;
  if ('is' in when) return `Set "${when.setting}: ${when.is}" under "with".`;
  if ('input' in when) return `Connect "${when.input}" under "inputs".`;
  return `Set "${when.list}: […]" under "with".`;
}

function openType({ value }: Entry): ArtifactType {
  const written = textOf(child(value, 'type'));
  // The shape of the stage reports any other.
  return artifactTypes.find((type) => type === written) ?? 'files';
}

/**
 * POSIX and normalised, without a slash at its end. A path that leads out of the root is reported
 * later.
 */
function relativeToRoot(path: string, root: string): string {
  if (isAbsolute(path)) {
    const below = relative(root, resolve(path)).split(sep).join('/') || '.';
    return below.startsWith('..') ? path : below; // Outside, it is shown as it is written.
  }
  return posix.normalize(path).replace(/\/$/, '') || '.';
}
