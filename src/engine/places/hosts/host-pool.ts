import { formatCountOf, formatSeconds } from '../../../format-numbers.ts';
import type { Resources } from '../../config/pipeline.ts';
import { StageFailure } from '../../execution/stage-failures.ts';
import type { HostFacts } from './host-messages.ts';
import type { HostSpec, Refusal } from './ssh-host.ts';

/** What a pool needs to know of a connection with a host. */
export interface HostConnection {
  /** What the host has, or why it is not used. */
  readonly ready: Promise<HostFacts | Refusal>;
  /** Resolves when it cannot be used any more. */
  readonly ended: Promise<Refusal>;
  close(): void;
}

/** A host that a stage may use, with the share of it that the stage holds. */
export interface HostGrant<C> extends Disposable {
  readonly host: C;
  readonly share: Resources;
}

export interface HostPoolOptions<C> {
  readonly place: string;
  readonly hosts: readonly HostSpec[];
  readonly open: (host: HostSpec) => C;
  /** Stages at once, at most. */
  readonly most: number;
  /** Milliseconds without any host after which stages that wait for one fail. */
  readonly patience: number;
  readonly signal: AbortSignal;
  readonly warn: (message: string) => void;
}

/** How a host is, without its connection. */
interface HostState {
  readonly spec: HostSpec;
  state: 'away' | 'starting' | 'ready' | 'refused';
  facts: HostFacts | undefined;
  /** Why it is away or refused. */
  reason: string;
  /** Milliseconds until it is tried again. */
  pause: number;
  readonly held: Set<Resources>;
}

interface PooledHost<C> extends HostState {
  connection: C | undefined;
}

/** The host that had a stage before, and so its checkpoint. */
export interface Preference {
  readonly host: string;
  /** Milliseconds for which the stage waits for it where it is away. */
  readonly patience: number;
}

interface Waiting<C> {
  readonly want: Resources;
  readonly preferred: string | undefined;
  /** Until then it waits for the host that it prefers, by `performance.now`. */
  readonly until: number;
  readonly resolve: (grant: HostGrant<C>) => void;
  readonly reject: (error: Error) => void;
}

/** Milliseconds until a lost host is tried again: at first, and at most. */
const firstPause = 1_000;
const longestPause = 60_000;

/**
 * The hosts of a place, and which stage gets which. A host:
 *
 *     away       a stage waits, and its pause is over     → starting
 *     starting   its worker is ready                      → ready
 *     starting   it cannot be reached                     → away, for twice as long
 *     starting   only somebody can mend it                → refused, for this run
 *     ready      its connection ends                      → away
 *
 * Stages are admitted in order: none gets a host that an earlier one waits for. A stage gets at
 * most all cores and memory of a host, and no host with fewer cards than it asks for.
 */
export class HostPool<C extends HostConnection> {
  readonly #options: HostPoolOptions<C>;
  readonly #hosts: readonly PooledHost<C>[];
  readonly #queue: Waiting<C>[] = [];
  readonly #warned = new Set<string>();
  readonly #timers = new Set<NodeJS.Timeout>();
  /** When the last host was lost; while one is ready, it does not count. */
  #aloneSince = performance.now();
  #isClosed = false;

