import { fileURLToPath } from 'node:url';
import type { NodeCommand } from '../engine/places/job-script.ts';

/** The command by which a job runs `job-main.ts`, the program of a cluster's workers. */
export const jobCommand = (...words: readonly string[]): NodeCommand => ({
  node: process.execPath,
  words: [fileURLToPath(new URL('./job-main.js', import.meta.url)), ...words],
});
