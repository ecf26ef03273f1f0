import type { BackendName } from '../backend/register.ts';
import { BACKENDS, selectBackend } from '../backend/register.ts';
import { type StageContext, StageError } from '../stage.ts';

/**
 * Sets the compute backend that the user named, on the cores that the stage was granted, and notes which one runs.
 * Throws a {@link StageError} when there is none of that name.
 */
export async function startBackend(context: Pick<StageContext, 'backend' | 'cpus' | 'warn' | 'note'>): Promise<string> {
  if (!isBackendName(context.backend)) {
    throw new StageError(`Expected a backend (${BACKENDS.join(', ')}), got "${context.backend}".`);
  }
  const backend = await selectBackend(context.backend, { threads: context.cpus, warn: (line) => context.warn(line) });
  context.note('backend', backend);
  context.note('threads', context.cpus);
  return backend;
}

function isBackendName(name: string): name is BackendName {
  return (BACKENDS as readonly string[]).includes(name);
}
