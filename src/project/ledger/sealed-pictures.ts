import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Digest, sha256 } from '../../digest.ts';
import { findRoot } from '../../engine/config/loading/find-pipeline.ts';
import { Ledger } from '../../engine/seals/ledger.ts';
import { type LedgerEvent, sealedCopies } from '../../engine/seals/ledger-lines.ts';
import { formatCountOf } from '../../format-numbers.ts';
import { datasetFile } from '../../learning/vision/dataset/dataset.ts';
import { openDataset } from '../../learning/vision/dataset/open-dataset.ts';
import { imagesUnder } from '../../learning/vision/find-images.ts';
import { UserError } from '../../user-error.ts';

/** The ledgers of the projects around some paths, which exist. */
function ledgersAround(paths: readonly string[]): readonly Ledger[] {
  const folders = paths.map((path) => (statSync(path).isDirectory() ? path : dirname(path)));
  const roots = new Set(folders.flatMap((folder) => findRoot(folder) ?? []));
  return [...roots].map((root) => new Ledger(root));
}

/** Throws a `UserError` if some pictures are sealed in a project around one of the paths. */
export function refuseSealed(
  paths: readonly string[],
  pictures: readonly { readonly name: string; readonly bytes: Uint8Array }[],
): void {
  const states = ledgersAround(paths).map(({ state }) => state);
  const isSealed = (bytes: Uint8Array) =>
    states.some((state) => sealedCopies(state, [sha256(bytes)]).count > 0);
  const sealed = pictures.filter(({ bytes }) => isSealed(bytes));
  if (sealed.length === 0) return;
  const [first] = sealed;
  const what =
    sealed.length === 1 ? `${first!.name} is` : `${formatCountOf(sealed.length, 'image')} are`;
  throw new UserError(
    `${what} sealed, and no map of it may be drawn. \`restage unseal\` breaks the seal, and ledger.jsonl says so.`,
  );
}

/** What a command that scores a folder of images writes into the ledger. */
export interface CommandLook {
  /** Whether some of the images are sealed: none of them may be shown. */
  readonly isSealed: boolean;
  /** Writes down that the scores at a path were shown. */
  end(scores: string): Promise<void>;
}

/**
 * Writes into the ledgers of the projects around some paths that a command scores images, where
 * some are sealed there. `images` are the paths of folders of images, or of data sets.
 */
export async function beginCommandLook(
  paths: readonly string[],
  images: readonly string[],
  model: string,
): Promise<CommandLook> {
  const { env } = process;
  const sealing = ledgersAround(paths).filter(({ state }) => state.seals.size > 0);
  const digests: Digest[] = [];
  for (const folder of sealing.length === 0 ? [] : new Set(images))
    digests.push(...(await digestsOf(folder)));
  const looked = sealing.flatMap((ledger) => {
    const seals = [...sealedCopies(ledger.state, digests).seals];
    return seals.length === 0 ? [] : [{ ledger, seals }];
  });
  const stage = `restage predict ${model}`;
  const fingerprint = sha256(JSON.stringify([stage, ...digests]));
  for (const { ledger, seals } of looked) {
    const look: LedgerEvent = {
      event: 'look',
      pipeline: '',
      stage,
      kind: 'predict',
      fingerprint,
      reads: 'images',
      seals,
    };
    await ledger.append(() => [look], { env });
  }
  return {
    isSealed: looked.length > 0,
    end: async (scores) => {
      for (const { ledger } of looked) {
        const numbers: LedgerEvent = {
          event: 'numbers',
          stage,
          fingerprint,
          outcome: 'ran',
          numbers: {},
          outputs: { scores: sha256(readFileSync(scores)) },
          scores: ['scores'],
        };
        await ledger.append(() => [numbers], { env });
      }
    },
  };
}

/** The digests of the encoded images of a folder or a data set. */
async function digestsOf(images: string): Promise<readonly Digest[]> {
  if (!existsSync(join(images, datasetFile)))
    return imagesUnder(images, '').map((path) => sha256(readFileSync(join(images, path))));
  using dataset = openDataset(images);
  const digests: Digest[] = [];
  for (const name of dataset.splits) {
    const split = dataset.split(name);
    for (const index of split.samples.keys()) digests.push(sha256(await split.read(index)));
  }
  return digests;
}
