import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import sharp from 'sharp';
import { chapters } from '../scripts/gallery/figures.ts';
import { galleryPage, pictureOf } from '../scripts/gallery/gallery-page.ts';
import { headingAnchor } from '../src/reporting/manual/heading-anchor.ts';
import { Manual } from '../src/reporting/manual/manual.ts';
import { manualGroups, manualPages } from '../src/reporting/manual/manual-pages.ts';
import { manualApp } from '../src/reporting/manual/manual-server.ts';
import { pictureSize } from '../src/reporting/manual/picture-size.ts';
import { searchManual } from '../src/reporting/manual/search-manual.ts';
import { inRepository, read } from './support/pages.ts';

const manual = new Manual(inRepository('.'));

test('every page for users is in one group of the documentation, with an address and a title of its own', () => {
  const docs = readdirSync(inRepository('docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`);
  assert.deepEqual(
    docs.filter((page) => !manualPages.includes(page)),
    [],
  );
  assert.equal(new Set(manualPages).size, manualPages.length);
  assert.deepEqual(
    manualGroups.map(({ title }) => title),
    ['First steps', 'Learn', 'Cookbook', 'Reference', 'Internals', 'Study on photographs'],
  );
  for (const key of ['address', 'title'] as const) {
    const values = manual.pages.map((page) => page[key]);
    assert.deepEqual(
      values.filter((value, index) => values.indexOf(value) !== index),
      [],
    );
  }
});

/** Links and pictures of a page, code left out. */
function targetsOf(file: string) {
  const text = read(file)
    .replaceAll(/^```[\s\S]*?^```$/gm, '')
    .replaceAll(/^ {4}.*$/gm, '')
    .replaceAll(/`[^`\n]*`/g, 'code');
  return Array.from(
    text.matchAll(/(!?)\[((?:[^[\]]|\[[^\]]*\])*)\]\(([^)\s]*)\)/g),
    ([, bang, label, target]) => ({
      isPicture: bang === '!',
      label: label!,
      target: target!,
    }),
  );
}

test('every link of the documentation leads to a page and to a heading of it; every picture is there, and says what it shows', () => {
  const mistakes: string[] = [];
  let count = 0;
  for (const page of manual.pages) {
    const link = manual.linksOf(page);
    for (const { isPicture, label, target } of targetsOf(page.file)) {
      if (/^https?:/.test(target)) continue;
      count += 1;
      const to = target.startsWith('#') ? `/${page.address}${target}` : link(target);
      if (isPicture && (to === undefined || label.trim() === ''))
        mistakes.push(`${page.file}: picture ${target}`);
      if (isPicture || to === undefined) continue;
      const [address, anchor] = to.slice(1).split('#');
      const there = manual.page(address!);
      if (there === undefined || (anchor !== undefined && !there.anchors.has(anchor)))
        mistakes.push(`${page.file}: ${target}`);
    }
  }
  assert.ok(count > 250, `${count} links`);
  assert.deepEqual(mistakes, []);
});

test('a page is served with its contents, its neighbours and its tables, without a script, a request elsewhere or a mark of Markdown', async () => {
  const app = manualApp(manual);
  for (const { address, title, file } of manual.pages) {
    const response = await app.request(`/${address}`);
    assert.equal(response.status, 200, address);
    assert.match(response.headers.get('content-security-policy')!, /^default-src 'none'/);
    const page = await response.text();
    assert.ok(page.includes('aria-current="page"'), address);
    assert.ok(!/<script|<iframe/.test(page), address);
    assert.equal(page.match(/<h1 /g)?.length, 1, `${file}: ${title}`);
    const ids = Array.from(page.matchAll(/ id="([^"]+)"/g), ([, id]) => id!);
    assert.deepEqual(
      ids.filter((id, index) => ids.indexOf(id) !== index),
      [],
      address,
    );
    const outsideCode = page.replaceAll(/<(pre|code)[\s\S]*?<\/\1>/g, '');
    assert.doesNotMatch(outsideCode, /\]\(|\*\*|^\|/m, address);
  }
  for (const address of ['index', 'readme', 'tutorial']) {
    const response = await app.request(`/${address}.html`);
    assert.equal(response.status, 200, `${address}.html, as the site has it`);
  }
  assert.equal((await app.request('/nothing')).status, 404);
  assert.equal((await app.request('/nothing.html')).status, 404);
  assert.equal((await app.request('/files/docs/overview.png')).status, 200);
  assert.equal((await app.request('/files/docs/../package.json')).status, 404);
  assert.equal((await app.request('/files/docs/study/study.restage')).status, 404);
});

test('a page keeps the place of its pictures, and a browser keeps these and the style until their bytes change', async () => {
  const app = manualApp(manual);
  for (const address of ['readme', 'gallery', 'study']) {
    const page = await (await app.request(`/${address}`)).text();
    const pictures = Array.from(
      page.matchAll(/<img src="([^"]+)" alt="[^"]+" width="(\d+)" height="(\d+)" loading="lazy">/g),
      ([, source, width, height]) => ({ source: source!, width: +width!, height: +height! }),
    );
    assert.ok(pictures.length >= 2, address);
    assert.equal(pictures.length, page.match(/<img/g)!.length, address);
    for (const { source, ...size } of pictures) {
      const sent = await app.request(source);
      assert.equal(sent.headers.get('cache-control'), 'public, max-age=31536000, immutable');
      const { width, height } = await sharp(Buffer.from(await sent.arrayBuffer())).metadata();
      assert.deepEqual(size, { width, height }, source);
    }
    const [, style] = /<link rel="stylesheet" href="([^"]+)">/.exec(page)!;
    const kept = await app.request(style!, { headers: { 'Accept-Encoding': 'gzip' } });
    assert.equal(kept.headers.get('cache-control'), 'public, max-age=31536000, immutable');
    assert.equal(kept.headers.get('content-encoding'), 'gzip');
  }
  const changed = await app.request('/manual.css?v=of-another-version');
  assert.equal(changed.headers.get('cache-control'), 'no-cache');
});

test('the size of a picture is that of its header, in each form of PNG and WebP', async () => {
  const picture = () =>
    sharp({ create: { width: 259, height: 17, channels: 4, background: '#0060a080' } });
  const forms = [
    picture().png(),
    picture().webp({ lossless: true }),
    picture().webp(),
    picture().removeAlpha().webp(),
  ];
  for (const form of forms)
    assert.deepEqual(pictureSize(await form.toBuffer()), { width: 259, height: 17 });
});

test('headings of a page go down one level at a time, and an anchor within one is no part of its own', () => {
  const mistakes = manual.pages.flatMap(({ file, blocks }) => {
    const levels = blocks.flatMap((block) => (block.kind === 'heading' ? [block.level] : []));
    return levels.some((level, at) => level > (levels[at - 1] ?? 0) + 1) ? [file] : [];
  });
  assert.deepEqual(mistakes, []);
  assert.equal(headingAnchor('The competition <a id="rank"></a>'), 'the-competition');
  assert.equal(headingAnchor('`restage model <name>`'), 'restage-model-name');
});

test('the search finds the section that explains a word, and escapes what was typed', async () => {
  const top = (query: string) =>
    searchManual(manual.pages, query)
      .slice(0, 5)
      .map(({ address }) => address);
  assert.ok(top('cross-validation').includes('/classes#cross-validation'));
  assert.ok(top('halving').some((address) => address.startsWith('/sweeps#')));
  assert.deepEqual(searchManual(manual.pages, 'words-that-no-page-has'), []);
  assert.deepEqual(searchManual(manual.pages, '  '), []);
  const page = await (await manualApp(manual).request('/search?q=%3Cb%3E')).text();
  assert.ok(page.includes('value="&#60;b&#62;"'));
});

test('the cookbook has twelve recipes of one screen', () => {
  const [, ...recipes] = read('docs/cookbook.md').split(/^## /m);
  assert.equal(recipes.length, 12);
  for (const recipe of recipes) {
    assert.ok(recipe.split('\n').length <= 45, recipe);
    assert.match(recipe, /^ {4}restage /m, recipe);
  }
});

test('the page of the gallery has the stages of its pipeline as they stand, forty figures and more', () => {
  const figures = chapters.flatMap((chapter) => chapter.figures);
  assert.ok(figures.length >= 40, `${figures.length}`);
  const page = read('docs/gallery.md');
  const written = galleryPage(read('pipelines/gallery.yaml'), (figure) => {
    const [, drawn] = page.split(`### ${figure.title}\n\n`);
    return /^[\s\S]*?(?=\n\n(?:###|```))/.exec(drawn!)![0];
  });
  assert.equal(page, written);
  for (const figure of figures)
    if (figure.form !== 'table') assert.ok(existsSync(inRepository(`docs/${pictureOf(figure)}`)));
});
