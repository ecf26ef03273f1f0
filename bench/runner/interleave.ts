import { spawnSync } from 'node:child_process';

/** A command to time. */
export interface Timed {
  readonly name: string;
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * Median seconds of each command by name. They run in turns, so that other work of the machine
 * slows all of them alike. Throws when one fails.
 */
export function interleave(
  commands: readonly Timed[],
  rounds: number,
): ReadonlyMap<string, number> {
  const seconds = new Map<string, number[]>(commands.map(({ name }) => [name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const command of commands) {
      const taken = time(command);
      if (round > 0) seconds.get(command.name)!.push(taken); // the first fills the disk's cache
    }
  }
  return new Map([...seconds].map(([name, all]) => [name, median(all)]));
}

/** Seconds that one run of a command takes. */
export function time({ name, argv: [file, ...args], cwd, env }: Timed): number {
  const start = performance.now();
  const { status, stdout, stderr } = spawnSync(file!, args, {
    cwd,
    env: { ...process.env, ...env },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${name} ended with ${status}:\n${stdout}${stderr}`);
  return (performance.now() - start) / 1000;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
}

/** Prints medians and their ratio to the first. */
export function printMedians(title: string, medians: ReadonlyMap<string, number>): void {
  const [unit] = medians.values();
  console.log(`\n${title}`);
  for (const [name, seconds] of medians) {
    console.log(
      `  ${name.padEnd(24)} ${(seconds * 1000).toFixed(1).padStart(8)} ms  ${(seconds / unit!).toFixed(2)} x`,
    );
  }
}
