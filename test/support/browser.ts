import { existsSync } from 'node:fs';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

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

/**
 * A page in a browser of its own, with its complaints and requests. A page from a file is offline.
 */
export class BrowserPage implements AsyncDisposable {
  readonly page: Page;
  readonly complaints: string[] = [];
  readonly requests: string[] = [];
  readonly #browser: Browser;

  private constructor(browser: Browser, page: Page) {
    this.#browser = browser;
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
    if (executablePath === undefined) throw new Error('There is no Chromium here');
    const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
    const context = await browser.newContext({
      offline: !isServed,
      viewport: { width: 1280, height: 800 },
      ...options,
    });
    const opened = new BrowserPage(browser, await context.newPage());
    await opened.page.goto(isServed ? address : `file://${address}`);
    return opened;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
  }
}
