type Schema = Readonly<Record<string, unknown>>;

/** Where a schema of maps says what is in them. */
interface Parts {
  readonly properties?: Schema;
  readonly additionalProperties?: unknown;
  readonly required?: readonly string[];
}

/**
 * Where a value breaks a JSON schema, as dotted paths; empty where it is valid. It knows the
 * keywords of draft 7 that `pipeline.schema.json` uses. What fails every branch of an `anyOf` is
 * reported as a whole, but for the only branch that takes the value's type.
 */
export function invalidParts(root: Schema, value: unknown): readonly string[] {
  const check = (schema: Schema, value: unknown, path: string): readonly string[] => {
    const {
      $ref,
      anyOf,
      allOf,
      if: condition,
      then,
    } = schema as Record<string, Schema & readonly Schema[]>;
    if ($ref !== undefined) {
      const target = String($ref).split('/').slice(1);
      return check(
        target.reduce<Schema>((part, key) => part[key] as Schema, root),
        value,
        path,
      );
    }
    const branches = (anyOf ?? []).map((branch) => check(branch, value, path));
    return [
      ...(branches.length === 0 || branches.some((parts) => parts.length === 0)
        ? []
        : nearest(branches, path)),
      ...(allOf ?? []).flatMap((part) => check(part, value, path)),
      ...(condition !== undefined && check(condition, value, path).length === 0
        ? check(then!, value, path)
        : []),
      ...checkValue(schema, value, path),
    ];
  };
  const checkValue = (schema: Schema, value: unknown, path: string): readonly string[] => {
    if (breaks(schema, value)) return [path];
    if (Array.isArray(value)) {
      const { items } = schema;
      return value.flatMap((item, index) => {
        const part = Array.isArray(items) ? items[index] : items;
        return part === undefined ? [] : check(part as Schema, item, `${path}[${index}]`);
      });
    }
    if (typeof value !== 'object' || value === null) return [];
    const { properties = {}, additionalProperties, required = [] } = schema as Parts;
    const missing = required.filter((key) => !(key in value)).map((key) => `${path}.${key}`);
    const inside = Object.entries(value).flatMap(([key, inner]) => {
      const at = path === '' ? key : `${path}.${key}`;
      const part = Object.hasOwn(properties, key) ? properties[key] : additionalProperties;
      if (part === false) return [at];
      return typeof part === 'object' ? check(part as Schema, inner, at) : [];
    });
    return [...missing, ...inside];
  };
  return [...new Set(check(root, value, ''))];
}

/** Whether a value itself breaks a schema, whatever its items or properties are. */
function breaks(schema: Schema, value: unknown): boolean {
  const { type, const: only, enum: choices, pattern } = schema;
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, minItems, maxItems } =
    schema as Record<string, number>;
  const fits = (type: unknown) =>
    type === typeOf(value) || (type === 'integer' && Number.isInteger(value));
  if (type !== undefined && ![type].flat().some(fits)) return true;
  if (only !== undefined && value !== only) return true;
  if (Array.isArray(choices) && !choices.includes(value)) return true;
  if (Array.isArray(value))
    return value.length < (minItems ?? 0) || value.length > (maxItems ?? Infinity);
  if (typeof value === 'string')
    return pattern !== undefined && !new RegExp(pattern as string).test(value);
  if (typeof value !== 'number') return false;
  return (
    value < (minimum ?? -Infinity) ||
    value > (maximum ?? Infinity) ||
    value <= (exclusiveMinimum ?? -Infinity) ||
    value >= (exclusiveMaximum ?? Infinity)
  );
}

/**
 * The mistakes inside the only failing branch that accepts the value's type; else the value as a
 * whole.
 */
function nearest(branches: readonly (readonly string[])[], path: string): readonly string[] {
  const inside = branches.filter((parts) => !parts.includes(path));
  return inside.length === 1 ? inside[0]! : [path];
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
