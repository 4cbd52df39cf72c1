// SPDX-License-Identifier: Apache-2.0
// The little of WebDriver BiDi (w3c.github.io/webdriver-bidi) that a smoke run needs: Playwright cannot drive Debian's Firefox, whose own
// remote agent speaks BiDi over a WebSocket without any driver between.
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const START_MS = 60_000;

/** A page of a headless Firefox with a fresh profile. `prefs` are lines of user.js. */
export class Firefox {
  #process;
  #profile;
  #socket;
  #next = 1;
  #waiting = new Map();
  context;
  /** What the page logged as errors, in order. */
  errors = [];

  static async launch(executable = 'firefox-esr') {
    const firefox = new Firefox();
    firefox.#profile = await mkdtemp(join(tmpdir(), 'kith-firefox-'));
    firefox.#process = spawn(executable, ['--headless', '--no-remote', '--profile', firefox.#profile, '--remote-debugging-port', '0', 'about:blank'],
      { stdio: ['ignore', 'pipe', 'pipe'] });
    const address = await firefox.#address();
    firefox.#socket = new WebSocket(`${address}/session`);
    await new Promise((resolve, reject) => {
      firefox.#socket.onopen = resolve;
      firefox.#socket.onerror = () => reject(new Error('Firefox does not take the BiDi connection'));
    });
    firefox.#socket.onmessage = ({ data }) => firefox.#heard(JSON.parse(data));
    await firefox.send('session.new', { capabilities: { alwaysMatch: { acceptInsecureCerts: true } } });
    await firefox.send('session.subscribe', { events: ['log.entryAdded'] });
    const { contexts } = await firefox.send('browsingContext.getTree', {});
    firefox.context = contexts[0].context;
    return firefox;
  }

  #address() {
    return new Promise((resolve, reject) => {
      let text = '';
      const late = setTimeout(() => reject(new Error(`Firefox did not say where it listens: ${text}`)), START_MS);
      const read = (chunk) => {
        text += chunk;
        const found = /WebDriver BiDi listening on (ws:\/\/\S+)/.exec(text);
        if (found) { clearTimeout(late); resolve(found[1]); }
      };
      this.#process.stderr.on('data', read);
      this.#process.stdout.on('data', read);
      this.#process.once('exit', (code) => reject(new Error(`Firefox ended with ${code}: ${text}`)));
    });
  }

  #heard(message) {
    if (message.type === 'event') {
      if (message.params.level === 'error') this.errors.push(message.params.text);
      return;
    }
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.type === 'error') waiting?.reject(new Error(`${message.error}: ${message.message}`));
    else waiting?.resolve(message.result);
  }

  send(method, params) {
    const id = this.#next++;
    this.#socket.send(JSON.stringify({ id, method, params }));
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  goto(url) { return this.send('browsingContext.navigate', { context: this.context, url, wait: 'complete' }); }
  reload() { return this.send('browsingContext.reload', { context: this.context, wait: 'complete' }); }

  /** The value of an expression in the page; promises are waited for. */
  async evaluate(expression) {
    const { result, exceptionDetails } = await this.send('script.evaluate',
      { expression: `(async () => JSON.stringify(await (${expression})) ?? null)()`, target: { context: this.context }, awaitPromise: true });
    if (exceptionDetails) throw new Error(exceptionDetails.text);
    return result.type === 'string' ? JSON.parse(result.value) : null;
  }

  async until(expression, what, ms = START_MS) {
    const end = Date.now() + ms;
    for (;;) {
      const value = await this.evaluate(expression);
      if (value) return value;
      if (Date.now() > end) throw new Error(`Firefox: did not happen: ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** Types into the element as a person does, after focusing it. */
  async type(selector, text) {
    await this.evaluate(`document.querySelector(${JSON.stringify(selector)}).focus()`);
    const actions = [...text].flatMap((value) => [{ type: 'keyDown', value }, { type: 'keyUp', value }]);
    await this.send('input.performActions', { context: this.context, actions: [{ type: 'key', id: 'keys', actions }] });
  }

  async close() {
    this.#socket.close();
    this.#process.removeAllListeners('exit');
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.kill();
    await ended;
    await rm(this.#profile, { recursive: true, force: true });
  }
}
