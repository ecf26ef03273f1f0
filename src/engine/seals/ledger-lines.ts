import { z } from 'zod';
import { type Digest, sha256 } from '../../digest.ts';
import { jsonOf } from '../../json.ts';
import { sealedDigits } from '../../seal-file.ts';
import { isSignedLine } from '../store/remote/signed-line.ts';

/** What a line of the ledger records. */
export type LedgerEvent = SealedEvent | LookEvent | NumbersEvent | ExposedEvent | UnsealedEvent;

/** A run met sealed images for the first time. */
export interface SealedEvent {
  readonly event: 'sealed';
  readonly seal: Digest;
  /** What has the sealed part: a stage, or a path of the project. */
  readonly of: string;
  readonly part: string;
  /** The sealed images, and the files in which they are packed: {@link sealedDigits} of each. */
  readonly images: string;
  readonly packed: string;
}

/** A stage is about to measure sealed images, or its numbers are about to be shown. */
export interface LookEvent {
  readonly event: 'look';
  readonly pipeline: string;
  readonly stage: string;
  readonly kind: string;
  readonly fingerprint: Digest;
  /** Whether it reads the images, or scores that others gave them. */
  readonly reads: 'images' | 'scores';
  readonly seals: readonly Digest[];
}

/** What a look showed. */
export interface NumbersEvent {
  readonly event: 'numbers';
  readonly stage: string;
  readonly fingerprint: Digest;
  readonly outcome: string;
  /** By name, such as `test.auc`. */
  readonly numbers: Readonly<Record<string, number | null>>;
  /** Digests of the outputs, by port. */
  readonly outputs: Readonly<Record<string, Digest>>;
  /** The ports of those from which further numbers could be computed. */
  readonly scores: readonly string[];
}

/** Images that were sealed are in a data set without their seal: by `exclude`, or another split. */
export interface ExposedEvent {
  readonly event: 'exposed';
  readonly stage: string;
  readonly fingerprint: Digest;
  readonly seals: readonly Digest[];
  readonly images: number;
}

/** Somebody broke a seal. From here on nothing about these images is recorded. */
export interface UnsealedEvent {
  readonly event: 'unsealed';
  readonly seal: Digest;
  readonly because: string;
}

/** A line, with what every line has. */
export type LedgerLine = LedgerEvent & {
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly run?: string;
  readonly commit?: string;
  /** SHA-256 of the line before; of an empty text for the first line. */
  readonly previous: Digest;
  /** The public key of the user, 32 bytes in base64; absent without one. */
  readonly key?: string;
  readonly signature?: string;
};

const digest = z.custom<Digest>((value) => typeof value === 'string');
const seals = z.array(digest);

/** What a line must have to mean anything. Somebody may have written it by hand. */
const linesByEvent = z.discriminatedUnion('event', [
  z.looseObject({
    event: z.literal('sealed'),
    seal: digest,
    of: z.string(),
    part: z.string(),
    images: z.string(),
    packed: z.string(),
  }),
  z.looseObject({
    event: z.literal('look'),
    stage: z.string(),
    kind: z.string(),
    fingerprint: digest,
    reads: z.enum(['images', 'scores']),
    seals,
  }),
  z.looseObject({
    event: z.literal('numbers'),
    stage: z.string(),
    fingerprint: digest,
    numbers: z.record(z.string(), z.number().nullable()),
    outputs: z.record(z.string(), digest),
    scores: z.array(z.string()),
  }),
  z.looseObject({
    event: z.literal('exposed'),
    stage: z.string(),
    fingerprint: digest,
    seals,
    images: z.number(),
  }),
  z.looseObject({ event: z.literal('unsealed'), seal: digest, because: z.string() }),
]);

const ofEveryLine = z.looseObject({
  time: z.string(),
  previous: digest,
  key: z.string().optional(),
});

/** A line of the file by its number, from 1; `line` is undefined for what is none. */
export interface NumberedLine {
  readonly number: number;
  readonly text: string;
  readonly line: LedgerLine | undefined;
}

export function readLines(text: string): readonly NumberedLine[] {
  const texts = text.split('\n');
  // A file ends with a line feed. What follows the last one was cut off by a kill.
  if (texts.at(-1) === '') texts.pop();
  return texts.map((text, index) => ({ number: index + 1, text, line: parseLine(text) }));
}

function parseLine(text: string): LedgerLine | undefined {
  const value = jsonOf<LedgerLine>(text);
  const isLine = linesByEvent.safeParse(value).success && ofEveryLine.safeParse(value).success;
  return isLine ? value : undefined;
}

/** The digest that the next line carries. */
export const headOf = (lines: readonly Pick<NumberedLine, 'text'>[]): Digest =>
  sha256(lines.at(-1)?.text ?? '');

/** What is wrong with the ledger, as sentences; empty for a whole chain. */
export function faultsOf(lines: readonly NumberedLine[]): readonly string[] {
  return lines.flatMap(({ number, text, line }, index) => {
    if (line === undefined) return [`Line ${number} is no line of a ledger.`];
    const faults: string[] = [];
    if (line.previous !== headOf(lines.slice(Math.max(0, index - 1), index)))
      faults.push(`Line ${number} does not follow the line before it.`);
    if (line.key !== undefined && !isSignedLine('ledger', text, line.key))
      faults.push(`Line ${number} is not signed by its key.`);
    return faults;
  });
}

/** A seal by what the ledger says of it. */
export interface KnownSeal {
  readonly event: SealedEvent;
  readonly line: number;
  readonly images: ReadonlySet<string>;
  readonly packed: ReadonlySet<string>;
  readonly isBroken: boolean;
}

