import { appendFileSync, readFileSync } from 'node:fs';
import type { Environment } from '../../../environment.ts';
import { jsonLines, readText } from '../../files/read-part.ts';
import { GpuWatch } from './gpu-watch.ts';

/** What the processes of the stages under way use at a time. */
export interface UsageSample {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly stages: Readonly<Record<string, StageUsage>>;
}

/**
 * The cores that a stage kept busy since the sample before, its resident bytes, and, on a machine
 * with NVIDIA's driver, how many graphics cards computed, and the bytes of their memory. The cards
 * are those that the stage was given; where it asked for none, all of the machine, which others may
 * use, too.
 */
export type StageUsage = readonly [
  cores: number,
  bytes: number,
  cards?: number,
  cardBytes?: number,
];

const pause = 1000;
/** More samples than a day has are taken once a minute. */
const mostPerSecond = 86_400;
const longPause = 60;
/** Ticks of the kernel's clock in a second, on every Linux that Node runs on. */
const ticksPerSecond = 100;

/** A stage whose processes are looked at. */
interface Watched {
  readonly stage: string;
  readonly pid: number;
  /** The graphics cards that it was given. */
  readonly cards: readonly string[];
  /** Seconds of the processor at the last look, and when that was. */
  seconds: number;
  at: number;
}

/**
 * Looks once a second at the processes of stages on this machine, and appends what they use to a
 * file of the run, a line for each look. Reading takes a tenth of a millisecond a stage. Only Linux
 * tells it; elsewhere there is no file.
 */
export class UsageSampler {
  readonly #path: string;
  readonly #gpus: GpuWatch;
  readonly #watched = new Set<Watched>();
  #timer: NodeJS.Timeout | undefined;
  #count = 0;

  constructor(path: string, env: Environment = process.env) {
    this.#path = path;
    this.#gpus = new GpuWatch(env);
  }

  /**
   * Looks at a process, all that it starts and its graphics cards until the returned function is
   * called.
   */
  watch(stage: string, pid: number, cards: readonly string[] = []): () => void {
    const first = usageOf(pid);
    if (first === undefined) return () => {};
    const watched = { stage, pid, cards, seconds: first.seconds, at: performance.now() };
    this.#watched.add(watched);
    this.#gpus.start();
    this.#timer ??= setInterval(() => this.#tick(), pause).unref();
    return () => {
      this.#watched.delete(watched);
      if (this.#watched.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
      this.#gpus.stop();
    };
  }

  #tick(): void {
    this.#count += 1;
    if (this.#count > mostPerSecond && this.#count % longPause !== 0) return;
    const sample = this.sample();
    if (Object.keys(sample.stages).length === 0) return;
    try {
      appendFileSync(this.#path, `${JSON.stringify(sample)}\n`);
    } catch {
      // A full disk stops no run: its curves have a gap.
    }
  }

  /** What the stages under way use now. */
  sample(): UsageSample {
    const stages: Record<string, StageUsage> = {};
    for (const watched of this.#watched) {
      const usage = usageOf(watched.pid);
      if (usage === undefined) continue;
      const now = performance.now();
      const took = Math.max(1e-3, (now - watched.at) / 1000);
      // A process that left its parent takes its time along.
      const cores = Math.max(0, usage.seconds - watched.seconds) / took;
      watched.seconds = usage.seconds;
      watched.at = now;
      const ofProcesses = [Number(cores.toFixed(3)), usage.bytes] as const;
      const gpus = this.#gpus.use(watched.cards);
      stages[watched.stage] =
        gpus === undefined ? ofProcesses : [...ofProcesses, gpus.busy, gpus.bytes];
    }
    return { time: Date.now(), stages };
  }
}

/** The samples of a run; none where it has no file of them. */
export const readUsage = (path: string): readonly UsageSample[] =>
  jsonLines<UsageSample>(readText(path)).filter(
    ({ time, stages }) => Number.isFinite(time) && typeof stages === 'object',
  );

interface Usage {
  /** Processor time of the process and its descendants, those that have ended too. */
  readonly seconds: number;
  readonly bytes: number;
}

/** What a process and its descendants have used; undefined if it is gone. */
function usageOf(pid: number): Usage | undefined {
  const fields = statOf(pid);
  if (fields === undefined) return undefined;
  const { seconds, pages } = fields;
  let all: Usage = { seconds, bytes: pages * pageSize() };
  for (const child of childrenOf(pid)) {
    const usage = usageOf(child);
    if (usage === undefined) continue;
    all = { seconds: all.seconds + usage.seconds, bytes: all.bytes + usage.bytes };
  }
  return all;
}

/**
 * See proc(5): after the name in brackets come state, …, utime (14) to cstime (17), …, rss (24).
 */
function statOf(pid: number): { readonly seconds: number; readonly pages: number } | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined;
  }
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const at = (number: number) => Number(fields[number - 3]);
  return { seconds: (at(14) + at(15) + at(16) + at(17)) / ticksPerSecond, pages: at(24) };
}

/** Those that the main thread has started, as Node, shells and Python do. */
function childrenOf(pid: number): readonly number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1');
    return text.split(' ').filter(Boolean).map(Number);
  } catch {
    return []; // it has just ended, or this kernel does not tell
  }
}

let knownPageSize: number | undefined;

/** Bytes of a page of memory, a power of two: what this process has, by its number of pages. */
function pageSize(): number {
  const ratio = () => process.memoryUsage.rss() / (statOf(process.pid)?.pages ?? 1);
  knownPageSize ??= 2 ** Math.round(Math.log2(ratio()));
  return knownPageSize;
}
