import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { StageError } from '../../stage.ts';
import { reasonOf } from '../../user-error.ts';
import { type ModelInfo, modelInfo } from './model-info.ts';

export const infoFile = 'info.json';

/** What the `model` artifact in `folder` says of itself. Throws a {@link StageError} when it is not one. */
export function readModelInfo(folder: string): ModelInfo {
  const path = join(folder, infoFile);
  const parsed = modelInfo.safeParse(readModelJson(path));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new StageError(`Expected a model, but in ${path} at ${issue?.path.join('.')}: ${issue?.message}`);
}

/** What a JSON file of a model holds. Throws a {@link StageError} when it cannot be read. */
export function readModelJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new StageError(`Expected a model, but ${path} cannot be read: ${reasonOf(error)}`);
  }
}
