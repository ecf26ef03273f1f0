import { z } from 'zod';

export interface SettingRow {
  /**
   * Dotted: `optimizer.learningRate`; `unfreeze[].epoch` is one of each item of a list,
   * `include.*.file` of each of a map.
   */
  readonly path: string;
  readonly type: string;
  /** The default in YAML's flow form; `required`, or `—` for a setting that may be left out. */
  readonly fallback: string;
  readonly summary: string;
}

interface SchemaNode
  extends Pick<
    z.core.JSONSchema.BaseSchema,
    'type' | 'enum' | 'const' | 'required' | 'default' | 'description' | Bound
  > {
  readonly anyOf?: readonly SchemaNode[];
  readonly oneOf?: readonly SchemaNode[];
  readonly items?: SchemaNode;
  readonly prefixItems?: readonly SchemaNode[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: SchemaNode | boolean;
}

type Bound = 'minimum' | 'maximum' | 'exclusiveMinimum' | 'exclusiveMaximum';

interface Row extends SettingRow {
  readonly form?: Form;
}

/** One of several forms of a setting, as its rows name it: `with kind: adam`, `as { norm }`. */
interface Form {
  readonly before: string;
  readonly name: string;
  /** How many forms the setting has. */
  readonly of: number;
}

/** The settings of a kind as rows of a table, in the order of the schema. */
export function describeSettings(settings: z.ZodType): readonly SettingRow[] {
  const schema = z.toJSONSchema(settings, { io: 'input', unrepresentable: 'any' }) as SchemaNode;
  return joinForms(rowsOf(schema, ''));
}

function rowsOf(schema: SchemaNode, prefix: string, form?: Form): readonly Row[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, node]) => {
    const path = `${prefix}${name}`;
    const without = schema.required?.includes(name) ? 'required' : '—';
    const fallback = node.default === undefined ? without : inFlow(node.default);
    const row = { path, type: typeOf(node), fallback, summary: node.description ?? '' };
    return [{ ...row, ...(form !== undefined && { form }) }, ...rowsBelow(node, path)];
  });
}

/**
 * Rows inside a setting; of a list only what all items share, since networks have a page of their
 * own.
 */
function rowsBelow(node: SchemaNode, path: string): readonly Row[] {
  const { items, additionalProperties: values } = node;
  const rows = [
    ...rowsOf(node, `${path}.`),
    ...formsOf(node).flatMap(({ node, ...form }) => rowsOf(node, `${path}.`, form)),
  ];
  if (items !== undefined && mapsAmong(items).length <= 1)
    rows.push(...rowsBelow(items, `${path}[]`));
  if (typeof values === 'object') rows.push(...rowsBelow(values, `${path}.*`));
  return rows;
}

/**
 * The forms of a setting, each named by its distinguishing constant (`adam` of `kind`) or required
 * keys (`{ norm }`).
 */
function formsOf(node: SchemaNode): readonly (Form & { readonly node: SchemaNode })[] {
  const forms = node.anyOf ?? node.oneOf ?? [];
  const key = tellingKey(forms);
  if (key !== undefined) {
    return forms.map((form) => {
      const { [key]: discriminator, ...properties } = form.properties ?? {};
      return {
        before: `with ${key}:`,
        name: String(discriminator!.const),
        of: forms.length,
        node: { ...form, properties },
      };
    });
  }
  const maps = mapsAmong(node);
  // With a single map, the rows inside already show that it is one.
  const of = maps.length === 1 ? 1 : forms.length;
  return maps.map((map) => ({
    before: 'as',
    name: `{ ${map.required?.join(', ')} }`,
    of,
    node: map,
  }));
}

function tellingKey(forms: readonly SchemaNode[]): string | undefined {
  const isConstant = (form: SchemaNode, key: string) => form.properties?.[key]?.const !== undefined;
  return Object.keys(forms[0]?.properties ?? {}).find((key) =>
    forms.every((form) => isConstant(form, key)),
  );
}

const mapsAmong = ({ anyOf, oneOf }: SchemaNode): readonly SchemaNode[] =>
  (anyOf ?? oneOf ?? []).filter(({ properties }) => properties !== undefined);

/**
 * Joins equal rows of several forms, and names the forms unless all share the row. Rows of one path
 * stay together.
 */
function joinForms(rows: readonly Row[]): readonly SettingRow[] {
  const paths = new Set(rows.map(({ path }) => path));
  return [...paths].flatMap((path) => {
    const rowsAtPath = rows.filter((row) => row.path === path);
    const first = rowsAtPath.filter(
      (row, index) => rowsAtPath.findIndex((candidate) => areAlike(row, candidate)) === index,
    );
    return first.map((row) =>
      tellForms(rowsAtPath.filter((candidate) => areAlike(row, candidate))),
    );
  });
}

const areAlike = (a: Row, b: Row): boolean =>
  a.type === b.type && a.fallback === b.fallback && a.summary === b.summary;

function tellForms(rows: readonly Row[]): SettingRow {
  const { form, ...row } = rows[0]!;
  if (form === undefined || rows.length === form.of) return row;
  const forms = `${form.before} ${rows.map((alternative) => alternative.form!.name).join(' or ')}`;
  return { ...row, summary: row.summary === '' ? forms : `${forms}: ${row.summary}` };
}

function inFlow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inFlow).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  const members = Object.entries(value).map(([key, member]) => `${key}: ${inFlow(member)}`);
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
}

function typeOf(node: SchemaNode): string {
  const choices = node.anyOf ?? node.oneOf;
  const key = tellingKey(choices ?? []);
  if (key !== undefined)
    return `map (${key}: ${choices!.map(({ properties }) => properties![key]!.const).join(' or ')})`;
  if (choices !== undefined) return [...new Set(choices.map(typeOf))].join(' or ');
  if (node.const !== undefined) return String(node.const);
  if (node.enum !== undefined) return node.enum.join(' | ');
  if (node.prefixItems !== undefined)
    return `list of ${node.prefixItems.length} ${typeOf(node.prefixItems[0]!).replace(/^\w+/, '$&s')}`;
  if (node.type === 'array')
    return `list of ${node.items === undefined ? 'anything' : typeOfEach(node.items)}`;
  if (node.type === 'object') return typeOfMap(node);
  const types = typeof node.type === 'string' ? [node.type] : (node.type ?? ['anything']);
  return `${types.join(' or ')}${rangeOf(node)}`;
}

const typeOfMap = ({ properties, additionalProperties: values }: SchemaNode): string =>
  properties === undefined && typeof values === 'object' ? `map to ${typeOfEach(values)}` : 'map';

/** The type of list items or map values: `list of (string or number)`. */
function typeOfEach(node: SchemaNode): string {
  const type = typeOf(node);
  return / (or|\|) /.test(type.replace(/\(.*\)/, '')) ? `(${type})` : type;
}

/** The bounds of a number, without those of safe integers, which nobody set. */
function rangeOf({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: SchemaNode): string {
  const bounds = [
    exclusiveMinimum !== undefined && `> ${exclusiveMinimum}`,
    minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER && `≥ ${minimum}`,
    maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER && `≤ ${maximum}`,
    exclusiveMaximum !== undefined && `< ${exclusiveMaximum}`,
  ].filter((bound) => bound !== false);
  return bounds.length > 0 ? ` ${bounds.join(', ')}` : '';
}
