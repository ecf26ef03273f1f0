import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Digest } from '../../digest.ts';
import { formatList } from '../../format-numbers.ts';
import { parseSeal, sealedDigits, sealFile } from '../../seal-file.ts';
import { UserError } from '../../user-error.ts';
import type { Output, Stage } from '../config/pipeline.ts';
import type { Listing } from '../files/listing.ts';
import type { Examined, OutputsOf } from '../plan/examine.ts';
import type { LedgerEvent, LedgerState } from '../seals/ledger-lines.ts';
import { isInPart, sealedParts } from '../seals/sealed-parts.ts';
import { readItems, type SealedReads, sealedReads } from '../seals/sealed-reads.ts';
import type { StoredArtifact } from '../store/stage-result.ts';
import type { Execution } from './execution.ts';
import type { DoneStage } from './stage-outcome.ts';

/** A stage that may read what it reads. */
export interface Look {
  /** Writes into the ledger what the stage showed, and the seals of its outputs. */
  end(done: DoneStage): Promise<void>;
}

/**
 * Decides whether a stage may have what it reads, and writes into the ledger that it looks at
 * sealed images, before it does. A result that is restored or shown again is a look, too, unless
 * the ledger has it. Throws a `SealedInput`, whatever the state of the stage.
 */
export async function beginLook(
  stage: Stage,
  { digest, decision }: Examined,
  outputsOf: OutputsOf,
  run: Execution,
): Promise<Look> {
  const { ledger, listings } = run.workspace;
  const items = await readItems(stage, { listings, outputsOf });
  for (const { name, listing, path } of items)
    if (path !== undefined) await noteSeals({ name, listing, path }, run);
  const reads = sealedReads(stage, items, ledger.state);
  if (reads.hidden.length > 0 && decision.state === 'stale') {
    const message = `does not see ${formatList(reads.hidden)}, which is sealed`;
    run.emit({ type: 'info', stage: stage.name, message, time: Date.now() });
  }
  const isMade = decision.state === 'stale';
  await append(run, ({ looks }) =>
    looks.has(digest) && !isMade ? [] : lookOf(stage, digest, reads, run),
  );
  return {
    end: async (done) => {
      for (const { port, path } of stage.outputs) {
        const listing = done.outputs[port]!;
        const at = join(run.workspace.pipeline.root, path);
        await noteSeals({ name: `${stage.name}.${port}`, listing, path: at }, run);
      }
      await append(run, (state) => endOf(stage, digest, { reads, done, state, run }));
    },
  };
}

const append = (
  { workspace, folder, host }: Execution,
  choose: (state: LedgerState) => readonly LedgerEvent[],
): Promise<void> =>
  workspace.ledger.append(choose, {
    env: workspace.env,
    run: folder.id,
    commit: host.gitCommit,
  });

const isLook = ({ images, scores }: SealedReads): boolean => images.size + scores.size > 0;

function lookOf(
  { name, kind }: Stage,
  fingerprint: Digest,
  reads: SealedReads,
  { workspace }: Execution,
): readonly LedgerEvent[] {
  if (!isLook(reads)) return [];
  return [
    {
      event: 'look',
      pipeline: workspace.pipeline.name,
      stage: name,
      kind,
      fingerprint,
      reads: reads.images.size > 0 ? 'images' : 'scores',
      seals: [...new Set([...reads.images, ...reads.scores])],
    },
  ];
}

/** A stage that has ended, with what it had read. */
interface EndedLook {
  readonly reads: SealedReads;
  readonly done: DoneStage;
  readonly state: LedgerState;
  readonly run: Execution;
}

function endOf(stage: Stage, fingerprint: Digest, look: EndedLook): readonly LedgerEvent[] {
  const { reads, done, state, run } = look;
  const events: LedgerEvent[] = [];
  if (isLook(reads) && (done.outcome === 'ran' || !state.shown.has(fingerprint))) {
    events.push({
      event: 'numbers',
      stage: stage.name,
      fingerprint,
      outcome: done.outcome,
      numbers: run.numbersOf(stage).metrics ?? {},
      outputs: Object.fromEntries(
        Object.entries(done.outputs).map(([port, { digest }]) => [port, digest]),
      ),
      scores: stage.outputs.filter(isOfScores).map(({ port }) => port),
    });
  }
  const isNew = done.outcome === 'ran' || !state.exposed.has(fingerprint);
  const images = isNew ? exposedBy(look) : 0;
  if (images > 0)
    events.push({
      event: 'exposed',
      stage: stage.name,
      fingerprint,
      seals: [...reads.kept],
      images,
    });
  return events;
}

/** Types of outputs that hold no more than the numbers of their stage, unless they say so. */
const summaries: readonly string[] = ['metrics', 'chart', 'table'];

/** Whether further numbers could be computed of an output. */
const isOfScores = ({ type, ofImages }: Output): boolean =>
  ofImages === true || !summaries.includes(type);

/** How many sealed images a stage passed on without their seal, or left out. */
function exposedBy({ reads, done, state }: EndedLook): number {
  const sealed = Object.values(done.outputs).flatMap((artifact) =>
    sealedParts(artifact, state.unsealed).flatMap(({ seal }) => state.seals.get(seal) ?? []),
  );
  const isSealed = (image: string) => sealed.some(({ images }) => images.has(image));
  return [...reads.keptImages].filter((image) => !isSealed(image)).length;
}

/** An artifact with its name and its absolute path. */
interface SealedArtifact {
  readonly name: string;
  /** The user's files, or an artifact of a store, which may be elsewhere. */
  readonly listing: Listing | StoredArtifact;
  readonly path: string;
}

/** Writes a line for each seal of an artifact that the ledger does not know. */
async function noteSeals({ name, listing, path }: SealedArtifact, run: Execution): Promise<void> {
  const { ledger, store } = run.workspace;
  const { seals, unsealed } = ledger.state;
  for (const { part, seal } of sealedParts(listing, unsealed)) {
    if (seals.has(seal)) continue;
    const member = `${part}/${sealFile}`;
    const files = listing.files.filter((file) => file.path === member);
    if ('type' in listing) await store.fetch([{ ...listing, files }]);
    const file = [store.local.objectPath(seal), join(path, member)].find(existsSync);
    if (file === undefined)
      throw new UserError(`The seal ${member} of ${name} is lost: make the data set again.`);
    const { images, packed } = parseSeal(readFileSync(file, 'utf8'));
    // Whoever writes a seal by hand may name other files than those beside it.
    const beside = listing.files
      .filter(({ path }) => path !== member && isInPart(path, new Set([part])))
      .map(({ digest }) => digest.slice(0, sealedDigits));
    const event: LedgerEvent = {
      event: 'sealed',
      seal,
      of: name,
      part,
      images: images.join(''),
      packed: [...new Set([...packed, ...beside])].sort().join(''),
    };
    await append(run, (state) => (state.seals.has(seal) ? [] : [event]));
  }
}
