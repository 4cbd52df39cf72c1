// SPDX-License-Identifier: Apache-2.0
// The shell on the device, over the made-up core: there without its host, changed only by a press on Update, never by what is not what
// was announced; and what people write can do nothing. $KITH_FIXTURE is the page as `vite build --mode fixture` made it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { chromiumBrowser, troublesOf } from './lib/browser.mjs';
import { serveFolder } from './lib/static.mjs';

const pack = new URL('../../web/ui/tools/pack.mjs', import.meta.url).pathname;
let folder;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kith-shell-'));
  await cp(process.env.KITH_FIXTURE, folder, { recursive: true });
  execFileSync(process.execPath, [pack, folder]);
});
after(() => rm(folder, { recursive: true }));

/** The same shell with another title, complete with its list and worker. `spoil` changes a file afterwards. */
async function another(use, spoil = false) {
  const shell = JSON.parse(await readFile(join(folder, 'shell.json'), 'utf8'));
  const page = await readFile(join(folder, 'index.html'), 'utf8');
  const made = await mkdtemp(join(tmpdir(), 'kith-shell-'));
  try {
    await cp(folder, made, { recursive: true });
    const sha256 = async (bytes) => Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(bytes))).toString('hex');
    const newer = page.replace('<div id="app">', '<div id="app" data-newer>');
    shell.files['/index.html'] = await sha256(newer);
    const list = JSON.stringify(shell);
    await writeFile(join(made, 'index.html'), spoil ? newer.replace('data-newer', 'data-other') : newer);
    await writeFile(join(made, 'shell.json'), list);
    const worker = await readFile(join(folder, 'sw.js'), 'utf8');
    await writeFile(join(made, 'sw.js'), worker.replace(/'[0-9a-f]{64}'/, `'${await sha256(list)}'`));
    return await use(made);
  } finally {
    await rm(made, { recursive: true });
  }
}

/** A page whose shell is on the device, and the server that it came from. */
async function kept(use) {
  const server = await serveFolder(folder);
  try {
    await chromiumBrowser(async (browser) => {
      const page = await (await browser.context()).newPage();
      await page.goto(server.url);
      await page.waitForFunction(async () => (await navigator.serviceWorker.ready).active.state === 'activated' && navigator.serviceWorker.controller !== null);
      await use(page, server);
    });
  } finally {
    await server.close();
  }
}

test('the shell outlives its host, at every path', () => kept(async (page, server) => {
  await server.close();
  for (const [path, there] of [['/', '.note'], ['/notes', 'textarea'], ['/search?q=first', 'mark'], ['/market', 'h1'], ['/mine/words', 'h1']]) {
    await page.goto(server.url + path);
    await page.locator(there).first().waitFor();
  }
}));

test('a newer shell waits for Update, over reloads, and is then the page', () => kept(async (page, server) => another(async (newer) => {
  server.serve(newer);
  const isNewer = () => page.locator('#app[data-newer]').count();
  await page.evaluate(async () => (await navigator.serviceWorker.ready).update());
  await page.getByRole('button', { name: 'Update' }).waitFor();
  await page.reload();
  await page.getByRole('button', { name: 'Update' }).waitFor();
  assert.equal(await isNewer(), 0);
  await page.getByRole('button', { name: 'Update' }).click();
  await page.locator('#app[data-newer]').waitFor({ state: 'attached' });
  await page.locator('.note').first().waitFor();
  assert.equal(await page.getByRole('button', { name: 'Update' }).count(), 0);
})));

test('a file that is not what was announced is never taken', () => kept(async (page, server) => another(async (spoilt) => {
  server.serve(spoilt);
  const state = await page.evaluate(async () => {
    const registration = await navigator.serviceWorker.ready;
    const ended = new Promise((resolve) => registration.addEventListener('updatefound', () => {
      const { installing } = registration;
      installing.addEventListener('statechange', () => ['redundant', 'activated'].includes(installing.state) && resolve(installing.state));
    }));
    await registration.update().catch(() => undefined);
    return ended;
  });
  assert.equal(state, 'redundant');
  await page.reload();
  await page.locator('.note').first().waitFor();
  assert.equal(await page.locator('#app[data-newer], #app[data-other]').count(), 0);
}, true)));

test('hostile text, links and pictures can do nothing', async () => {
  const server = await serveFolder(folder);
  try {
    await chromiumBrowser(async (browser) => {
      const page = await (await browser.context({ serviceWorkers: 'block' })).newPage();
      const asked = [];
      page.on('request', (request) => asked.push(new URL(request.url()).hostname));
      const troubles = troublesOf(page);
      await page.goto(`${server.url}/#hostile`);
      const card = page.locator('.note').filter({ hasText: 'press me' }).first();
      await card.locator('.marked strong').waitFor();
      assert.deepEqual(await card.locator('script, .say img, form, input, [style], [onerror], .say svg').all(), []);
      const links = await card.locator('.say a').evaluateAll((all) => all.map((link) => [link.getAttribute('href'), link.rel]));
      assert.deepEqual(links, [['https://elsewhere.example/track.png', 'noopener noreferrer'], ['https://elsewhere.example/bank', 'noopener noreferrer']]);
      assert.match(await card.innerText(), /bank \(elsewhere\.example\)/);
      assert.match(await card.innerText(), /<script>/);
      assert.notEqual(await page.title(), 'taken');
      assert.deepEqual([...new Set(asked)].filter((host) => host && host !== 'localhost'), []);
      assert.deepEqual(troubles.filter((line) => !/Service Worker/.test(line)), []);
    });
  } finally {
    await server.close();
  }
});
