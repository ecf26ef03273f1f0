/**
 * The two files, for `Project`, of a kind without settings that writes one text; `run` is the body
 * of its code.
 */
export function ownKind(name: string, run: string, spec = ''): Readonly<Record<string, string>> {
  return {
    [`stages/${name}/spec.ts`]: `
import { defineKind } from 'restage';
import { z } from 'zod';
${spec}
export const spec = defineKind({
  name: '${name}',
  version: 1,
  summary: 'Does what a test asks for.',
  settings: z.strictObject({}),
  inputs: {},
  outputs: { text: { type: 'files', summary: 'A text.', extension: '.txt' } },
  example: 'text: { kind: ${name} }',
});
`,
    [`stages/${name}/run.ts`]: `
import { writeFileSync } from 'node:fs';
import type { StageContext } from 'restage';
export default async function run(context: StageContext<object>): Promise<void> {
  ${run}
  writeFileSync(context.output('text'), 'done\\n');
}
`,
  };
}
