import { findRoot } from '../engine/config/loading/find-pipeline.ts';
import { describeSettings, type SettingRow } from '../engine/config/schema/describe-settings.ts';
import { packageRoot } from '../package-root.ts';
import type { KindSpec } from '../stage.ts';
import { suggest } from '../suggest.ts';
import { loadKinds, type ProjectKinds } from './kinds/load-kinds.ts';
import { mistake, PipelineError } from './pipeline-error.ts';

export type { SettingRow };

/** The kinds of the project around a folder; outside of any, the built-in ones. */
export async function findKinds(
  folder: string,
  onWarning: (message: string) => void,
): Promise<ProjectKinds> {
  return await loadKinds(findRoot(folder) ?? packageRoot, onWarning);
}

/** The spec of a kind. Throws a `PipelineError` for one that is unknown or broken. */
export function specNamed({ kinds, unloaded }: ProjectKinds, name: string): KindSpec {
  const kind = kinds.get(name);
  if (kind !== undefined) return kind.spec;
  const broken = unloaded.get(name);
  if (broken !== undefined) throw new PipelineError([broken]);
  throw mistake('unknown-kind', `There is no kind "${name}"`, suggest(name, kinds.keys()));
}

/** The settings of a kind as rows of a table. */
export const settingsOfKind = ({ settings }: KindSpec): readonly SettingRow[] =>
  describeSettings(settings);
