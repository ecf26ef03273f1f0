import { z } from 'zod';

type JsonSchema = z.core.JSONSchema.BaseSchema;

/** The keys that a schema takes at a path, in any of its branches; for hints only. */
export function knownKeys(schema: z.ZodType, path: readonly PropertyKey[]): readonly string[] {
  return [...new Set(schemasAt(schema, path).flatMap((branch) => Object.keys(branch.properties ?? {})))];
}

/** The key that distinguishes the branches of a union where one of them has the constant `value`: `kind`, for `adam`. */
export function keyOfConstant(schema: z.ZodType, path: readonly PropertyKey[], value: unknown): string | undefined {
  const properties = schemasAt(schema, path).flatMap((branch) => Object.entries(branch.properties ?? {}));
  return properties.find(([, property]) => typeof property === 'object' && property.const === value)?.[0];
}

/** The default of what a schema takes at a path. */
export function defaultAt(schema: z.ZodType, path: readonly PropertyKey[]): unknown {
  return schemasAt(schema, path).find((branch) => branch.default !== undefined)?.default;
}

/** The nodes of a schema at a path, with the branches of unions. */
function schemasAt(schema: z.ZodType, path: readonly PropertyKey[]): readonly JsonSchema[] {
  let level: JsonSchema[] = [z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', target: 'draft-7' })];
  for (const step of path) {
    level = level.flatMap(branchesOf).flatMap((branch) => {
      const below = typeof step === 'number' ? branch.items : branch.properties?.[String(step)];
      const other = below ?? branch.additionalProperties;
      return typeof other === 'object' && !Array.isArray(other) ? [other as JsonSchema] : [];
    });
  }
  return level.flatMap(branchesOf);
}

function branchesOf(schema: JsonSchema): JsonSchema[] {
  const inner = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])] as JsonSchema[];
  return [schema, ...inner.flatMap(branchesOf)];
}
