/** A reference as it is written: `faces[set=test].dataset`, and without a port in `after`. */
export interface StageReference {
  readonly stage: string;
  /** Axis values that it fixes; empty without brackets. */
  readonly selection: ReadonlyMap<string, string>;
  readonly port?: string;
}

const shape = /^([^[\].\s]+)(?:\[([^[\]]*)\])?(?:\.([^[\].\s]+))?$/;

/** Reads a reference; undefined where the text has another form. */
export function parseStageReference(text: string): StageReference | undefined {
  const match = shape.exec(text);
  if (!match) return undefined;
  const [, stage, brackets, port] = match;
  const selection = parseSelection(brackets);
  return selection && { stage: stage!, selection, ...(port === undefined ? {} : { port }) };
}

function parseSelection(text: string | undefined): ReadonlyMap<string, string> | undefined {
  const selection = new Map<string, string>();
  if (text === undefined) return selection;
  for (const part of text.split(',')) {
    const equals = part.indexOf('=');
    const axis = part.slice(0, equals).trim();
    if (equals < 1 || axis === '' || selection.has(axis)) return undefined;
    selection.set(axis, part.slice(equals + 1).trim());
  }
  return selection;
}

/**
 * Whether an input is a path: it has a `/` outside brackets, and does not begin with the name of an included pipeline.
 * Everything else is `stage.port`.
 */
export function isPath(text: string, includes: ReadonlySet<string>): boolean {
  if (text.startsWith('npm:')) return true;
  const bracket = text.indexOf('[');
  const slash = text.indexOf('/');
  if (slash < 0) return false;
  if (bracket >= 0 && slash > bracket && parseStageReference(text)) return false;
  return !(includes.has(text.slice(0, slash)) && parseStageReference(text));
}