  constructor(options: HostPoolOptions<C>) {
    this.#options = options;
    this.#hosts = options.hosts.map((spec) => ({
      spec,
      state: 'away',
      connection: undefined,
      facts: undefined,
      reason: '',
      pause: 0,
      held: new Set(),
    }));
    const abort = () => {
      for (const { reject } of this.#queue.splice(0)) reject(options.signal.reason);
    };
    options.signal.addEventListener('abort', abort, { once: true });
  }

  /**
   * Resolves with a host that has room, if possible the preferred one. Rejects with the signal's
   * reason, or a {@link StageFailure} where no host can serve the stage.
   */
  acquire(want: Resources, preference?: Preference): Promise<HostGrant<C>> {
    const { host: preferred, patience = 0 } = preference ?? {};
    const until = performance.now() + patience;
    return new Promise((resolve, reject) => {
      this.#options.signal.throwIfAborted();
      if (this.#hosts.every(({ state }) => state !== 'ready' && state !== 'starting'))
        this.#aloneSince = performance.now();
      this.#queue.push({ want, preferred, until, resolve, reject });
      if (patience > 0) this.#later(patience, () => this.#admit());
      for (const host of this.#hosts)
        if (host.state === 'away' && host.pause === 0) this.#start(host);
      this.#admit();
    });
  }

  /** Ends all connections, and with them what runs there. */
  close(): void {
    this.#isClosed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    for (const { connection } of this.#hosts) connection?.close();
  }

  #start(host: PooledHost<C>): void {
    host.state = 'starting';
    const connection = this.#options.open(host.spec);
    host.connection = connection;
    void connection.ready.then((answer) => {
      if ('message' in answer || host.connection !== connection) return;
      host.state = 'ready';
      host.facts = answer;
      host.pause = 0;
      this.#admit();
    });
    void connection.ended.then((refusal) => {
      if (host.connection === connection) this.#lose(host, refusal);
    });
  }

  #lose(host: PooledHost<C>, { message, final }: Refusal): void {
    host.connection = undefined;
    host.reason = message;
    host.held.clear();
    if (this.#isClosed) return;
    host.state = final ? 'refused' : 'away';
    this.#warnOnce(
      final
        ? `${host.spec.host} is not used in this run: ${message}`
        : `${host.spec.host} is away: ${message}; it is tried again`,
    );
    if (this.#hosts.every(({ state }) => state !== 'ready')) this.#noteAlone(host);
    if (!final) this.#tryLater(host);
    this.#admit();
  }

  /** The time without a host begins when the last one that was ready is lost. */
  #noteAlone(lost: PooledHost<C>): void {
    if (lost.facts !== undefined && lost.pause === 0) this.#aloneSince = performance.now();
  }

  #tryLater(host: PooledHost<C>): void {
    host.pause = Math.min(longestPause, Math.max(firstPause, 2 * host.pause));
    this.#later(host.pause, () => {
      if (host.state !== 'away') return;
      if (this.#queue.length > 0) this.#start(host);
      else host.pause = 0; // the next stage that asks starts it
      this.#admit();
    });
  }

  #later(milliseconds: number, act: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, milliseconds);
    this.#timers.add(timer);
  }

  #admit(): void {
    this.#refuseHopeless();
    const reserved = new Set<PooledHost<C>>();
    for (const waiting of [...this.#queue]) {
      const held = this.#hosts.reduce((sum, { held }) => sum + held.size, 0);
      if (held >= this.#options.most) return;
      if (this.#awaitsItsHost(waiting)) continue;
      const able = this.#hosts.filter((host) => isAble(host, waiting.want));
      const fit = able
        .filter((host) => host.state === 'ready' && !reserved.has(host))
        .map((host) => ({ host, share: shareOf(host, waiting.want) }))
        .filter(({ host, share }) => fits(host, share))
        .sort((a, b) => rank(b.host, waiting.preferred) - rank(a.host, waiting.preferred));
      const [best] = fit;
      if (best === undefined) {
        for (const host of able) reserved.add(host);
        continue;
      }
      this.#queue.splice(this.#queue.indexOf(waiting), 1);
      waiting.resolve(this.#grant(best.host, best.share));
    }
  }

  /** Whether a stage still waits for the host that had it before, which may come back. */
  #awaitsItsHost({ preferred, until }: Waiting<C>): boolean {
    if (performance.now() >= until) return false;
    const host = this.#hosts.find(({ spec }) => spec.host === preferred);
    return host?.state === 'away' || host?.state === 'starting';
  }

  #grant(host: PooledHost<C>, share: Resources): HostGrant<C> {
    const connection = host.connection!;
    host.held.add(share);
    return {
      host: connection,
      share,
      [Symbol.dispose]: () => {
        if (host.held.delete(share)) setImmediate(() => this.#admit());
      },
    };
  }

  /** Fails the stages that no host can serve any more. */
  #refuseHopeless(): void {
    const { place, patience } = this.#options;
    const reasons = () =>
      this.#hosts
        .map(({ spec, reason, facts }) => `${spec.host}: ${reason || describe(facts)}`)
        .join('; ');
    const alone = performance.now() - this.#aloneSince;
    const isLost =
      this.#hosts.every(({ state }) => state === 'refused') ||
      (this.#hosts.every(({ state }) => state === 'away' || state === 'refused') &&
        alone >= patience);
    for (const waiting of [...this.#queue]) {
      const isUnable = this.#hosts.every((host) => !isAble(host, waiting.want));
      if (!isLost && !isUnable) continue;
      this.#queue.splice(this.#queue.indexOf(waiting), 1);
      const cards = formatCountOf(waiting.want.gpu, 'graphics card');
      const since = alone >= patience ? ` for ${formatSeconds(alone / 1000)}` : '';
      const why = isLost
        ? `no host of the place "${place}" could be used${since} (${reasons()})`
        : `asks for ${cards}, and no host of the place "${place}" has so many (${reasons()})`;
      waiting.reject(new StageFailure(why));
    }
  }

  #warnOnce(message: string): void {
    if (!this.#warned.has(message)) this.#options.warn(message);
    this.#warned.add(message);
  }
}

const describe = (facts: HostFacts | undefined): string =>
  facts === undefined ? 'not asked' : formatCountOf(facts.gpu, 'graphics card');

/** Whether a host may serve a stage once it has room, as far as is known. */
const isAble = ({ state, facts, spec }: HostState, { gpu }: Resources): boolean =>
  state !== 'refused' && gpu <= (facts?.gpu ?? spec.gpu ?? Number.POSITIVE_INFINITY);

/** What a stage gets of a host: what it asks for, at most all of it. */
function shareOf({ facts }: HostState, want: Resources): Resources {
  const { cpu, memory } = facts!;
  return {
    cpu: Math.min(want.cpu, cpu),
    gpu: want.gpu,
    memory: Math.min(want.memory, memory),
  };
}

/** The rounding error of decimal shares that fill a host exactly. */
const tolerance = 1e-9;

function fits({ facts, held }: HostState, share: Resources): boolean {
  return (['cpu', 'gpu', 'memory'] as const).every((what) => {
    const used = [...held].reduce((sum, one) => sum + one[what], 0);
    return used + share[what] <= facts![what] + tolerance;
  });
}

/** The host that had the stage before has its checkpoint; else the one with the most free cores. */
function rank({ spec, facts, held }: HostState, preferred: string | undefined): number {
  if (spec.host === preferred) return Number.POSITIVE_INFINITY;
  return facts!.cpu - [...held].reduce((sum, { cpu }) => sum + cpu, 0);
}
