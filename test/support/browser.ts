import { existsSync } from 'node:fs';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core';

/** Where a Chromium may be: the user's own variable, and the paths of Debian and others. */
const candidates = [
  process.env['CHROME'],
  '/usr/lib/chromium/chromium-headless-shell',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];
const executablePath = candidates.find(
  (candidate) => candidate !== undefined && existsSync(candidate),
);

/**
 * Why a test that needs a browser is skipped; false where there is one, or where the absence is to
 * be a failure, as in CI.
 */
export const noBrowser: string | false =
  executablePath === undefined && process.env['RESTAGE_BROWSER'] !== 'required'
    ? 'there is no Chromium here: apt-get install chromium-headless-shell fonts-dejavu-core, or set CHROME to one'
    : false;

/** The browser of this process: starting one for each story took longer than some stories. */
let shared: Promise<Browser> | undefined;
let pages = 0;
/** Milliseconds without a page after which it ends; until then the process does not. */
const patience = 500;

async function newContext(options: BrowserContextOptions): Promise<BrowserContext> {
  if (executablePath === undefined) throw new Error('There is no Chromium here');
  pages += 1;
  shared ??= chromium.launch({ executablePath, args: ['--no-sandbox'] });
  return await (await shared).newContext(options);
}

async function endContext(context: BrowserContext): Promise<void> {
  await context.close();
  pages -= 1;
  setTimeout(() => {
    if (pages > 0 || shared === undefined) return;
    shared.then((browser) => browser.close());
    shared = undefined;
  }, patience);
}

/**
 * A page with cookies, storage and settings of its own, with its complaints and requests. A page
 * from a file is offline.
 */
export class BrowserPage implements AsyncDisposable {
  readonly page: Page;
  readonly complaints: string[] = [];
  readonly requests: string[] = [];
  readonly #context: BrowserContext;

  private constructor(context: BrowserContext, page: Page) {
    this.#context = context;
    this.page = page;
    page.on('console', (message) => this.complaints.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => this.complaints.push(`uncaught: ${error.message}`));
    page.on('request', (request) => {
      if (!/^(data|blob):/.test(request.url())) this.requests.push(request.url());
    });
  }

  /** Opens a file by its path, or a page by its URL. */
  static async open(address: string, options: BrowserContextOptions = {}): Promise<BrowserPage> {
    const isServed = address.startsWith('http:');
    const context = await newContext({
      offline: !isServed,
      viewport: { width: 1280, height: 800 },
      ...options,
    });
    const opened = new BrowserPage(context, await context.newPage());
    try {
      await opened.page.goto(isServed ? address : `file://${address}`);
    } catch (error) {
      await endContext(context); // or its process would wait for it
      throw error;
    }
    return opened;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await endContext(this.#context);
  }
}
