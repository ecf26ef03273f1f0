import { suggest } from '../../../suggest.ts';
import type { Span } from '../../diagnostics/diagnostic.ts';
import type { Definition } from '../definition.ts';
import type { LoadContext } from '../load-context.ts';
import type { Instances } from '../matrix/instances.ts';
import type { StageReference } from '../stage-reference.ts';
import type { Home } from '../yaml/located.ts';

/** The definition that a reference names, seen from a file; a wrong name or selection is reported. */
export function findStage(
  { report }: LoadContext,
  { definitions, byDefinition }: Instances,
  { stage, port, selection }: StageReference,
  { prefix }: Home,
  at: Span,
): Definition | undefined {
  const definition = definitions.get(prefix + stage);
  if (!definition) {
    const visible = [...definitions.keys()].filter((name) => name.startsWith(prefix));
    const suggestion = suggest(
      stage,
      visible.map((name) => name.slice(prefix.length)),
    );
    const meansFile = port !== undefined && !suggestion?.startsWith('Did');
    const file = meansFile ? `A file in the root is written "./${stage}.${port}".` : undefined;
    const hint = [suggestion, file].filter((text) => text !== undefined).join(' ');
    report({ code: 'unknown-stage', message: `Unknown stage "${stage}"`, at, ...(hint ? { hint } : {}) });
    return undefined;
  }
  const instances = byDefinition.get(definition) ?? [];
  const axes = [...(instances[0]?.axes.keys() ?? [])];
  for (const [axis, label] of selection) {
    const labels = new Set(instances.map((instance) => instance.axes.get(axis)?.label ?? ''));
    if (axes.includes(axis) && labels.has(label)) continue;
    const hint = axes.includes(axis) ? suggest(label, labels) : suggest(axis, axes);
    const message = axes.includes(axis)
      ? `The axis "${axis}" of the stage "${stage}" has no value "${label}"`
      : `The stage "${stage}" has no axis "${axis}"`;
    report({ code: 'unknown-axis', message, at, ...(hint ? { hint } : {}) });
    return undefined;
  }
  return definition;
}
