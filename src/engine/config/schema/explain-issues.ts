import { z } from 'zod';
import { formatCountOf } from '../../../format-numbers.ts';
import { didYouMean, suggest } from '../../../suggest.ts';
import type { Diagnostic, Span } from '../../diagnostics/diagnostic.ts';
import { child, describeNode, entriesOf, type Node, nodeAt } from '../yaml/node.ts';

type Issue = z.core.$ZodIssue;

interface Subject {
  readonly node: Node;
  readonly schema: z.ZodType;
  /**
   * What comes before the issue's path in messages, such as `with`; empty at the root of a stage or
   * file.
   */
  readonly prefix: string;
  /** Where a missing key is reported: at the key of the stage or of `with`. */
  readonly at: Span;
  /** A hint to where all keys are listed, for when they are too many for a message. */
  readonly keysAreIn?: string;
  /** Hints for keys that belong elsewhere, by their name at the root. */
  readonly elsewhere?: (key: string) => string | undefined;
}

/** The issues that zod found in a value, in plain words and at their spans in the file. */
export function explainIssues(issues: readonly Issue[], subject: Subject): readonly Diagnostic[] {
  const outdented = outdentedKeys(issues, subject.node);
  const explained = new Set([...outdented.values()].flat());
  return issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys' && issue.path.length === 0) {
      const keys = issue.keys.filter((key) => !explained.has(key));
      return explain({ ...issue, keys }, [], subject);
    }
    const keys = outdented.get(issue);
    const hint = keys && { hint: `Indent what belongs to it: ${keys.join(', ')}.` };
    return explain(issue, [], subject).map((mistake) => ({ ...mistake, ...hint }));
  });
}

/**
 * Unknown keys right below an empty one that should hold a map, by the issue of the empty one:
 *
 *     with:
 *     epochs: 5
 */
function outdentedKeys(
  issues: readonly Issue[],
  node: Node,
): ReadonlyMap<Issue, readonly string[]> {
  const unknown = new Set(
    issues.flatMap((issue) =>
      issue.code === 'unrecognized_keys' && issue.path.length === 0 ? issue.keys : [],
    ),
  );
  const keys = [...entriesOf(node).keys()];
  const outdented = issues.flatMap((issue) => {
    const [key, ...deeper] = issue.path;
    const value = deeper.length === 0 ? child(node, String(key)) : undefined;
    const isEmpty = value?.type === 'scalar' && value.value === null;
    const takesMap = issue.code === 'invalid_type' && structures.has(issue.expected);
    if (!isEmpty || !takesMap) return [];
    const below = keys.slice(keys.indexOf(String(key)) + 1);
    const end = below.findIndex((name) => !unknown.has(name));
    const inside = end === -1 ? below : below.slice(0, end);
    return inside.length === 0 ? [] : [[issue, inside] as const];
  });
  return new Map(outdented);
}

function explain(
  issue: Issue,
  above: readonly PropertyKey[],
  subject: Subject,
): readonly Diagnostic[] {
  const path = [...above, ...issue.path];
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => unknownKey(key, path, subject));
  const entry = nodeAt(subject.node, path);
  if (entry?.value.type === 'scalar' && entry.value.unresolved) return [];
  if (issue.code === 'invalid_union' && entry) {
    const inside = insideUnion(issue.errors);
    if (inside) return inside.flatMap((inner) => explain(inner, path, subject));
  }
  const name = dotted(subject.prefix, path);
  const expected = expectation(issue);
  if (!entry) {
    const parent = path.length > 1 ? nodeAt(subject.node, path.slice(0, -1)) : undefined;
    const message = `Missing "${name}"${expected ? `, expected ${expected}` : ''}`;
    return [{ code: 'missing-key', message, at: parent?.keyAt ?? subject.at }];
  }
  const { value, keyAt } = entry;
  const got = value.type === 'scalar' || expected ? `, got ${describeNode(value)}` : '';
  const at = value.at.end > value.at.start ? value.at : keyAt;
  if (!expected)
    return [{ code: 'wrong-value', message: `Invalid "${name}": ${issue.message}${got}`, at }];
  const hint = nearHint(value, issue, path, subject) ?? formHint(value, issue, path, subject);
  const code =
    issue.code === 'invalid_type' || issue.code === 'invalid_union' ? 'wrong-type' : 'wrong-value';
  return [{ code, message: `Expected ${expected} for "${name}"${got}`, at, hint }];
}

