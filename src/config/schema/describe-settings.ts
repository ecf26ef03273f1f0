import { z } from 'zod';

/** One setting as `pipeline kinds <kind>` lists it. */
export interface SettingRow {
  /** Dotted below `with`: `optimizer.learningRate`. */
  readonly path: string;
  readonly type: string;
  /** As in YAML's flow form; `required` where there is none, `—` where it may be left out. */
  readonly fallback: string;
  readonly summary: string;
}

interface SchemaNode {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly SchemaNode[];
  readonly oneOf?: readonly SchemaNode[];
  readonly items?: SchemaNode;
  readonly prefixItems?: readonly SchemaNode[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: SchemaNode | boolean;
  readonly required?: readonly string[];
  readonly default?: unknown;
  readonly description?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
}

/** The settings of a kind, flat, in the order of its schema. */
export function describeSettings(settings: z.ZodType): readonly SettingRow[] {
  const schema = z.toJSONSchema(settings, { io: 'input', unrepresentable: 'any' }) as SchemaNode;
  return rowsOf(schema, '');
}

function rowsOf(schema: SchemaNode, prefix: string, form?: string): readonly SettingRow[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, node]) => {
    const path = `${prefix}${name}`;
    const required = schema.required?.includes(name) ?? false;
    const summary = [form, node.description].filter((text) => text !== undefined).join(': ');
    const row = { path, type: typeOf(node), fallback: fallbackOf(node, required), summary };
    return [
      row,
      ...rowsOf(node, `${path}.`),
      ...formsOf(node).flatMap((form) => rowsOf(form.node, `${path}.`, form.name)),
      ...(mapAmong(node) ? rowsOf(mapAmong(node)!, `${path}.`, 'as a map') : []),
    ];
  });
}

/** The forms of a setting that has several, each named by the constant that tells it apart: `kind: adam`. */
function formsOf(node: SchemaNode): readonly { readonly name: string; readonly node: SchemaNode }[] {
  const forms = node.anyOf ?? node.oneOf ?? [];
  const isConstant = (form: SchemaNode, key: string) => form.properties?.[key]?.const !== undefined;
  const key = Object.keys(forms[0]?.properties ?? {}).find((key) => forms.every((form) => isConstant(form, key)));
  if (key === undefined) return [];
  return forms.map((form) => {
    const { [key]: told, ...properties } = form.properties ?? {};
    return { name: `with ${key}: ${String(told!.const)}`, node: { ...form, properties } };
  });
}

/** The one form of a setting that is a map, where others are not: `simple-net`, or `{ layers: [ … ] }`. */
function mapAmong({ anyOf = [] }: SchemaNode): SchemaNode | undefined {
  const maps = anyOf.filter(({ properties }) => properties !== undefined);
  return maps.length === 1 ? maps[0] : undefined;
}

function fallbackOf(node: SchemaNode, required: boolean): string {
  if (node.default !== undefined) return JSON.stringify(node.default).replaceAll('"', '');
  return required ? 'required' : '—';
}

function typeOf(node: SchemaNode): string {
  const forms = formsOf(node);
  if (forms.length > 0) return `map (${forms.map(({ name }) => name.replace('with ', '')).join(' or ')})`;
  const choices = node.anyOf ?? node.oneOf;
  if (choices !== undefined) return [...new Set(choices.map(typeOf))].join(' or ');
  if (node.const !== undefined) return String(node.const);
  if (node.enum !== undefined) return node.enum.join(' | ');
  if (node.prefixItems !== undefined) return `${node.prefixItems.length} of ${typeOf(node.prefixItems[0]!)}`;
  if (node.type === 'array') return `list of ${node.items === undefined ? 'anything' : typeOf(node.items)}`;
  if (node.type === 'object')
    return typeof node.additionalProperties === 'object' ? `map to ${typeOf(node.additionalProperties)}` : 'map';
  return `${node.type ?? 'anything'}${rangeOf(node)}`;
}

/** Bounds that a person would set; the largest safe integer is none. */
function rangeOf({ minimum, maximum, exclusiveMinimum }: SchemaNode): string {
  const bounds = [
    exclusiveMinimum !== undefined && `> ${exclusiveMinimum}`,
    minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER && `≥ ${minimum}`,
    maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER && `≤ ${maximum}`,
  ].filter((bound) => bound !== false);
  return bounds.length > 0 ? ` ${bounds.join(', ')}` : '';
}
