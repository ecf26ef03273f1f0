import type { JsonObject } from '../../../json.ts';
import type { AnyKindSpec } from '../../../stage.ts';
import { suggest } from '../../../suggest.ts';
import type { LoadContext } from '../load-context.ts';
import type { Input } from '../pipeline.ts';
import { type MapNode, nodeAt } from '../yaml/located.ts';

/** Reports axes that settings name and no item of the connected input has, such as `over: [sede]`. */
export function reportUnknownAxes(
  { report }: LoadContext,
  spec: AnyKindSpec,
  stage: MapNode,
  settings: JsonObject,
  inputs: readonly Input[],
): void {
  for (const [setting, ports] of Object.entries(spec.axes ?? {})) {
    const input = inputs.find(({ port }) => ports.includes(port));
    if (input === undefined || input.items.length === 0) continue; // Missing or wrong, which is reported.
    const known = new Set(input.items.flatMap(({ labels }) => Object.keys(labels)));
    const isList = Array.isArray(settings[setting]);
    for (const [index, axis] of [settings[setting] ?? []].flat().entries()) {
      if (typeof axis !== 'string' || known.has(axis)) continue;
      const at = nodeAt(stage, ['with', setting, ...(isList ? [index] : [])])?.node.at ?? stage.at;
      const message = `The items of the input "${input.port}" have no axis "${axis}"`;
      const hint = known.size === 0 ? 'They have none: an axis comes from a matrix.' : suggest(axis, known);
      report({ code: 'unknown-axis', message, at, ...(hint && { hint }) });
    }
  }
}
