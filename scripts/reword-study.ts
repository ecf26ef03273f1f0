// Writes docs/study.md again after a change of the words in its templates, with the numbers, tables
// and figures of its recorded run: node --import tsx scripts/reword-study.ts
//
// Only words may have changed. A template with other places needs the study's run
// (write-study.mjs).
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { sha256 } from '../src/digest.ts';
import { formatJson } from '../src/format-json.ts';
import { type Filled, refill } from '../stages/write-up/fill.ts';
import type { Sources } from '../stages/write-up/run.ts';
import { type Piece, parseTemplate, type Slot } from '../stages/write-up/template.ts';
import { inRepository } from './generated-files.ts';

/** The templates of the parts whose input has another name. */
const templates: Readonly<Record<string, string>> = {
  data: 'photographs-data',
  start: 'start-face-resnet',
};

/** A text with the words of its template now, and its sources. */
interface Reworded {
  readonly text: string;
  readonly sources: Sources;
}

function reword(name: string, { places, parts, ...recorded }: Sources): Reworded {
  const file = `pipelines/texts/${templates[name] ?? name}.md`;
  const template = readFileSync(inRepository(file), 'utf8');
  const pieces = parseTemplate(template, file);
  const slots = pieces.filter(isSlot);
  const reads = (list: readonly { readonly reads: string }[]) => list.map((place) => place.reads);
  const now = slots.map(({ text }) => ({ reads: text }));
  if (JSON.stringify(reads(now)) !== JSON.stringify(reads(places)))
    throw new Error(`${file} has other places than the recorded run: run the study again`);
  const inner = Object.fromEntries(
    Object.entries(parts).map(([input, part]) => [input, reword(input, part)]),
  );
  const filled = places.map((place, i): Filled => {
    const part = inner[place.reads];
    const { line } = slots[i]!;
    if (part === undefined) return { ...place, line };
    const figures = Object.keys(recorded.figures);
    return {
      line,
      reads: place.reads,
      says: withFigures(part.text.trimEnd(), place.reads, figures),
    };
  });
  const text = refill(pieces, filled);
  return {
    text,
    sources: {
      ...recorded,
      document: sha256(text),
      template: sha256(template),
      places: filled,
      parts: Object.fromEntries(
        Object.entries(inner).map(([input, { sources }]) => [input, sources]),
      ),
    },
  };
}

/** The study's templates have no conditions: they must be true of any run. */
const isSlot = (piece: Piece): piece is Slot => typeof piece !== 'string' && piece.is === 'slot';

/** The figures of a part, where the text that includes it has them. */
function withFigures(text: string, input: string, figures: readonly string[]): string {
  return text.replaceAll(/(?<=!\[[^\]]*\]\()[^)\s]+(?=\))/g, (target) => {
    const name = `${input}-${basename(target)}`;
    return figures.find((figure) => basename(figure) === name) ?? target;
  });
}

const path = inRepository('docs/study/sources.json');
const recorded = JSON.parse(readFileSync(path, 'utf8')) as Sources;
const { text, sources } = reword('study', recorded);
writeFileSync(join(inRepository('docs'), 'study.md'), text);
writeFileSync(path, formatJson(sources));
