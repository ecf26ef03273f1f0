import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exampleResult, listArtifact } from '../../../../test/support/example-result.ts';
import { writeFiles } from '../../../../test/support/temporary-folder.ts';
import type { StageResult } from '../stage-result.ts';
import { type FileBody, type Range, storeText } from './buckets/bucket.ts';
import { readAddress } from './buckets/buckets.ts';
import { FolderBucket } from './buckets/folder-bucket.ts';
import { ensureKey, type SigningKey } from './keys.ts';
import { SharedStore } from './shared-store.ts';

/** People who share a store in a folder, each with their own cache and key, below one folder. */
export class Group {
  readonly root: string;
  readonly shared: string;
  readonly keys: Record<string, string> = {};
  readonly warnings: string[] = [];

  constructor(root: string) {
    this.root = root;
    this.shared = join(root, 'shared');
    writeFiles(this.shared, { 'store.json': storeText() });
  }

  /** A new key, which everybody trusts unless told otherwise. */
  key(name: string, { trusted = true } = {}): SigningKey {
    mkdirSync(join(this.root, 'keys'), { recursive: true });
    const key = ensureKey(join(this.root, 'keys', `${name}.pem`));
    if (trusted) this.keys[name] = key.text;
    return key;
  }

  /** The store of a new clone. */
  async clone(name: string, key?: SigningKey): Promise<SharedStore> {
    const address = readAddress(this.shared, '/')!;
    const spec = {
      url: this.shared,
      keys: { ...this.keys },
      shareEnv: false,
      shareSealed: false,
      address,
    };
    return await SharedStore.open(
      join(this.root, name),
      spec,
      { warn: (text) => this.warnings.push(text) },
      { key, env: {} },
    );
  }

  /** Files below the shared folder, by a folder of it. */
  files(folder: string): readonly string[] {
    return (readdirSync(join(this.shared, folder), { recursive: true }) as string[])
      .map((name) => join(this.shared, folder, name))
      .filter((path) => statSync(path).isFile())
      .sort();
  }

  /** Turns one bit of a file, at a share of its length. */
  flip(path: string, at = 0.5): void {
    const bytes = Buffer.from(readFileSync(path));
    bytes[Math.floor(bytes.length * at)]! ^= 1;
    writeFileSync(path, bytes, { mode: 0o644 });
  }
}

/** Stores a result in a cache whose output has these files, and gives it to the shared store. */
export async function make(
  store: SharedStore,
  seed: number,
  files: Readonly<Record<string, string>>,
): Promise<StageResult> {
  const folder = writeFiles(join(store.local.folder, 'work', `made-${seed}`), files);
  const artifact = await listArtifact(folder);
  const result = exampleResult(seed, { out: artifact });
  await store.local.storeArtifact(folder, artifact);
  await store.local.writeResult(result);
  store.records.remove(result.digest);
  store.records.markUnsent(result.digest); // as `share` does, which also sends now and then
  return result;
}

/** A bucket that counts requests, and fails when it is told to. */
export class CountingBucket extends FolderBucket {
  readonly gets: { readonly key: string; readonly range: Range | undefined }[] = [];
  readonly puts: string[] = [];
  /** Called before something is read or stored; what they throw is thrown. */
  onGet: (key: string) => void = () => {};
  onPut: (key: string) => void = () => {};

  override async get(key: string, range?: Range): Promise<Buffer | undefined> {
    this.onGet(key);
    this.gets.push({ key, range });
    return await super.get(key, range);
  }

  override async put(key: string, body: Buffer | FileBody): Promise<void> {
    this.onPut(key);
    this.puts.push(key);
    await super.put(key, body);
  }
}
