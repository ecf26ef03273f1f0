// The site is built in a copy of the repository, as whoever publishes it builds it, and read in a
// browser.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, posix, relative } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { serveSite } from '../scripts/site/serve-site.ts';
import { Manual } from '../src/reporting/manual/manual.ts';
import { kinds } from '../stages/index.ts';
import { BrowserPage, noBrowser } from './support/browser.ts';
import { inRepository } from './support/pages.ts';
import { noRegistry } from './support/registry.ts';
import { smallest } from './support/study-project.ts';
import { writeFiles } from './support/temporary-folder.ts';

/** Where the site lies on its server, as on GitHub Pages. */
const base = '/restage/';

/** What the copy lacks: what a clone has not, but for `dist/`. */
const leftOut = /^(node_modules|\.git|cache|artifacts|site|scripts\/site\/(pages|node_modules))$/;

suite('the site', { skip: noRegistry ?? noBrowser }, () => {
  const clone = mkdtempSync(join(tmpdir(), 'restage-site-'));
  const site = join(clone, 'site');
  let files: readonly string[];
  let server: Awaited<ReturnType<typeof serveSite>>;

  before(async () => {
    const root = inRepository('.');
    cpSync(root, clone, {
      recursive: true,
      filter: (path) => !leftOut.test(relative(root, path)),
    });
    symlinkSync(inRepository('node_modules'), join(clone, 'node_modules'));
    // The study at its smallest, in place of minutes.
    cpSync(join(clone, 'pipelines/study.yaml'), join(clone, 'pipelines/whole-study.yaml'));
    writeFiles(clone, {
      'pipelines/study.yaml': smallest.replace('study.yaml', 'whole-study.yaml'),
    });
    execFileSync('npm', ['run', 'site'], {
      cwd: clone,
      env: { ...process.env, SITE_BASE: base },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    files = readdirSync(site, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.html'),
    );
    server = await serveSite(site, base);
  });
  after(() => {
    server?.close();
    rmSync(clone, { recursive: true, force: true });
  });

  const html = (file: string): string => readFileSync(join(site, file), 'utf8');

  test('it has a page for each page of the documentation, each kind, the API and the schema', () => {
    const { pages } = new Manual(inRepository('.'));
    const wanted = [
      'index',
      'schema',
      'api/index',
      'api/python',
      ...pages.map(({ address }) => address),
      ...Object.keys(kinds).map((kind) => `kinds/${kind}`),
    ];
    assert.deepEqual(
      wanted.filter((page) => !files.includes(`${page}.html`)),
      [],
    );
    for (const { address, title } of pages) {
      const heading = /<title>([^<]*)<\/title>/.exec(html(`${address}.html`))?.[1];
      assert.equal(decoded(heading!), title === 'Restage' ? title : `${title} | Restage`);
    }
  });

  test('every link and picture of it leads to what is there, and every anchor to its heading', () => {
    const anchors = new Map(files.map((file) => [file, anchorsIn(html(file))]));
    const wrong: string[] = [];
    let count = 0;
    for (const file of files) {
      for (const [, name, target] of html(file).matchAll(/ (href|src)="([^"]*)"/g)) {
        if (/^(https?:|data:|mailto:)/.test(target!)) continue;
        count += 1;
        const [path, anchor] = decoded(target!).split('#');
        const to = path === '' ? file : fileOf(path!, file);
        const leads =
          to !== undefined &&
          existsSync(join(site, to)) &&
          (name === 'src' || !anchor || anchors.get(to)?.has(decodeURIComponent(anchor)));
        if (!leads) wrong.push(`${file}: ${target}`);
      }
    }
    assert.deepEqual(wrong, []);
    assert.ok(count > 5000, `${count} links`);
  });

  test('its search finds a page by a word of its text, without another server', async () => {
    await using opened = await BrowserPage.open(`http://127.0.0.1:${server.port}${base}`);
    const { page, requests, complaints } = opened;
    await page.keyboard.press('Control+k');
    await page.locator('#localsearch-input').fill('detached run');
    await page.locator('#localsearch-list a[href*="cluster"]').first().click();
    await page.waitForURL(/cluster/);
    assert.match((await page.locator('h1').textContent())!, /cluster/i);
    assert.deepEqual(
      requests.filter((url) => !url.startsWith(`http://127.0.0.1:${server.port}${base}`)),
      [],
    );
    assert.deepEqual(complaints, []);
  });

  test('no page is wider than a phone, and none makes the browser complain', async () => {
    await using opened = await BrowserPage.open(`http://127.0.0.1:${server.port}${base}`, {
      viewport: { width: 360, height: 740 },
    });
    const { page, complaints } = opened;
    const wide: string[] = [];
    for (const file of files.filter((file) => !file.startsWith('drawn-faces/'))) {
      await page.goto(`http://127.0.0.1:${server.port}${base}${file}`);
      const width = await page.evaluate<number>('document.documentElement.scrollWidth');
      if (width > 360) wide.push(`${file}: ${width}`);
    }
    assert.deepEqual({ wide, complaints }, { wide: [], complaints: [] });
  });
});

/** The file of the site that a path on one of its pages names; undefined for one outside. */
function fileOf(path: string, from: string): string | undefined {
  const absolute = posix.resolve(base, posix.dirname(from), path);
  if (`${absolute}/` === base) return 'index.html';
  return absolute.startsWith(base) ? absolute.slice(base.length) : undefined;
}

const anchorsIn = (page: string): ReadonlySet<string> =>
  new Set(Array.from(page.matchAll(/ id="([^"]*)"/g), ([, anchor]) => decoded(anchor!)));

const decoded = (text: string): string =>
  text
    .replaceAll('&amp;', '&')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>');
