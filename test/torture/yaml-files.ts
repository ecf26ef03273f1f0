import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadPipeline } from '../../src/engine/config/loading/load-pipeline.ts';
import { formatDiagnostic } from '../../src/engine/diagnostics/format-diagnostic.ts';
import { loadKinds } from '../../src/project/kinds/load-kinds.ts';
import type { Random } from '../../src/random.ts';
import { inRepository } from '../support/pages.ts';
import type { Ordeal } from './ordeal.ts';

/** Many times longer than any undamaged file takes. */
const slowMs = 10_000;

/**
 * Reads pipelines with damaged text: each must load or be refused with messages; none may crash or
 * hang.
 */
export const yamlFiles: Ordeal = async (count, random, tell) => {
  const root = mkdtempSync(join(tmpdir(), 'restage-torture-'));
  try {
    cpSync(inRepository('pipelines'), join(root, 'pipelines'), { recursive: true });
    const { kinds } = await loadKinds(root, console.error);
    const folder = join(root, 'pipelines', 'experiments');
    const texts = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
    mkdirSync(join(root, 'data'));
    const file = join(folder, 'damaged.yaml');
    for (let index = 0; index < count; index += 1) {
      let text = texts[random.integer(texts.length)]!;
      for (let times = 1 + random.integer(4); times > 0; times -= 1) text = damaged(text, random);
      writeFileSync(file, text);
      const begun = Date.now();
      try {
        const loaded = await loadPipeline({ root, file, kinds });
        const messages = loaded.ok ? [] : loaded.error.map((mistake) => formatDiagnostic(mistake));
        if (!loaded.ok && messages.length === 0) throw new Error('refused without a mistake');
        const bug = messages.find((message) =>
          /Internal error|^ +at |undefined|\[object/m.test(message),
        );
        if (bug !== undefined) throw new Error(bug);
        if (Date.now() - begun > slowMs) throw new Error(`took ${Date.now() - begun} ms`);
      } catch (error) {
        tell.broken(`${(error as Error).message}\n${text}`);
      }
      tell.done();
    }
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
};

const words = [
  '{',
  '}',
  '[',
  ']',
  ':',
  '- ',
  '#',
  '&a',
  '*a',
  '!!js',
  '|',
  '>',
  '"',
  "'",
  '\t',
  '\0',
  '---\n',
  '? ',
  '<<: *a',
  '${',
  '${params.x}',
  '${matrix.x}',
  '~',
  'null',
  '1e999',
  '-0',
  '0x1F',
  '12345678901234567890',
  '../../etc',
  'extends: x',
  '__proto__: 1',
  'constructor',
  '\u202e',
  '\ud800',
  'é'.repeat(300),
];

function damaged(text: string, random: Random): string {
  const lines = text.split('\n');
  const line = random.integer(lines.length);
  const target = random.integer(lines.length);
  const at = random.integer(text.length + 1);
  const word = words[random.integer(words.length)]!;
  switch (random.integer(8)) {
    case 0:
      return text.slice(0, at) + word + text.slice(at);
    case 1:
      return text.slice(0, at) + text.slice(at + 1 + random.integer(12));
    case 2:
      return lines.filter((_, index) => index !== line).join('\n');
    case 3:
      return lines.toSpliced(target, 0, lines[line]!).join('\n');
    case 4:
      return lines.with(line, lines[target]!).join('\n');
    case 5:
      return lines
        .with(line, `${' '.repeat(random.integer(5))}${lines[line]!.trimStart()}`)
        .join('\n');
    case 6:
      return lines.with(line, lines[line]!.replace(/:.*/, `: ${word}`)).join('\n');
    default:
      return text.slice(0, at);
  }
}
