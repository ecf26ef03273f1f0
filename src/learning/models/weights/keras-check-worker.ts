import { parentPort } from 'node:worker_threads';

// The library prints what it also throws.
console.error = () => {};
console.warn = () => {};

const { isBroken, openUnchecked } = await import('./keras-hdf5.ts');

/** What a thread says of a file; a broken library serves no other. */
export interface KerasCheck {
  readonly problem?: string;
  readonly isBroken: boolean;
}

/** Reads all of a file, and says what is wrong with it, if the library survives that. */
async function check(path: string): Promise<KerasCheck> {
  try {
    using weights = await openUnchecked(path);
    for (const { read } of weights.tensors.values()) read();
    return { isBroken: false };
  } catch (error) {
    return { problem: (error as Error).message, isBroken: isBroken() };
  }
}

parentPort!.on('message', async (path: string) => parentPort!.postMessage(await check(path)));
