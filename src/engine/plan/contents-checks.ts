import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type Digest, sha256 } from '../../digest.ts';
import { type ContentsCheck, type InputArtifact, StageError } from '../../stage.ts';
import type { InputItem, Stage, StageName } from '../config/pipeline.ts';
import { inCache } from '../files/cache-paths.ts';
import type { Listing } from '../files/listing.ts';
import { writeJson } from '../files/write-atomic.ts';
import { isReadOnly } from '../files/write-error.ts';
import type { Graph } from '../graph/graph.ts';

/** Where the kinds, files and outputs of a pipeline are looked up. */
interface ContentsSources {
  readonly root: string;
  readonly graph: Graph;
  /** The folder of what Restage keeps of the project. */
  readonly cache: string;
  readonly checkOf: (kind: string) => ContentsCheck | undefined;
  /** The content of a file or folder of the user's. Throws a `ListingError`. */
  readonly list: (path: string) => Promise<Listing>;
}

/** The outputs of a stage by port, as far as they are known. */
export type KnownOutputs = (stage: StageName) => Readonly<Record<string, Listing>> | undefined;

/** An input that a kind checks, where it lies now. */
interface CheckedItem extends InputArtifact {
  readonly port: string;
  readonly digest: Digest;
}

/**
 * Checks what the inputs of stages hold before these run. That nothing is wrong is remembered by
 * the contents of the files, in `cache/memory`; a mistake is found again.
 */
export class ContentsChecks {
  readonly #sources: ContentsSources;
  readonly #answers = new Map<Digest, Promise<string | undefined>>();

  constructor(sources: ContentsSources) {
    this.#sources = sources;
  }

  /** The stages whose outputs a check of this stage reads. */
  makersOf(stage: Stage): readonly StageName[] {
    const items = this.#inputsOf(stage).flatMap((input) => input.items);
    return [...new Set(items.flatMap((item) => (item.from === 'stage' ? [item.stage] : [])))];
  }

  /**
   * Why a stage could not use what its inputs hold; undefined if it can, or while one of them is
   * not there. Throws a `ListingError`.
   */
  async mistakeOf(stage: Stage, outputsOf: KnownOutputs): Promise<string | undefined> {
    const inputs = this.#inputsOf(stage);
    if (inputs.length === 0) return undefined;
    const items: CheckedItem[] = [];
    for (const { port, items: connected } of inputs) {
      for (const item of connected) {
        const known = await this.#find(item, outputsOf);
        if (known === undefined) return undefined;
        items.push({ ...known, port, labels: item.labels });
      }
    }
    const check = this.#sources.checkOf(stage.kind)!;
    const settings = Object.entries(stage.settings).filter(([name]) =>
      check.settings.includes(name),
    );
    const files = items.map(({ port, path, digest }) => [port, basename(path), digest]);
    const key = sha256(JSON.stringify([stage.kind, stage.kindVersion, settings.sort(), files]));
    const answer = this.#answers.get(key) ?? this.#ask(key, check, stage, items);
    this.#answers.set(key, answer);
    return await answer;
  }

  /** A slot is filled when its stage runs; a frozen stage reads nothing. */
  #inputsOf({ kind, frozen, slot, inputs }: Stage): Stage['inputs'] {
    const check = this.#sources.checkOf(kind);
    if (check === undefined || frozen || slot !== undefined) return [];
    return inputs.filter(({ port }) => check.ports.includes(port));
  }

  async #find(
    item: InputItem,
    outputsOf: KnownOutputs,
  ): Promise<{ readonly path: string; readonly digest: Digest } | undefined> {
    const { root, graph, list } = this.#sources;
    if (item.from === 'path') return { path: item.path, digest: (await list(item.path)).digest };
    const output = outputsOf(item.stage)?.[item.port];
    if (output === undefined) return undefined;
    const published = graph.stage(item.stage).outputs.find(({ port }) => port === item.port)!;
    const path = join(root, published.path);
    // One that stays in a shared store is not fetched for this.
    return existsSync(path) ? { path, digest: output.digest } : undefined;
  }

  async #ask(
    key: Digest,
    check: ContentsCheck,
    { settings }: Stage,
    items: readonly CheckedItem[],
  ): Promise<string | undefined> {
    const file = inCache(this.#sources.cache, 'memory', `contents-${key.slice(0, 32)}.json`);
    if (existsSync(file)) return undefined;
    const inputs = (port: string) => items.filter((item) => item.port === port);
    try {
      if (await check.check({ settings, inputs })) remember(file);
      return undefined;
    } catch (error) {
      if (error instanceof StageError) return error.message;
      throw error;
    }
  }
}

function remember(file: string): void {
  try {
    writeJson(file, {});
  } catch (error) {
    if (!isReadOnly(error)) throw error;
  }
}
