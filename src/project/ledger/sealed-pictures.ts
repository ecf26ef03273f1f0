import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Digest, sha256 } from '../../digest.ts';
import { findRoot } from '../../engine/config/loading/find-pipeline.ts';
import { Ledger } from '../../engine/seals/ledger.ts';
import { type LedgerEvent, sealedCopies } from '../../engine/seals/ledger-lines.ts';
import { formatCountOf } from '../../format-numbers.ts';
import { datasetFile } from '../../learning/vision/dataset/dataset.ts';
import { openDataset } from '../../learning/vision/dataset/open-dataset.ts';
import { imagesUnder } from '../../learning/vision/find-images.ts';
import { UserError } from '../../user-error.ts';

/** The ledger of the project around a folder; undefined outside one. */
function ledgerAround(folder: string): Ledger | undefined {
  const root = findRoot(folder);
  return root === undefined ? undefined : new Ledger(root);
}

/** Throws a `UserError` if some pictures are sealed in the project around a folder. */
export function refuseSealed(
  folder: string,
  pictures: readonly { readonly name: string; readonly bytes: Uint8Array }[],
): void {
  const ledger = ledgerAround(folder);
  if (ledger === undefined) return;
  const { state } = ledger;
  const sealed = pictures.filter(({ bytes }) => sealedCopies(state, [sha256(bytes)]).count > 0);
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
 * Writes into the ledger of the project around a folder that a command scores images, if some are
 * sealed there. `images` is the path of a folder of images, or of a data set.
 */
export async function beginCommandLook(
  folder: string,
  images: string,
  model: string,
): Promise<CommandLook> {
  const { env } = process;
  const ledger = ledgerAround(folder);
  const isSealing = ledger !== undefined && ledger.state.seals.size > 0;
  const digests = isSealing ? await digestsOf(images) : [];
  const seals = ledger === undefined ? [] : [...sealedCopies(ledger.state, digests).seals];
  if (ledger === undefined || seals.length === 0) return { isSealed: false, end: async () => {} };
  const stage = `restage predict ${model}`;
  const fingerprint = sha256(JSON.stringify([stage, ...digests]));
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
  return {
    isSealed: true,
    end: async (scores) => {
      const outputs = { scores: sha256(readFileSync(scores)) };
      const numbers = {
        event: 'numbers',
        stage,
        fingerprint,
        outcome: 'ran',
        numbers: {},
      } as const;
      await ledger.append(() => [{ ...numbers, outputs, scores: ['scores'] }], { env });
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
