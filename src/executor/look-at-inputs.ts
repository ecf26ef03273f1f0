import { join } from 'node:path';
import type { InputItem, Stage } from '../config/pipeline.ts';
import type { Digest } from '../fingerprint/digest.ts';
import { type DigestIndex, isUnsettled } from '../fingerprint/digest-index.ts';
import { signTree } from '../fingerprint/sign-tree.ts';
import type { Examined, OutputsOf, World } from '../plan/examine.ts';
import type { InputArtifact } from '../stage.ts';

/** The inputs of a stage as it is about to read them, and how they looked then. */
export interface Look {
  readonly inputs: Readonly<Record<string, readonly InputArtifact[]>>;
  /** By absolute path. */
  readonly signatures: ReadonlyMap<string, string>;
  /**
   * What was only just put in place, so that its signature alone does not say that it stays: its content, by absolute
   * path. That is asked again afterwards, rather than waiting here for the disk's clock before every stage.
   */
  readonly unsettled: ReadonlyMap<string, Digest>;
  /** Paths that are already not what the decision was made about. */
  readonly changed: readonly string[];
}

/** Looks at every input just before a stage reads it; {@link changedSince} looks again afterwards. */
export async function lookAtInputs(
  stage: Stage,
  examined: Examined,
  world: World,
  outputsOf: OutputsOf,
): Promise<Look> {
  const signatures = new Map<string, string>();
  const unsettled = new Map<string, Digest>();
  const changed: string[] = [];
  const look = async (item: InputItem): Promise<InputArtifact> => {
    const path = pathOf(item, world);
    if (!signatures.has(path)) {
      const listing = await world.digests.list(path);
      const { digest, signature } = listing;
      signatures.set(path, signature);
      if (isUnsettled(listing)) unsettled.set(path, digest);
      const same =
        item.from === 'path'
          ? signature === examined.looked.get(path)
          : digest === outputsOf(item.stage)[item.port]?.digest;
      if (!same) changed.push(path);
    }
    return { path, labels: item.labels };
  };
  const inputs: Record<string, readonly InputArtifact[]> = {};
  for (const { port, items } of stage.inputs) inputs[port] = await Promise.all(items.map(look));
  return { inputs, signatures, unsettled, changed };
}

/** Paths whose content or times are not those of the look: an edit that was taken back is one as well. */
export async function changedSince(look: Look, digests: DigestIndex): Promise<readonly string[]> {
  const changed = new Set(look.changed);
  for (const [path, signature] of look.signatures) if (signatureOf(path) !== signature) changed.add(path);
  for (const [path, digest] of look.unsettled) {
    if (!changed.has(path) && (await digests.list(path)).digest !== digest) changed.add(path);
  }
  return [...changed];
}

/** Undefined for a path that went away meanwhile: that, too, is a change. */
function signatureOf(path: string): string | undefined {
  try {
    return signTree(path).signature;
  } catch {
    return undefined;
  }
}

/** Where an input item lies. */
export function pathOf(item: InputItem, world: Pick<World, 'graph' | 'pipeline'>): string {
  if (item.from === 'path') return item.path;
  const output = world.graph.stage(item.stage).outputs.find(({ port }) => port === item.port);
  if (output === undefined) throw new Error(`Internal error: ${item.stage} has no output ${item.port}`);
  return join(world.pipeline.root, output.path);
}