function unknownKey(key: string, path: readonly PropertyKey[], subject: Subject): Diagnostic {
  const inside = dotted(subject.prefix, path);
  const at = nodeAt(subject.node, [...path, key])?.keyAt ?? subject.at;
  const elsewhere = path.length === 0 ? subject.elsewhere?.(key) : undefined;
  const hint = elsewhere ?? suggest(key, knownKeys(subject.schema, path)) ?? subject.keysAreIn;
  return {
    code: 'unknown-key',
    message: `Unknown key "${key}"${inside ? ` in "${inside}"` : ''}`,
    at,
    hint,
  };
}

/**
 * The issues of the branch that was meant: of those that fail only deeper inside, the one with the
 * fewest; undefined for a tie.
 */
function insideUnion(branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const shapeCodes = new Set(['invalid_type', 'invalid_union', 'invalid_value']);
  const deep = branches.filter((issues) =>
    issues.every(({ path, code }) => path.length > 0 || !shapeCodes.has(code)),
  );
  const work = (issues: readonly Issue[]) =>
    issues.reduce(
      (sum, issue) => sum + (issue.code === 'unrecognized_keys' ? issue.keys.length : 1),
      0,
    );
  const [best, second] = deep.toSorted((a, b) => work(a) - work(b));
  return best && second && work(best) === work(second) ? undefined : best;
}

function nearHint(
  node: Node,
  issue: Issue,
  path: readonly PropertyKey[],
  { schema }: Subject,
): string | undefined {
  if (node.type === 'scalar') return didYouMean(String(node.value), allowedValues(issue));
  if (node.type === 'list' || issue.code !== 'invalid_union') return undefined;
  const known = knownKeys(schema, path);
  const unknownKey = [...node.entries.keys()].find((key) => !known.includes(key));
  return unknownKey === undefined ? undefined : didYouMean(unknownKey, known);
}

const structures = new Set<string>(['object', 'record', 'array', 'tuple']);

/** How to write a single value where a map or a list belongs. */
function formHint(
  node: Node,
  issue: Issue,
  path: readonly PropertyKey[],
  { schema }: Subject,
): string | undefined {
  if (node.type !== 'scalar') return undefined;
  const key = keyOfConstant(schema, path, node.value);
  if (key !== undefined) return `Write { ${key}: ${String(node.value)} }.`;
  if (issue.code !== 'invalid_type' || !structures.has(issue.expected)) return undefined;
  const keys = knownKeys(schema, path);
  if (keys.length > 0) return `Its keys: ${keys.join(', ')}.`;
  const usual = defaultAt(schema, path);
  return usual === undefined
    ? undefined
    : `By default it is ${JSON.stringify(usual).replaceAll(',', ', ')}.`;
}

function allowedValues(issue: Issue): readonly string[] {
  if (issue.code === 'invalid_union') {
    const inBranches = issue.errors.flatMap((branch) => branch.slice(0, 1).flatMap(allowedValues));
    return [...discriminators(issue).map(String), ...inBranches];
  }
  return issue.code === 'invalid_value' ? issue.values.map(String) : [];
}

