import { z } from 'zod';
import { text } from '../../src/spec-parts.ts';
import { defineKind } from '../../src/stage.ts';

const scalar = z.union([z.string(), z.number(), z.boolean()]);

export const spec = defineKind({
  name: 'python',
  version: 2,
  summary:
    'Runs a Python program of your own. It runs again when the program, a module that it imports, or the version of a package or of Python changes.',
  settings: z.strictObject({
    args: z
      .union([z.record(z.string(), z.union([scalar, z.array(scalar)])), z.string()], {
        error: 'a map of arguments, or a text with the words of a command line',
      })
      .default({})
      .describe(
        'What the program gets: a map, `lr: 0.001` as `--lr 0.001`, which `restage.settings` holds, too; or the words of a command line, in which `${inputs.x}` and `${outputs.y}` stand for the paths of the ports.',
      ),
    python: text
      .optional()
      .describe(
        'The interpreter: a path or a name on `PATH`. Without it, the first of the project’s `.venv`, the active environment, `python3` and `/usr/bin/python3` in which all packages are found that the program imports.',
      ),
  }),
  inputs: {
    program: {
      type: 'files',
      summary: 'The program, a file of the project: `./train.py`.',
      code: true,
    },
  },
  outputs: {},
  openPorts: true,
  shell: ['args'],
  checkpointsWithout: [],
  code: {
    settings: ['python'],
    find: async (question) => await (await import('./find-code.ts')).findCode(question),
  },
  example: `fit:
  kind: python
  inputs: { program: ./train.py, dataset: faces.dataset }
  outputs:
    onnx: artifacts/fit/net.onnx # a model for load-model
    scores: { path: artifacts/fit/scores.csv, type: scores }
  with: { args: { lr: 0.001, epochs: 20 } }
`,
});
