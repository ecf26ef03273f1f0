/** A process that served a stage and can serve another one. */
export interface Worker {
  readonly isAlive: boolean;
  readonly ended: Promise<unknown>;
  kill(): Promise<unknown>;
}

interface IdleWorker<W> {
  readonly worker: W;
  readonly key: string;
  /** Bytes of memory that it holds. */
  readonly memory: number;
}

/**
 * Workers that wait for a stage with their key, within limits of number and memory. The one idle
 * longest is ended first.
 */
export class IdleWorkers<W extends Worker = Worker> {
  readonly #most: { readonly workers: number; readonly memory: number };
  /** The one idle longest comes first. */
  #idle: readonly IdleWorker<W>[] = [];
  readonly #ending = new Set<Promise<unknown>>();

  constructor(most: { readonly workers: number; readonly memory: number }) {
    this.#most = most;
  }

  /** Bytes of memory that all of them hold. */
  get memory(): number {
    return this.#idle.reduce((sum, { memory }) => sum + memory, 0);
  }

  /**
   * A worker for a stage that needs at most `most` bytes of memory; 0 if the stage declares
   * nothing.
   */
  take(key: string, most: number): W | undefined {
    const isFit = ({ worker, memory }: IdleWorker<W>) =>
      worker.isAlive && (most === 0 || memory <= most);
    const idleWorker = this.#idle.findLast((idle) => idle.key === key && isFit(idle));
    this.#idle = this.#idle.filter((idle) => idle !== idleWorker);
    return idleWorker?.worker;
  }

  keep(worker: W, key: string, memory: number): void {
    this.#idle = [...this.#idle, { worker, key, memory }];
    void worker.ended.then(() => {
      this.#idle = this.#idle.filter((idle) => idle.worker !== worker);
    });
    while (this.#idle.length > this.#most.workers || this.memory > this.#most.memory)
      this.#end(this.#idle[0]!);
  }

  async end(): Promise<void> {
    for (const idle of this.#idle) this.#end(idle);
    await Promise.all(this.#ending);
  }

  #end(ended: IdleWorker<W>): void {
    this.#idle = this.#idle.filter((idle) => idle !== ended);
    const ending = ended.worker.kill().finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }
}
