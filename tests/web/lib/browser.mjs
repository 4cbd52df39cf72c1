// SPDX-License-Identifier: Apache-2.0
// Debian's Chromium, driven by Playwright; and what every test of a page does with it.
import { chromium } from 'playwright-core';
import { mkdtemp, rm } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WAIT_MS } from './houses.mjs';

const OPTIONS = { executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] };
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

function patient(context) {
  context.setDefaultTimeout(WAIT_MS);
  return context;
}

/** One browser for contexts that keep nothing. `use(browser)`. */
export async function chromiumBrowser(use) {
  const browser = await chromium.launch(OPTIONS);
  try {
    return await use({
      context: async (options = {}) => patient(await browser.newContext({ viewport: { width: 390, height: 844 }, locale: 'en-GB', ...options })),
    });
  } finally {
    await browser.close();
  }
}

/** Somebody's browser with a profile on disk, which can be closed, killed and opened again. */
export class Profile {
  #folder;
  #options;
  context = null;

  static async make(options = {}) {
    const profile = new Profile();
    profile.#folder = await mkdtemp(join(tmpdir(), 'kith-profile-'));
    profile.#options = { viewport: { width: 390, height: 844 }, locale: 'en-GB', ...options };
    return profile;
  }

  /** A page that is already open when the browser is. */
  async open() {
    this.context = patient(await chromium.launchPersistentContext(this.#folder, { ...OPTIONS, ...this.#options }));
    const page = this.context.pages()[0] ?? await this.context.newPage();
    page.troubles = troublesOf(page);
    return page;
  }

  async close() {
    await this.context?.close();
    this.context = null;
  }

  /** As the power goes: no page hears of it. */
  async kill() {
    const { pid } = await this.#process();
    process.kill(pid, 'SIGKILL');
    await this.context.close().catch(() => undefined);
    this.context = null;
  }

  /** The browser's own process, as it says itself. */
  async #process() {
    const session = await this.context.browser().newBrowserCDPSession();
    const { processInfo } = await session.send('SystemInfo.getProcessInfo');
    return { pid: processInfo.find((one) => one.type === 'browser').id };
  }

  async remove() {
    await this.close();
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** What the page complains about, as it comes: errors thrown and errors logged (also of the content security policy). A server that is
 *  away on purpose is no error of the page. */
export function troublesOf(page) {
  const troubles = [];
  page.on('pageerror', (error) => troubles.push(String(error)));
  page.on('console', (line) => {
    if (line.type() === 'error' && !/net::ERR_|WebSocket connection to/.test(line.text())) troubles.push(line.text());
  });
  return troubles;
}

/** The violations of axe on the page as it is, each in a line. The window is as tall as the page: a sticky bar always covers whatever lies
 *  at the fold, and what is covered is no target. */
export async function violations(page) {
  const { width, height } = page.viewportSize();
  const tall = await page.evaluate(() => document.documentElement.scrollHeight);
  await page.setViewportSize({ width, height: Math.min(16_000, Math.max(height, tall)) });
  await page.evaluate(axe);
  const found = await page.evaluate(async () => {
    const { violations } = await globalThis.axe.run(document, { resultTypes: ['violations'] });
    return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(' ')}: ${node.failureSummary.split('\n')[1]?.trim() ?? ''}`));
  });
  await page.setViewportSize({ width, height });
  return found;
}

/** By how many pixels the page can be scrolled sideways. */
export const sideways = (page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
