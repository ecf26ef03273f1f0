import { z } from 'zod';
import type { Json } from '../../src/json.ts';
import { mistakeIf } from '../../src/setting-mistakes.ts';
import { text } from '../../src/spec-parts.ts';
import { defineKind, type SettingMistake } from '../../src/stage.ts';
import { furtherThan } from './further-than.ts';

const scalar = z.union([z.string(), z.number(), z.boolean()]);
const moduleName = /^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/;
const listed = z.array(text).default([]);

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
    continues: listed.describe(
      'Names under `args` that only say how far the program goes, such as `epochs`. A checkpoint serves whatever their values are: with more epochs, the program continues from it. One of more epochs does not serve.',
    ),
    module: z
      .string()
      .regex(moduleName, 'the name of a module, such as pkg.train')
      .optional()
      .describe(
        'The module that runs, in place of the input `program`: `pkg.train` as by `python -m pkg.train` in the root of the project.',
      ),
    launcher: listed.describe(
      'The words of a program that starts this one, in place of Python: `[torchrun, --nproc-per-node=2]`. It is looked for beside the interpreter first, then on `PATH`.',
    ),
    modules: listed.describe(
      'Further modules that count, which the text of the program does not show: `[models.resnet]`, or `[plugins.*]` for all modules of a package.',
    ),
    code: listed.describe(
      'Further files of the project that count, by paths from its root: files, patterns, and folders for all files in them. Those that end with `.py` are followed as programs.',
    ),
    environment: text
      .optional()
      .describe(
        'A `requirements.txt` in which every version is named, or a `uv.lock`: the program runs with exactly these packages, in an environment that is made once.',
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
      summary: 'The program, a file of the project: `./train.py`. Absent with `module`.',
      code: true,
      optional: true,
    },
  },
  outputs: {},
  openPorts: true,
  shell: ['args'],
  checkpointsWithout: [],
  continues: ({ continues }) => continues.map((name) => ['args', name]),
  whyNoResume: ({ args }, state) => {
    const { continues: made = {} } = state as { readonly continues?: Record<string, Json> };
    const further = furtherThan(made, typeof args === 'string' ? {} : args);
    return further && `its checkpoint ${further}`;
  },
  unkeyed: ['continues', 'modules', 'code', 'environment', 'python'],
  code: {
    settings: ['continues', 'module', 'launcher', 'modules', 'code', 'environment', 'python'],
    find: async (question) => await (await import('./find-code.ts')).findCode(question),
  },
  check: ({ args, continues, module }, inputs) => [
    ...mistakeIf(
      inputs.has('program') && module !== undefined,
      ['module'],
      'expected either the input `program` or `module`, got both',
    ),
    ...continues.flatMap((name, index) => continueMistakes(name, index, args)),
  ],
  example: `fit:
  kind: python
  inputs: { program: ./train.py, dataset: faces.dataset }
  outputs:
    onnx: artifacts/fit/net.onnx # a model for load-model
    scores: { path: artifacts/fit/scores.csv, type: scores }
  with: { args: { lr: 0.001, epochs: 20 }, continues: [epochs] }
`,
});

function continueMistakes(
  name: string,
  index: number,
  args: string | Readonly<Record<string, Json>>,
): readonly SettingMistake[] {
  const at = ['continues', index];
  if (typeof args === 'string') {
    const message = `"${name}" can only be a name in a map under "args", which is a text here`;
    return [{ at, message }];
  }
  if (Object.hasOwn(args, name)) return [];
  const message = `"${name}" is not under "args"`;
  return [{ at, message, unknown: { name, known: Object.keys(args) } }];
}