/** What the schema accepts, in plain words; undefined where the issue's own message says it. */
function expectation(issue: Issue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return typeWords[issue.expected] ?? issue.expected;
    case 'invalid_value':
      return issue.values.length === 1
        ? quoted(issue.values[0])
        : `one of ${issue.values.map(quoted).join(', ')}`;
    case 'too_small':
      return boundWords(issue.origin, issue.inclusive ? 'at least' : 'more than', issue.minimum);
    case 'too_big':
      return boundWords(issue.origin, issue.inclusive ? 'at most' : 'less than', issue.maximum);
    case 'not_multiple_of':
      return `a multiple of ${issue.divisor}`;
    case 'invalid_format':
      return issue.pattern
        ? `a text that matches ${issue.pattern}`
        : `a text in the form "${issue.format}"`;
    case 'invalid_union':
      return unionWords(issue);
    default:
      return undefined;
  }
}

function unionWords(issue: z.core.$ZodIssueInvalidUnion): string | undefined {
  const options = discriminators(issue);
  if (options.length > 0) return `one of ${options.map(quoted).join(', ')}`;
  // The schema's own words for what it takes.
  if (issue.message !== 'Invalid input') return issue.message;
  const words = issue.errors.flatMap((branch) => branch.slice(0, 1).map(expectation));
  const known = [...new Set(words.filter((word) => word !== undefined))];
  return known.length > 0 ? known.join(' or ').replace(/ or (?=.* or )/g, ', ') : undefined;
}

/**
 * The values of the key that distinguishes the branches of a union, such as `kind`; empty unless
 * all were missed.
 */
function discriminators(issue: z.core.$ZodIssueInvalidUnion): readonly unknown[] {
  return 'options' in issue && Array.isArray(issue.options) ? issue.options : [];
}

function boundWords(origin: string, relation: string, bound: number | bigint): string {
  if (origin === 'string')
    return `a text of ${relation} ${formatCountOf(Number(bound), 'character')}`;
  if (origin === 'array' || origin === 'set')
    return `a list of ${relation} ${formatCountOf(Number(bound), 'item')}`;
  return `a number of ${relation} ${bound}`;
}

const quoted = (value: unknown) => JSON.stringify(value);

const typeWords: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  object: 'a map',
  record: 'a map',
  null: 'nothing',
};

function dotted(prefix: string, path: readonly PropertyKey[]): string {
  const tail = path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`))
    .join('');
  return prefix === '' ? tail.replace(/^\./, '') : `${prefix}${tail}`;
}

type JsonSchema = z.core.JSONSchema.BaseSchema;

export function knownKeys(schema: z.ZodType, path: readonly PropertyKey[]): readonly string[] {
  return [
    ...new Set(schemasAt(schema, path).flatMap((branch) => Object.keys(branch.properties ?? {}))),
  ];
}

function keyOfConstant(
  schema: z.ZodType,
  path: readonly PropertyKey[],
  value: unknown,
): string | undefined {
  const properties = schemasAt(schema, path).flatMap((branch) =>
    Object.entries(branch.properties ?? {}),
  );
  return properties.find(
    ([, property]) => typeof property === 'object' && property.const === value,
  )?.[0];
}

function defaultAt(schema: z.ZodType, path: readonly PropertyKey[]): unknown {
  return schemasAt(schema, path).find((branch) => branch.default !== undefined)?.default;
}

function schemasAt(schema: z.ZodType, path: readonly PropertyKey[]): readonly JsonSchema[] {
  let level: JsonSchema[] = [
    z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', target: 'draft-7' }),
  ];
  for (const step of path) {
    level = level.flatMap(branchesOf).flatMap((branch) => {
      const below = typeof step === 'number' ? branch.items : branch.properties?.[String(step)];
      const schemaBelow = below ?? branch.additionalProperties;
      return typeof schemaBelow === 'object' && !Array.isArray(schemaBelow)
        ? [schemaBelow as JsonSchema]
        : [];
    });
  }
  return level.flatMap(branchesOf);
}

function branchesOf(schema: JsonSchema): JsonSchema[] {
  const inner = [
    ...(schema.anyOf ?? []),
    ...(schema.oneOf ?? []),
    ...(schema.allOf ?? []),
  ] as JsonSchema[];
  return [schema, ...inner.flatMap(branchesOf)];
}
