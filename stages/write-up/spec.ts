import { z } from 'zod';
import { mistakeIf } from '../../src/setting-mistakes.ts';
import { output, text } from '../../src/spec-parts.ts';
import { defineKind } from '../../src/stage.ts';
import { directiveWords } from './directive-words.ts';

const settings = z.strictObject({
  name: z
    .string()
    .regex(/^[\w-]+$/, 'expected letters, digits, "-" and "_"')
    .default('write-up')
    .describe('Name of the Markdown file, and of the folder of its figures beside it.'),
  leaveOut: z
    .array(text)
    .default([])
    .describe(
      'Inputs whose pictures are not copied, such as photographs that may not be passed on; their titles are shown instead.',
    ),
  facts: z
    .record(
      z.string().regex(/^\S+$/, 'expected a name without blanks'),
      z.union([z.string(), z.number(), z.record(z.string(), z.unknown())]),
    )
    .default({})
    .describe(
      'Facts that no artifact holds, such as the time of a run, {{ facts took }}, or a parameter of several values, {{ facts net.epochs }}.',
    ),
});
export type WriteUpSettings = z.output<typeof settings>;

export const spec = defineKind<WriteUpSettings>({
  name: 'write-up',
  version: 9,
  summary:
    'Fills a Markdown text with the numbers, tables and figures of other stages, so that none of them is typed by hand.',
  settings,
  inputs: {
    template: {
      type: 'files',
      summary:
        'Markdown with placeholders such as {{ scores test.auc | interval }}, each of which names a further input of the stage, and with statements that the run must bear out: {{ expect scores test.auc > 0.5 by interval }}.',
    },
  },
  outputs: {
    document: output.files(
      'The folder with the Markdown file, its figures, and sources.json: what each placeholder reads and says, and all digests.',
    ),
  },
  openPorts: 'inputs',
  check: (_, inputs) => [
    ...mistakeIf(
      inputs.has('facts'),
      [],
      'expected another name for the input "facts", which is that of the setting',
    ),
    ...directiveWords
      .filter((word) => inputs.has(word))
      .flatMap((word) =>
        mistakeIf(
          true,
          [],
          `expected another name for the input "${word}", which is a word of templates: {{ ${word} }}`,
        ),
      ),
  ],
  example: `paper:
  kind: write-up
  inputs:
    template: docs/results.template.md
    scores: [scores.metrics]
    roc: roc.roc
  with: { name: results }
`,
});
