import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import { StageError } from '../../stage.ts';
import { reasonOf } from '../../user-error.ts';

/**
 * A JSON file of an artifact by its schema. Throws a {@link StageError} that says what was
 * expected, and where.
 */
export function parseArtifactFile<T>(
  expected: 'a dataset' | 'features' | 'a model',
  path: string,
  schema: z.ZodType<T>,
): T {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new StageError(`Expected ${expected}, but ${path} cannot be read: ${reasonOf(error)}`);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const { path: steps, message } = parsed.error.issues[0]!;
  const got = steps.reduce<unknown>(
    (inner, step) => (inner as Record<PropertyKey, unknown> | undefined)?.[step],
    value,
  );
  const gotText =
    got === undefined || typeof got === 'object' ? '' : `, got ${JSON.stringify(got)}`;
  throw new StageError(
    `Expected ${expected}, but in ${path} at ${steps.join('.') || 'its top'}: ${message}${gotText}`,
  );
}
