import type { Digest } from '../../digest.ts';
import type {
  LedgerLine,
  LookHistory,
  NumberedLine,
  SealedEvent,
} from '../../engine/seals/ledger-lines.ts';
import { formatCountOf, formatList } from '../../format-numbers.ts';
import { headlineMetrics } from '../../learning/metrics/metric-catalogue.ts';
import { sealedDigits } from '../../seal-file.ts';
import { showNumber } from '../measured-number.ts';
import { formatTable } from './text-layout.ts';

/** A ledger that was read and checked. */
interface CheckedLedger {
  readonly lines: readonly NumberedLine[];
  readonly faults: readonly string[];
  readonly head: string;
  readonly looks: readonly { readonly stage: string; readonly look?: LookHistory }[];
}

/** The most numbers of a look that stand in its line. */
const mostNumbers = 3;

/** A row for each line of the ledger, its state, and what looked before the named stages. */
export function formatLedger({ lines, faults, head, looks }: CheckedLedger): readonly string[] {
  if (lines.length === 0) return ['There is no ledger: nothing was sealed here.'];
  const rows = lines.map(({ number, line }) => [
    number,
    line?.time.slice(0, 16).replace('T', ' ') ?? '',
    line?.event ?? '?',
    line === undefined ? 'no line of a ledger' : describe(line),
    line?.key === undefined ? '' : line.key.slice(0, 8),
  ]);
  const count = formatCountOf(lines.length, 'line');
  return [
    ...formatTable(['line', 'time (UTC)', 'event', 'what', 'key'], rows),
    ...faults,
    faults.length === 0
      ? `✓ ${count}, each with the digest of the one before. The last one is ${head.slice(0, 16)}.`
      : `✗ ${count}: the chain is broken.`,
    ...looks.map(({ stage, look }) => describeLook(stage, look)),
  ];
}

/** `scores: 3 looks came before it (2 at the images, 1 at scores); line 7` */
export function describeLook(stage: string, look: LookHistory | undefined): string {
  if (look === undefined) return `${stage}: its numbers are not of sealed images.`;
  const { images, scores, exposed, unsealed } = look.before;
  const kinds = [
    images > 0 && `${images} at the images`,
    scores > 0 && `${scores} at their scores`,
    exposed > 0 && `${exposed} that took images out`,
  ].filter((kind) => kind !== false);
  const parts = kinds.length > 0 ? ` (${kinds.join(', ')})` : '';
  const total = images + scores + exposed;
  const broken =
    unsealed > 0
      ? ` ${formatCountOf(unsealed, 'seal')} of these images ${unsealed === 1 ? 'was' : 'were'} broken before it: looks after that are unknown.`
      : '';
  return `${stage}: ${total === 0 ? 'no look' : formatCountOf(total, 'look')} came before it${parts}; line ${look.line}.${broken}`;
}

const shortName = (seal: Digest): string => seal.slice(0, 12);

function describe(line: LedgerLine): string {
  switch (line.event) {
    case 'sealed':
      return `${line.part} of ${line.of}: ${formatCountOf(imagesOf(line), 'image')}, seal ${shortName(line.seal)}`;
    case 'look':
      return `${line.stage} (${line.kind}) reads ${line.reads} of ${formatList(line.seals.map(shortName))}`;
    case 'numbers':
      return `${line.stage} shows ${describeNumbers(line.numbers)}`;
    case 'exposed':
      return `${line.stage} has ${formatCountOf(line.images, 'image')} of ${formatList(line.seals.map(shortName))} without a seal, or leaves them out`;
    case 'unsealed':
      return `${shortName(line.seal)}: ${line.because}`;
  }
}

const imagesOf = ({ images }: SealedEvent): number => images.length / sealedDigits;

function describeNumbers(numbers: Readonly<Record<string, number | null>>): string {
  const all = Object.entries(numbers).filter(([, value]) => value !== null);
  if (all.length === 0) return 'outputs without metrics';
  const byName = (isNamed: (path: string, name: string) => boolean) =>
    headlineMetrics.flatMap(({ name }) => all.filter(([path]) => isNamed(path, name)));
  const main = byName((path, name) => path === name || path === `test.${name}`);
  // Numbers of several networks begin with the name of their network.
  const ofNetworks = byName((path, name) => path.endsWith(`.${name}`));
  const candidates = [main, ofNetworks, all].find(({ length }) => length > 0)!;
  const first = candidates.slice(0, mostNumbers);
  const more = all.length - first.length;
  const listed = first.map(([name, value]) => `${name} ${showNumber(value)}`).join(', ');
  return more > 0 ? `${listed} and ${formatCountOf(more, 'other number')}` : listed;
}
