// Lighthouse's scores of the built site, served as GitHub Pages serves it, and of `restage docs`.
// First: npm run build && npm run site
// Then: node --import tsx scripts/site/lighthouse.ts
// Names of pages after it measure these alone. CHROME_PATH names the browser.
// Lighthouse needs Node 22; npx brings both. Each full report lies in the folder that it names.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startManual } from '../../src/reporting/manual/manual-server.ts';
import { inRepository } from '../generated-files.ts';
import { serveSite } from './serve-site.ts';

/** What Lighthouse writes, of which this program reads the scores. */
interface LighthouseReport {
  readonly categories: Readonly<Record<string, { readonly score: number }>>;
}

const run = promisify(execFile);
const parts = ['performance', 'accessibility', 'best-practices', 'seo'];
const presets = { phone: [], desktop: ['--preset=desktop'] };
const flags = '--headless --no-sandbox --disable-gpu --disable-background-networking';
const { base } = JSON.parse(readFileSync(inRepository('scripts/site/contents.json'), 'utf8'));
const reports = mkdtempSync(join(tmpdir(), 'lighthouse-'));
const chosen = process.argv.slice(2);

const site = await serveSite(inRepository('site'), base);
const manual = await startManual(0);
console.log(
  `| page | screen | ${parts.join(' | ')} |\n| --- | --- | ${parts.map(() => '---').join(' | ')} |`,
);
for (const page of ['index.html', 'study.html', 'kinds/train.html', 'gallery.html'])
  await measure(`site/${page}`, `http://127.0.0.1:${site.port}${base}${page}`);
for (const page of ['', 'study', 'kinds', 'gallery'])
  await measure(`restage docs: /${page}`, `${manual.address}${page}`);
await manual.close();
site.close();
console.error(`Full reports: ${reports}`);

/** Prints a line of scores for each screen. */
async function measure(name: string, address: string): Promise<void> {
  if (chosen.length > 0 && !chosen.includes(name)) return;
  for (const [screen, preset] of Object.entries(presets)) {
    const file = join(reports, `${name.replaceAll(/\W+/g, '-')}-${screen}`);
    const packages = ['-p', 'node@22', '-p', 'lighthouse@13', 'lighthouse'];
    const output = ['--output=json', '--output=html', `--output-path=${file}`];
    const words = ['--yes', ...packages, address, ...preset, ...output, '--quiet'];
    // Outside the repository, whose .npmrc refuses packages for another Node.
    await run('npx', [...words, `--chrome-flags=${flags}`], { cwd: reports });
    const { categories }: LighthouseReport = JSON.parse(
      readFileSync(`${file}.report.json`, 'utf8'),
    );
    const scores = parts.map((part) => Math.round(categories[part]!.score * 100));
    console.log(`| ${name} | ${screen} | ${scores.join(' | ')} |`);
  }
}
