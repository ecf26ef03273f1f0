// Writes docs/front.webp, the first picture of the site: three live pages in one scale, of the
// gallery's project. First npx restage run gallery.yaml Then start a training anew, so that one
// page shows a run under way, and this beside it: npx restage run gallery.yaml 'fit[seed=9]'
// --force 'fit[seed=9]' node --import tsx scripts/site/write-front-picture.ts
import sharp from 'sharp';
import { LocalStore } from '../../src/engine/store/local-store.ts';
import { OpenedProject } from '../../src/project/opened-project.ts';
import { serveProject } from '../../src/project/serve-project.ts';
import { BrowserPage } from '../../test/support/browser.ts';
import { inRepository } from '../generated-files.ts';

/** All in pixels, of the screen as of the picture. */
const width = 1640;
const height = 1024;
const gap = 16;
const leftWidth = 900;
const rightWidth = width - leftWidth - gap;
/** Above what a picture begins with. */
const margin = 14;
const tableHeight = 690;
/** Images that the first model calls right and the second one wrong. */
const disagreements = encodeURIComponent('split=test right=yes right2=no');

/** A page of the server, and where its picture lies. */
interface Shot {
  readonly path: string;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** What the picture begins with; absent: the page's beginning. */
  readonly from?: string;
}

const root = inRepository('.');
await using project = new OpenedProject(root);
const runs = new LocalStore(root, () => {}).runsOf('gallery');
const ended = runs.flatMap((run) => {
  const record = run.readRecord();
  return record === undefined ? [] : [{ id: run.id, stages: Object.keys(record.stages).length }];
});
const whole = ended.toSorted((one, other) => other.stages - one.stages)[0]!.id;
const live = runs.find((run) => run.readRecord() === undefined)?.id ?? whole;
const shots: readonly Shot[] = [
  // First, while the run is under way.
  { path: `/run/${live}`, left: leftWidth + gap, top: 0, width: rightWidth, height },
  {
    path: '/?rows=members&q=jpeg.test.auc%3E0',
    left: 0,
    top: 0,
    width: leftWidth,
    height: tableHeight,
  },
  {
    path: `/images?run=${whole}&stage=scores[seed=7]&other=${whole}:small-scores&q=${disagreements}`,
    left: 0,
    top: tableHeight + gap,
    width: leftWidth,
    height: height - tableHeight - gap,
    from: 'img',
  },
];

const server = await serveProject(project, { port: 0 });
const pictures = [];
for (const { path, left, top, from, ...viewport } of shots) {
  await using opened = await BrowserPage.open(server.address, { viewport });
  await opened.page.goto(new URL(path, server.address).href);
  await opened.page.waitForTimeout(5000);
  // The name of the folder is that of whoever takes the picture.
  await opened.page.addStyleTag({ content: '.project { visibility: hidden; }' });
  if (from !== undefined) {
    const box = await opened.page.locator(from).first().boundingBox();
    await opened.page.mouse.wheel(0, box!.y - margin);
  }
  await opened.page.waitForTimeout(500);
  pictures.push({ input: await opened.page.screenshot(), left, top });
}
await server.close();
await sharp({ create: { width, height, channels: 3, background: '#dfe3e8' } })
  .composite(pictures)
  .webp({ quality: 80, effort: 6 })
  .toFile(inRepository('docs/front.webp'));

// On a phone, the whole would be too small to read: the live chart, above four columns of images.
const narrow = { width: 526, height: 630 };
const part = (left: number, top: number, width: number, height: number) =>
  sharp(inRepository('docs/front.webp')).extract({ left, top, width, height }).png().toBuffer();
await sharp({ create: { ...narrow, channels: 3, background: '#dfe3e8' } })
  .composite([
    { input: await part(940, 604, 526, 382), left: 0, top: 0 },
    { input: await part(28, 719, 480, 236), left: 23, top: 388 },
  ])
  .webp({ quality: 80, effort: 6 })
  .toFile(inRepository('docs/front-narrow.webp'));
