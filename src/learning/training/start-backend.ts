import { engine } from '@tensorflow/tfjs';
import { BackendError } from '../../backend/packages/backend-error.ts';
import { backendNames, isBackendName } from '../../backend/select/backend-names.ts';
import { type RunningBackend, selectBackend } from '../../backend/select/select-backend.ts';
import { StageError } from '../../stage.ts';

/** The backend that a stage computes with, as the user asked for it. */
interface BackendChoice {
  /** `auto`, or the backend that the user named. */
  readonly backend: string;
  /** The cores that it may use, at least 1. */
  readonly cpus: number;
  /** The folder from which its packages are looked up. */
  readonly root: string;
  warn(line: string): void;
}

/** A choice whose backend is noted. */
interface BackendRequest extends BackendChoice {
  note(name: string, value: string | number): void;
}

/**
 * Starts the backend that the user named, and notes its name, versions, device and threads. It
 * forgets all tensors and compiled graphs of earlier stages of this process, so that a stage
 * computes the same bytes whatever ran before. Throws a {@link StageError}.
 */
export async function startBackend(context: BackendRequest): Promise<RunningBackend> {
  const running = await select(context);
  context.note('backend', running.name);
  for (const [name, version] of Object.entries(running.versions)) context.note(name, version);
  if (running.device !== undefined) context.note('device', running.device);
  context.note('threads', context.cpus);
  return running;
}

async function select({ backend, cpus, root, warn }: BackendChoice) {
  if (!isBackendName(backend)) {
    throw new StageError(`Expected a backend (${backendNames.join(', ')}), got "${backend}".`);
  }
  try {
    engine().reset();
    return await selectBackend(backend, { threads: cpus, packagesFrom: [root], warn });
  } catch (error) {
    if (error instanceof BackendError) throw new StageError(error.message, { cause: error });
    throw error;
  }
}
