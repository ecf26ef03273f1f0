import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '../../src/digest.ts';
import { refill } from '../../stages/write-up/fill.ts';
import { digestOf, type Sources } from '../../stages/write-up/run.ts';
import { parseTemplate } from '../../stages/write-up/template.ts';

/**
 * Finds where a document, `<name>.md` in `folder`, differs from what was written: a number edited
 * by hand, a figure of another run, a changed template. Returns one sentence for each.
 *
 * @param parts Templates of the texts that it includes, by input.
 */
export function checkDocument(
  folder: string,
  name: string,
  template: string,
  parts: Readonly<Record<string, string>> = {},
): readonly string[] {
  const sources: Sources = JSON.parse(readFileSync(join(folder, name, 'sources.json'), 'utf8'));
  const figures = Object.entries(sources.figures).flatMap(([file, digest]) => {
    const path = join(folder, file);
    if (!existsSync(path)) return [`${file} is missing`];
    return digestOf(path) === digest ? [] : [`${file} is not the picture that was written`];
  });
  const document = readFileSync(join(folder, `${name}.md`), 'utf8');
  const isTemplate = sha256(template) === sources.template;
  return [
    ...(sha256(document) === sources.document ? [] : [`${name}.md is not what was written`]),
    ...(isTemplate ? [] : ['the template is not the one that was filled']),
    ...Object.entries(parts).flatMap(([input, text]) =>
      sha256(text) === sources.parts[input]?.template
        ? []
        : [`the template of its ${input} is not the one that was filled`],
    ),
    ...(!isTemplate || refill(parseTemplate(template, `${name}.md`), sources.places) === document
      ? []
      : [`${name}.md says other than its sources`]),
    ...figures,
  ];
}
