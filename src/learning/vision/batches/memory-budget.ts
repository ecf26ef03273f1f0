/** A share of a {@link MemoryBudget}, which a thread can be given. */
export interface MemoryShare {
  /** Bytes that no share has taken. */
  readonly left: BigInt64Array<SharedArrayBuffer>;
  /** Bytes that this share has taken, and the most that it may take. */
  readonly taken: BigInt64Array<SharedArrayBuffer>;
  readonly most: number;
}

/** Bytes that several threads take from until none are left. */
export class MemoryBudget {
  readonly #left: BigInt64Array<SharedArrayBuffer>;

  constructor(bytes: number) {
    this.#left = counter(bytes);
  }

  get left(): number {
    return Number(Atomics.load(this.#left, 0));
  }

  share(most = Number.POSITIVE_INFINITY): MemoryShare {
    return { left: this.#left, taken: counter(0), most };
  }
}

/** Takes so many bytes, all or none. */
export function take({ left, taken, most }: MemoryShare, bytes: number): boolean {
  const wanted = BigInt(bytes);
  if (Number(Atomics.load(taken, 0)) + bytes > most) return false;
  if (Atomics.sub(left, 0, wanted) < wanted) {
    Atomics.add(left, 0, wanted);
    return false;
  }
  Atomics.add(taken, 0, wanted);
  return true;
}

/** Gives back all that a share has taken, when its thread has ended: a second time there is nothing to give. */
export function giveBack({ left, taken }: MemoryShare): void {
  Atomics.add(left, 0, Atomics.exchange(taken, 0, 0n));
}

function counter(bytes: number): BigInt64Array<SharedArrayBuffer> {
  const count = new BigInt64Array(new SharedArrayBuffer(8));
  count[0] = BigInt(Math.floor(bytes));
  return count;
}
