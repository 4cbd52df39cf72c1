// SPDX-License-Identifier: Apache-2.0
// The core in a real browser without the user interface: an empty page with src/client.ts, for tests of storage, tabs and transport.
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { stripTypeScriptTypes } from 'node:module';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const SOURCES = new URL('../../../web/wasm/src/', import.meta.url);
const PAGE = `<!doctype html><title>core</title><link rel="icon" href="data:,"><script type="module">
import { connect } from '/client.ts';
const wanted = new URLSearchParams(location.search).get('storage');
window.coreStatus = null;
window.core = connect({ worker: () => new Worker('/worker.ts', { type: 'module' }), wasm: '/kith.wasm', ...(wanted ? { storage: wanted } : {}) });
core.on((event) => { if (event.type === 'status') window.coreStatus = event; else if (event.type === 'trouble') window.trouble = event.problem; });
</script>`;

/** Serves it on every interface. Returns {local, lan, close}: lan is an address that no browser takes for secure, or null. */
export async function servePage() {
  const wasm = await readFile(process.env.KITH_WASM);
  const server = createServer((request, response) => {
    void answer(request.url, wasm).then(({ type, body }) => response.writeHead(200, { 'content-type': type }).end(body), () => response.writeHead(404).end());
  });
  await new Promise((resolve) => server.listen(0, resolve));
  const { port } = server.address();
  const lan = Object.values(networkInterfaces()).flat().find((one) => one.family === 'IPv4' && !one.internal)?.address;
  return {
    local: `http://localhost:${port}/`,
    lan: lan ? `http://${lan}:${port}/` : null,
    close: () => new Promise((resolve) => { server.closeAllConnections(); server.close(resolve); }),
  };
}

async function answer(url, wasm) {
  const { pathname } = new URL(url, 'http://x');
  if (pathname === '/') return { type: 'text/html', body: PAGE };
  if (pathname === '/kith.wasm') return { type: 'application/wasm', body: wasm };
  if (!/^\/[a-z_]+\.ts$/.test(pathname)) throw new Error(pathname);
  const source = await readFile(new URL(`.${pathname}`, SOURCES), 'utf8');
  return { type: 'text/javascript', body: stripTypeScriptTypes(source, { mode: 'transform' }) };
}

/** A browser on a profile that outlives it; kill() is a power cut for every page in it. */
export class Browser {
  static #running = new Set();

  /** For the end of a test that has failed. */
  static async killAll() {
    for (const browser of Browser.#running) await browser.kill();
  }

  static async open(profile) {
    const browser = new Browser();
    browser.process = spawn(process.env.CHROMIUM ?? '/usr/bin/chromium', ['--headless=new', '--no-sandbox', '--no-first-run', '--disable-gpu',
      '--remote-debugging-port=0', `--user-data-dir=${profile}`, 'about:blank'], { stdio: ['ignore', 'ignore', 'pipe'], detached: true });
    const address = await new Promise((resolve, reject) => {
      let text = '';
      browser.process.stderr.on('data', (chunk) => {
        text += chunk;
        const found = /DevTools listening on (ws:\S+)/.exec(text);
        if (found) resolve(found[1]);
      });
      browser.process.once('exit', (code) => reject(new Error(`chromium ended with ${code}: ${text}`)));
    });
    browser.remote = await chromium.connectOverCDP(address);
    browser.context = browser.remote.contexts()[0];
    Browser.#running.add(browser);
    return browser;
  }

  /** A page with a core that has said how it is. */
  async page(url) {
    const page = await this.context.newPage();
    page.on('console', (message) => { if (message.type() === 'error') console.error(`page: ${message.text()}`); });
    await page.goto(url);
    await page.waitForFunction(() => window.coreStatus || window.trouble);
    return page;
  }

  kill() {
    Browser.#running.delete(this);
    const ended = new Promise((resolve) => this.process.once('exit', resolve));
    process.kill(-this.process.pid, 'SIGKILL');
    return ended;
  }

  async close() {
    await this.kill();
  }
}

/** A profile that is gone when `use` is done. */
export async function withProfile(use) {
  const profile = await mkdtemp(join(tmpdir(), 'kith-profile-'));
  try {
    return await use(profile);
  } finally {
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

export const call = (page, name, args = {}) => page.evaluate(([one, its]) => window.core.call(one, its), [name, args]);
