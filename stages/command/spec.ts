import { z } from 'zod';
import { defineKind } from '../../src/stage.ts';

export const spec = defineKind({
  name: 'command',
  version: 2,
  summary: 'Runs any program as a stage, through the shell.',
  settings: z.strictObject({
    run: z
      .string()
      .trim()
      .min(1)
      .describe(
        'What `sh -e` runs in the root of the project. `${inputs.x}` and `${outputs.y}` stand for the paths of the ports, whatever quotes are around them, and `${inputs.x.list}` for a file with one path a line; every other `$` is the shell’s.',
      ),
  }),
  inputs: {},
  outputs: {},
  openPorts: true,
  shell: ['run'],
  checkpointsWithout: [],
  example: `sizes:
  kind: command
  inputs: { images: data/faces }
  outputs: { sizes: artifacts/sizes.txt }
  with: { run: "du -k \${inputs.images} | sort -n > \${outputs.sizes}" }
`,
});
