// SPDX-License-Identifier: Apache-2.0
// The little of WebDriver (w3c.github.io/webdriver) that a smoke run in WebKit needs: Debian's webkit2gtk-driver with its MiniBrowser, under
// a virtual screen, because MiniBrowser has no headless mode.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { rest, until } from './houses.mjs';

const DRIVER = '/usr/bin/WebKitWebDriver';
const BROWSERS = ['x86_64', 'aarch64'].map((machine) => `/usr/lib/${machine}-linux-gnu/webkit2gtk-4.1/MiniBrowser`);

/** Null when it is not installed. */
export const webkitBrowser = () => existsSync(DRIVER) ? BROWSERS.find(existsSync) ?? null : null;

const freePort = () => new Promise((resolve) => {
  const server = createServer().listen(0, '127.0.0.1', () => {
    const { port } = server.address();
    server.close(() => resolve(port));
  });
});

export class WebKit {
  #process;
  #base;
  #session;

  static async launch() {
    const webkit = new WebKit();
    const port = await freePort();
    webkit.#base = `http://127.0.0.1:${port}`;
    webkit.#process = spawn('xvfb-run', ['-a', DRIVER, `--port=${port}`], { stdio: 'ignore', detached: true });
    await until(() => fetch(`${webkit.#base}/status`).then((answer) => answer.ok, () => false), 'WebKitWebDriver answers');
    const { sessionId } = await webkit.#post('/session', { capabilities: { alwaysMatch: {
      browserName: 'MiniBrowser', 'webkitgtk:browserOptions': { binary: webkitBrowser(), args: ['--automation'] } } } });
    webkit.#session = `/session/${sessionId}`;
    return webkit;
  }

  async #post(path, body) {
    const answer = await fetch(this.#base + path, { method: 'POST', body: JSON.stringify(body) });
    const { value } = await answer.json();
    if (!answer.ok) throw new Error(`WebKit: ${value.error}: ${value.message}`);
    return value;
  }

  goto(url) { return this.#post(`${this.#session}/url`, { url }); }
  reload() { return this.#post(`${this.#session}/refresh`, {}); }

  async evaluate(expression) {
    const script = `const done = arguments[arguments.length - 1];
      Promise.resolve().then(() => (${expression})).then((value) => done({ value }), (error) => done({ error: String(error) }));`;
    const { value, error } = await this.#post(`${this.#session}/execute/async`, { script, args: [] });
    if (error) throw new Error(error);
    return value ?? null;
  }

  until(expression, what) { return until(() => this.evaluate(expression), `WebKit: ${what}`); }

  async type(selector, text) {
    const found = await this.#post(`${this.#session}/element`, { using: 'css selector', value: selector });
    await this.#post(`${this.#session}/element/${Object.values(found)[0]}/value`, { text });
  }

  async close() {
    await fetch(this.#base + this.#session, { method: 'DELETE' });
    process.kill(-this.#process.pid);
    await rest(0);
  }
}
