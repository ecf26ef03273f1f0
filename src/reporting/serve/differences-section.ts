import { formatCountOf, formatFew } from '../../format-numbers.ts';
import { changedLines, type DiffLine } from '../compare/line-differences.ts';
import { type DescribedRun, runDifferences } from '../compare/run-differences.ts';
import { type Html, html } from '../report/html.ts';
import type { Section } from '../report/page-frame.ts';
import { renderTable } from '../report/render-table.ts';
import { type DatasetDifferences, datasetDifferences } from './dataset-differences.ts';
import type { ImageStore } from './gallery-images.ts';

/** The most images that are named of each kind. */
const mostNamed = 12;

/** A run with what it is called. */
interface NamedRun extends DescribedRun {
  readonly label: string;
}

/** What differs between two runs besides numbers: YAML, code, data, versions and machines. */
export function differencesSection(first: NamedRun, second: NamedRun, images: ImageStore): Section {
  const { yaml, code, machine, commits } = runDifferences(first, second);
  const sides = [first.label, second.label] as const;
  const data = datasetDifferences(images, first, second);
  const content = [
    ...yamlDifference(yaml, sides),
    ...(code.length > 0 || commits !== undefined
      ? [html`<h3>Code</h3>`, ...codeDifference(code, sides, commits)]
      : []),
    ...(data.length > 0 ? [html`<h3>Data</h3>${data.map(dataDifference)}`] : []),
    ...(machine.length > 0
      ? [html`<h3>Versions and machines</h3>${renderTable(['', ...sides], machine)}`]
      : []),
  ];
  return { id: 'differences', title: 'What differs', content };
}

function yamlDifference(
  lines: readonly DiffLine[],
  [first, second]: readonly [string, string],
): readonly Html[] {
  if (lines.every(({ side }) => side === ' ')) return [];
  const shown = changedLines(lines).map((line) =>
    line === null
      ? html`<span class="soft">  …</span>\n`
      : html`<span class="diff${marks[line.side]}">${line.side} ${line.text}</span>\n`,
  );
  return [
    html`<h3>Pipeline</h3><p class="soft small">Stages with the settings that are not at their default: − ${first}, + ${second}.</p><pre class="card padded" tabindex="0" role="group" aria-label="Differences of the pipelines">${shown}</pre>`,
  ];
}

const marks: Readonly<Record<DiffLine['side'], string>> = { ' ': '', '-': ' out', '+': ' in' };

function codeDifference(
  code: readonly (readonly [stage: string, first: string, second: string])[],
  sides: readonly [string, string],
  commits: readonly [string, string] | undefined,
): readonly Html[] {
  return [
    ...(code.length > 0 ? [html`${renderTable(['stage', ...sides], code)}`] : []),
    ...(commits === undefined
      ? []
      : [
          html`<p>File by file: <code>git diff ${commits[0].slice(0, 12)} ${commits[1].slice(0, 12)}</code></p>`,
        ]),
  ];
}

function dataDifference({ stage, added, removed, changed }: DatasetDifferences): Html {
  const parts = Object.entries({ added, removed, changed }).filter(([, names]) => names.length > 0);
  if (parts.length === 0)
    return html`<p>${stage}: the same facts of the same images in other bytes.</p>`;
  return html`<p>${stage}:</p><ul>${parts.map(([what, names]) => html`<li>${formatCountOf(names.length, 'image')} ${what}: <span class="soft">${formatFew(names, mostNamed)}</span></li>`)}</ul>`;
}
