/** The source of a number or text: an artifact, and the name of the value in it. */
export interface Reading {
  readonly input: string;
  /**
   * Selects one of its artifacts by axis values, and rows of a table by the values of their
   * columns.
   */
  readonly selection: ReadonlyMap<string, string>;
  /** Absent: the artifact itself, a figure or a table. */
  readonly path?: string;
}

/** One reading, or two that an operator joins. */
export interface Reads {
  readonly reads: readonly [Reading] | readonly [Reading, Reading];
  readonly operator?: '-' | '/';
}

const reading = /^([\w-]+)(?:\[([^\]]*)\])?(?: (.+))?$/;

/** Parses `scores[seed=7] test.auc`, or a difference or ratio; undefined for another text. */
export function parseReads(text: string): Reads | undefined {
  const operator = / ([-/]) /.exec(text)?.[1] as Reads['operator'];
  const [first, second, ...further] = text.split(/ [-/] /);
  if (further.length > 0) return undefined;
  const left = parseReading(first!);
  if (left === undefined) return undefined;
  if (second === undefined) return { reads: [left] };
  const right = parseReading(second);
  return right && { reads: [left, right], operator: operator! };
}

function parseReading(text: string): Reading | undefined {
  const match = reading.exec(text);
  if (match === null) return undefined;
  const [, input, brackets = '', path] = match;
  const selection = new Map<string, string>();
  for (const pair of brackets.split(',').filter((pair) => pair.trim() !== '')) {
    const [, name, value] = /^([^=]+)=(.*)$/.exec(pair) ?? [];
    if (name === undefined || value === undefined) return undefined;
    selection.set(name.trim(), value.trim());
  }
  return { input: input!, selection, ...(path !== undefined && { path }) };
}
