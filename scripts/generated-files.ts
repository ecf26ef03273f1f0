import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { kindsMarkdown, settingsTable } from '../src/cli/support/kinds-markdown.ts';
import { describeSettings } from '../src/engine/config/schema/describe-settings.ts';
import { extendsShape, pipelineShape, stageShape } from '../src/engine/config/schema/yaml-keys.ts';
import { type CodeRow, fileCodes, projectCodes } from '../src/engine/diagnostics/codes.ts';
import { markdownTable } from '../src/markdown-table.ts';
import { editorSchema } from '../src/project/editor-schema.ts';
import { kinds } from '../stages/index.ts';
import { licencesPage } from './licences.ts';
import { questionsOf, questionsTable } from './report-page.ts';

export const inRepository = (path: string): string =>
  fileURLToPath(new URL(`../${path}`, import.meta.url));

/**
 * The generated files by path: the schema for editors, the reference of kinds, the licences, and
 * the pages of the pipeline file, of mistakes and of the report, in which only the tables are
 * generated.
 */
export async function generatedFiles(): Promise<Readonly<Record<string, string>>> {
  const specs = Object.values(kinds).map(({ spec }) => spec);
  const file = z.strictObject({ extends: extendsShape.optional(), ...pipelineShape.shape });
  return {
    'pipeline.schema.json': editorSchema(specs),
    'docs/kinds.md': kindsMarkdown(specs),
    'docs/licences.md': licencesPage(readFileSync(inRepository('package-lock.json'), 'utf8')),
    'docs/yaml.md': withTables('docs/yaml.md', {
      file: settingsTable(describeSettings(file), 'key'),
    }),
    'docs/stages.md': withTables('docs/stages.md', {
      stage: settingsTable(describeSettings(stageShape), 'key'),
    }),
    'docs/diagnostics.md': withTables('docs/diagnostics.md', { codes: codesTable(fileCodes) }),
    'docs/project-mistakes.md': withTables('docs/project-mistakes.md', {
      codes: codesTable(projectCodes),
    }),
    'docs/report.md': withTables('docs/report.md', {
      questions: questionsTable(await questionsOf(inRepository('.'))),
    }),
  };
}

function codesTable(codes: Readonly<Record<string, CodeRow>>): string {
  const rows = Object.entries(codes).map(([code, { means, advice, severity }]) => [
    `\`${code}\``,
    severity === 'warning' ? `${means} This is a warning.` : means,
    advice,
  ]);
  return markdownTable(['code', 'what it means', 'what to do'], rows);
}

/** A page with each table between its marks: `<!-- generated: stage -->` and `<!-- end -->`. */
function withTables(path: string, tables: Readonly<Record<string, string>>): string {
  const page = readFileSync(inRepository(path), 'utf8');
  return Object.entries(tables).reduce((text, [name, table]) => {
    const block = new RegExp(`(?<=<!-- generated: ${name} -->\n)[^]*?(?=<!-- end -->)`);
    if (!block.test(text)) throw new Error(`${path} has no markers for the table of the ${name}`);
    return text.replace(block, () => `\n${table}\n\n`);
  }, page);
}
