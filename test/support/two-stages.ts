import assert from 'node:assert/strict';
import type { Project } from './rig.ts';

/** A pipeline of two stages that read `in.txt`, and that file. */
export const shout = `description: two stages
stages:
  shout:
    kind: command
    inputs: { text: ./in.txt }
    outputs: { text: out/shout.txt }
    with: { run: "echo shouting; tr a-z A-Z < \${inputs.text} > \${outputs.text}" }
  count:
    kind: command
    inputs: { text: shout.text }
    outputs: { text: out/count.txt }
    with: { run: "wc -c < \${inputs.text} > \${outputs.text}" }
`;
export const files = { 'in.txt': 'abc\n' };

/** Runs a command that must succeed and leave standard error empty. Returns what it prints. */
export async function print(project: Project, ...argv: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await project.command(...argv);
  assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
  return stdout;
}
