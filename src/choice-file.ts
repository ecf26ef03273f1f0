import { isJsonObject, type Json, type JsonObject } from './json.ts';

/** The labels of a candidate on the axes of its matrix, such as `{ n: '3' }`. */
export type CandidateLabels = Readonly<Record<string, string>>;

/**
 * The label of a candidate on one axis; on several, `rate=0.1,width=8`. Undefined where it has none
 * on one of them.
 */
export function labelAlong(labels: CandidateLabels, axes: readonly string[]): string | undefined {
  const [only, ...others] = axes;
  if (others.length === 0) return only === undefined ? undefined : labels[only];
  if (axes.some((axis) => labels[axis] === undefined)) return undefined;
  return axes.map((axis) => `${axis}=${labels[axis]}`).join(',');
}

/**
 * A candidate of a choice: its labels and, under the name of each metric, its value; null or absent
 * where it has none.
 */
export interface Candidate {
  readonly labels: CandidateLabels;
  readonly [metric: string]: Json | undefined;
}

/** The content of an artifact of the type `choice`: which candidate was chosen, and by what. */
export interface ChoiceFile {
  /** The metric that decided, such as `auc`. */
  readonly by: string;
  readonly candidates: readonly Candidate[];
  readonly chosen?: Candidate;
  /** How many candidates advance to the next rung; absent where none does. */
  readonly count?: number;
  /** The labels of the candidates with a value, the best first. */
  readonly ranking?: readonly CandidateLabels[];
}

/** A choice; undefined for JSON of another form. */
export const readChoice = (content: Json | undefined): ChoiceFile | undefined =>
  isChoice(content) ? content : undefined;

function isChoice(content: Json | undefined): content is JsonObject & ChoiceFile {
  if (!isJsonObject(content) || typeof content['by'] !== 'string') return false;
  const candidates = content['candidates'];
  return Array.isArray(candidates) && candidates.every(isCandidate);
}

/**
 * The labels of the candidates, the best first. Slots need no more of a choice than its `ranking`;
 * empty for a file without one.
 */
export function rankingIn(content: Json | undefined): readonly CandidateLabels[] {
  const ranking = isJsonObject(content) ? content['ranking'] : undefined;
  return Array.isArray(ranking) ? (ranking as readonly CandidateLabels[]) : [];
}

/** The value that decided about a candidate; null or undefined where it has none. */
export const decidingValue = ({ by }: ChoiceFile, candidate: Candidate): Json | undefined =>
  candidate[by];

const isCandidate = (value: Json): boolean =>
  isJsonObject(value) && isJsonObject(value['labels'] as Json);
