import type { Digest } from '../../digest.ts';
import { formatCountOf, formatList } from '../../format-numbers.ts';
import { UserError } from '../../user-error.ts';
import type { Input, Stage, StageName } from '../config/pipeline.ts';
import type { Listing } from '../files/listing.ts';
import { type LedgerState, type SealedCopies, sealedCopies } from './ledger-lines.ts';
import { hiddenParts, isInPart, readSealed, type SealedPart } from './sealed-parts.ts';

/** A stage would read sealed images, which it may not. */
export class SealedInput extends UserError {}

/** An artifact that a stage reads. */
export interface ReadItem {
  readonly input: Input;
  readonly listing: Listing;
  /** As messages call it. */
  readonly name: string;
  /** Its absolute path, if it is a file or folder of the user's. */
  readonly path?: string;
}

/** What a stage reads of sealed images, by seal. */
export interface SealedReads {
  /** The seals of images that it measures a model on. */
  readonly images: ReadonlySet<Digest>;
  /** The seals behind scores that it reads. */
  readonly scores: ReadonlySet<Digest>;
  /** The seals of images that it passes on. */
  readonly kept: ReadonlySet<Digest>;
  /** The sealed images that it passes on, by their first digits. */
  readonly keptImages: ReadonlySet<string>;
  /** Sealed parts that it does not see, as messages call them. */
  readonly hidden: readonly string[];
}

/** Where the inputs of a stage are listed. */
interface ItemSources {
  readonly listings: ReadonlyMap<string, Promise<Listing>>;
  readonly outputsOf: (stage: StageName) => Readonly<Record<string, Listing>>;
}

/** The artifacts that a stage reads. A frozen stage lists no paths. */
export async function readItems(
  stage: Stage,
  { listings, outputsOf }: ItemSources,
): Promise<readonly ReadItem[]> {
  const items: ReadItem[] = [];
  for (const input of stage.inputs) {
    for (const item of input.items) {
      if (item.from === 'path') {
        const listing = await listings.get(item.path);
        if (listing === undefined) continue;
        items.push({ input, listing, name: item.shown, path: item.path });
      } else {
        const listing = outputsOf(item.stage)[item.port];
        if (listing === undefined) continue;
        items.push({ input, listing, name: `${item.stage}.${item.port}` });
      }
    }
  }
  return items;
}

/**
 * What a stage reads of sealed images: of sealed parts, of copies of sealed files, and of scores
 * that sealed images got. Throws a {@link SealedInput} where its kind does not say that it may.
 */
export function sealedReads(
  stage: Stage,
  items: readonly ReadItem[],
  state: LedgerState,
): SealedReads {
  const { unsealed } = state;
  const images = new Set<Digest>();
  const scores = new Set<Digest>();
  const kept = new Set<Digest>();
  const keptImages = new Set<string>();
  const hidden: string[] = [];
  for (const { input, listing, name } of items) {
    const parts = readSealed(listing, input, unsealed);
    // A sealed part may hold copies, too: anybody can put another seal over sealed images.
    const unread = hiddenParts(listing, input, unsealed);
    const files = listing.files.filter(({ path }) => !isInPart(path, unread));
    const copies = sealedCopies(
      state,
      files.map(({ digest }) => digest),
    );
    const seals = [...parts.map(({ seal }) => seal), ...copies.seals];
    if (seals.length > 0 && (input.sealed === undefined || input.sealed === 'hidden'))
      throw new SealedInput(refusal(stage, { input, name, parts, copies }, state));
    if (input.sealed === 'keeps') {
      for (const seal of seals) kept.add(seal);
      const sealed = parts.flatMap(({ seal }) => [...(state.seals.get(seal)?.images ?? [])]);
      for (const image of [...copies.images, ...sealed]) keptImages.add(image);
    } else for (const seal of seals) images.add(seal);
    for (const { digest } of [listing, ...listing.files])
      for (const seal of state.scores.get(digest) ?? []) if (!unsealed.has(seal)) scores.add(seal);
    if (input.sealed === 'hidden')
      for (const part of hiddenParts(listing, input, unsealed)) hidden.push(`${part} of ${name}`);
  }
  if (stage.outputs.some(({ type }) => type === 'choice')) refuseNumbers(items, state);
  return { images, scores, kept, keptImages, hidden };
}

/** What a stage would read of sealed images, and may not. */
interface RefusedRead {
  readonly input: Input;
  /** The artifact, as messages call it. */
  readonly name: string;
  readonly parts: readonly SealedPart[];
  readonly copies: SealedCopies;
}

function refusal(
  { kind }: Stage,
  { input, name, parts, copies }: RefusedRead,
  { seals }: LedgerState,
): string {
  const { sealedHint = 'Only stages that measure a model may.' } = input;
  const isSealed = parts.length > 0;
  const what = isSealed
    ? `${formatList(parts.map(({ part }) => part))} of ${name} is sealed`
    : `${name} holds ${formatCountOf(copies.count, 'file')} of a sealed split`;
  const names = isSealed ? parts.map(({ seal }) => seal) : copies.seals;
  // Where nothing was written down yet, the seal has no other name than its part.
  const written = [...names].flatMap((seal) => seals.get(seal) ?? []);
  const known = written.map(({ event, line }) => `${event.part} of ${event.of}, line ${line}`);
  const where = known.length === 0 ? '' : ` (${known.join('; ')} of ledger.jsonl)`;
  return `${what}${where}, and ${kind} with these settings may not read it. ${sealedHint} \`restage unseal\` breaks the seal, and ledger.jsonl says so.`;
}

/** Throws a {@link SealedInput} where a choice would read numbers of sealed images. */
function refuseNumbers(items: readonly ReadItem[], { outputs, unsealed }: LedgerState): void {
  const isSealed = ({ digest }: { readonly digest: Digest }) =>
    (outputs.get(digest) ?? []).some((seal) => !unsealed.has(seal));
  const names = items
    .filter(({ listing }) => [listing, ...listing.files].some(isSealed))
    .map(({ name }) => name);
  if (names.length === 0) return;
  throw new SealedInput(
    `${formatList([...new Set(names)])} measured sealed images, and a choice may not read such numbers. Evaluate the candidates on other splits, and the chosen one on the sealed split.`,
  );
}