/** What the lines of a ledger mean together. */
export interface LedgerState {
  readonly seals: ReadonlyMap<Digest, KnownSeal>;
  readonly unsealed: ReadonlySet<Digest>;
  /** Fingerprints of the looks that stand in it. */
  readonly looks: ReadonlySet<Digest>;
  /** Fingerprints of the looks whose numbers stand in it. */
  readonly shown: ReadonlySet<Digest>;
  /** Fingerprints of the results that exposed sealed images. */
  readonly exposed: ReadonlySet<Digest>;
  /** The seals behind all outputs of looks, by the digest of the output. */
  readonly outputs: ReadonlyMap<Digest, readonly Digest[]>;
  /** The same for outputs from which further numbers could be computed. */
  readonly scores: ReadonlyMap<Digest, readonly Digest[]>;
}

export function stateOf(lines: readonly NumberedLine[]): LedgerState {
  const known = new Map<Digest, Omit<KnownSeal, 'isBroken'>>();
  const unsealed = new Set<Digest>();
  const looks = new Map<Digest, readonly Digest[]>();
  const shown = new Set<Digest>();
  const exposed = new Set<Digest>();
  const outputs = new Map<Digest, readonly Digest[]>();
  const scores = new Map<Digest, readonly Digest[]>();
  for (const { number, line } of lines) {
    if (line?.event === 'sealed' && !known.has(line.seal))
      known.set(line.seal, {
        event: line,
        line: number,
        images: shortDigests(line.images),
        packed: shortDigests(line.packed),
      });
    if (line?.event === 'unsealed') unsealed.add(line.seal);
    if (line?.event === 'exposed') exposed.add(line.fingerprint);
    if (line?.event === 'look') looks.set(line.fingerprint, line.seals);
    if (line?.event === 'numbers') {
      shown.add(line.fingerprint);
      for (const [port, digest] of Object.entries(line.outputs)) {
        const behind = looks.get(line.fingerprint) ?? [];
        outputs.set(digest, behind);
        if (line.scores.includes(port)) scores.set(digest, behind);
      }
    }
  }
  const seals = [...known].map(
    ([seal, facts]) => [seal, { ...facts, isBroken: unsealed.has(seal) }] as const,
  );
  const lookedAt = new Set(looks.keys());
  return { seals: new Map(seals), unsealed, looks: lookedAt, shown, exposed, outputs, scores };
}

const shortDigests = (text: string): ReadonlySet<string> =>
  new Set(text.match(new RegExp(`.{${sealedDigits}}`, 'g')) ?? []);

/** Files that are copies of sealed ones. */
export interface SealedCopies {
  /** The unbroken seals that hold them. */
  readonly seals: ReadonlySet<Digest>;
  /** How many of the files they are. */
  readonly count: number;
  /** The sealed images in them, by their first digits: all of a seal whose packed file is there. */
  readonly images: ReadonlySet<string>;
}

/** Which of some files are copies of sealed ones, by their digests. */
export function sealedCopies(state: LedgerState, digests: Iterable<Digest>): SealedCopies {
  const closed = [...state.seals].filter(([, { isBroken }]) => !isBroken);
  const seals = new Set<Digest>();
  const images = new Set<string>();
  let count = 0;
  for (const digest of closed.length === 0 ? [] : digests) {
    const short = digest.slice(0, sealedDigits);
    const holders = closed.filter(([, seal]) => seal.images.has(short) || seal.packed.has(short));
    if (holders.length > 0) count += 1;
    for (const [name, seal] of holders) {
      seals.add(name);
      for (const image of seal.packed.has(short) ? seal.images : [short]) images.add(image);
    }
  }
  return { seals, count, images };
}

/** How a result looked at sealed images, and what looked before it. */
export interface LookHistory {
  /** The number of the line. */
  readonly line: number;
  /** The seals that it looked at. */
  readonly seals: readonly KnownSeal[];
  /**
   * Earlier lines of other results about some of the same images: looks at the images and at their
   * scores, images that lost their seal or were left out, which somebody chose by looking, and
   * seals that were broken, after which looks are not recorded.
   */
  readonly before: Readonly<Record<LookEvent['reads'] | 'exposed' | 'unsealed', number>>;
}

/** The first look of a result, by its fingerprint; undefined for one that never looked. */
export function lookHistory(
  lines: readonly NumberedLine[],
  fingerprint: Digest,
): LookHistory | undefined {
  const looks = lines.flatMap(({ number, line }) =>
    line?.event === 'look' ? [{ number, ...line }] : [],
  );
  const first = looks.find((look) => look.fingerprint === fingerprint);
  if (first === undefined) return undefined;
  const { seals } = stateOf(lines);
  const own = first.seals.flatMap((seal) => seals.get(seal) ?? []);
  const isShared = (seal: Digest) =>
    first.seals.includes(seal) || own.some((known) => overlap(known, seals.get(seal)));
  const earlier = looks.filter((look) => look.number < first.number && look.seals.some(isShared));
  const linesBefore = lines.flatMap(({ number, line }) =>
    number < first.number ? (line ?? []) : [],
  );
  const exposed = linesBefore.filter(
    (line) => line.event === 'exposed' && line.seals.some(isShared),
  );
  const broken = linesBefore.filter((line) => line.event === 'unsealed' && isShared(line.seal));
  const count = (reads: LookEvent['reads']) =>
    earlier.filter((look) => look.reads === reads).length;
  return {
    line: first.number,
    seals: own,
    before: {
      images: count('images'),
      scores: count('scores'),
      exposed: exposed.length,
      unsealed: broken.length,
    },
  };
}

/** Whether two seals have an image or a file in common. */
const overlap = (one: KnownSeal, other: KnownSeal | undefined): boolean =>
  other !== undefined &&
  ([...one.images].some((image) => other.images.has(image)) ||
    [...one.packed].some((file) => other.packed.has(file)));
