import { closeSync, openSync, writeFileSync } from 'node:fs';

/** Lines that are text at once: that of 300,000 images would have 100 MB. */
const linesAtOnce = 1000;

/** Writes a `samples.json` or `missing.json`: a line for each image or video. */
export function writeSamples(path: string, samples: readonly object[]): void {
  const file = openSync(path, 'w');
  try {
    writeFileSync(file, '[');
    for (let from = 0; from < samples.length; from += linesAtOnce) {
      const lines = samples.slice(from, from + linesAtOnce).map((sample) => JSON.stringify(sample));
      writeFileSync(file, (from === 0 ? '\n' : ',\n') + lines.join(',\n'));
    }
    writeFileSync(file, samples.length === 0 ? ']\n' : '\n]\n');
  } finally {
    closeSync(file);
  }
}
