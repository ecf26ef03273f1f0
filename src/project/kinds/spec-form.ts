import { inspect } from 'node:util';
import { z } from 'zod';
import { namePattern } from '../../engine/config/stages/check-name.ts';
import { type ArtifactType, artifactTypes } from '../../stage.ts';

const text = z.string('a string').min(1, 'a text');
const type = z.enum(artifactTypes, `one of ${artifactTypes.join(', ')}`);
const flag = z.boolean('true or nothing').optional();
const method = z.instanceof(Function, { error: 'a function' }).optional();
const portsOf = <T extends z.ZodType>(port: T) =>
  z
    .record(z.string(), port, 'a map of ports by name')
    .refine(
      (ports) => Object.keys(ports).every((name) => namePattern.test(name)),
      'names of letters, digits, "_" and "-"',
    );

const input = z.object(
  {
    type: z.custom<ArtifactType>(
      (given) =>
        [given].flat().length > 0 &&
        [given].flat().every((name) => name === 'any' || type.safeParse(name).success),
      `any, one of ${artifactTypes.join(', ')}, or a list of these`,
    ),
    summary: text,
    optional: flag,
    list: flag,
    inherits: flag,
    labelled: flag,
    parts: method,
    sealed: method,
    sealedHint: text.optional(),
    code: flag,
  },
  'a port: { type, summary }',
);
const output = z.object(
  {
    type,
    summary: text,
    extension: z.string('a string').regex(/^\./, 'an extension such as .csv').optional(),
    when: text.optional(),
    counts: z.object({ of: text, by: text, within: text }, '{ of, by, within }').optional(),
    ofImages: flag,
  },
  'a port: { type, summary }',
);

/**
 * The form of a `KindSpec`, checked since no compiler has seen the code. The version is optional:
 * the contents of the files are the version.
 */
const form = z.object(
  {
    name: text,
    version: z.int('a whole number').optional(),
    summary: text,
    settings: z.instanceof(z.ZodType, { error: 'a zod schema, such as z.strictObject({ })' }),
    inputs: portsOf(input),
    outputs: portsOf(output),
    openPorts: z.union([z.boolean(), z.literal('inputs')], 'true, "inputs" or nothing').optional(),
    shell: z.array(text, 'a list of settings').optional(),
    axes: z
      .record(z.string(), z.array(text, 'a list of ports'), 'a map of settings to ports')
      .optional(),
    computes: flag,
    usesAllCores: flag,
    checkpointsWithout: z.array(text, 'a list of settings').optional(),
    continues: method,
    unkeyed: z.array(text, 'a list of settings').optional(),
    whyNoResume: method,
    code: z
      .object(
        { settings: z.array(text), when: method, find: z.instanceof(Function) },
        '{ settings, find }',
      )
      .optional(),
    downloads: method,
    seals: method,
    check: method,
    facts: method,
    checkInputs: method,
    contents: z
      .object(
        { ports: z.array(text), settings: z.array(text), check: z.instanceof(Function) },
        '{ ports, settings, check }',
      )
      .optional(),
    example: text,
  },
  'what defineKind gives',
);

/** The mistakes in the form of a spec, each with its place, what was expected and what there is. */
export function specMistakes(spec: unknown): readonly string[] {
  return (form.safeParse(spec).error?.issues ?? []).map(({ path, message }) => {
    const got = path.reduce(
      (value, key) => (value as Readonly<Record<PropertyKey, unknown>>)[key],
      spec,
    );
    return `${['spec', ...path].join('.')}: expected ${message}, got ${describeValue(got)}`;
  });
}

function describeValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  const written =
    typeof value === 'string'
      ? JSON.stringify(value)
      : inspect(value, { depth: 0, breakLength: Number.POSITIVE_INFINITY });
  return written.length > 60 ? `${written.slice(0, 59)}…` : written;
}
