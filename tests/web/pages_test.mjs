// SPDX-License-Identifier: Apache-2.0
// Every route in both themes, on a phone and a desktop, over the made-up core (so that every part has something in it): nothing for axe
// to complain about, no error, nothing sideways at 320 px in either language. $KITH_FIXTURE is where `npm run build:fixture` put the page.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { chromiumBrowser, sideways, troublesOf, violations } from './lib/browser.mjs';
import { serveFolder } from './lib/static.mjs';

const ROUTES = [
  '/', '/?category=House', '/t/bicycles', '/t/bicycles#hostile', '/new', '/search', '/search?q=ladder', '/drafts', '/notes', '/me', '/settings', '/i?phase=empty#open', '/i#spent', '/i#expired', '/i#unknown', '/i#member', '/i#open', '/begin?phase=empty',
  '/?phase=alone', '/belong?phase=empty', '/secure', '/market', '/market/new', '/market/sewing', '/market/bike', '/market/oven', '/market/car', '/market/oven/edit', '/people', '/mine', '/mine/words', '/mine/link', '/about',
];
/** What must be pressed to see more: a route and the buttons on it. */
const OPENED = [
  ['/', ['More about the notice by Mira']], ['/t/bicycles', ['More about the notice by Tomasz']], ['/t/bicycles', ['More about the reply by Rosa', 'Everybody can see what was changed']],
  ['/market/oven', ['Promise it to Priya']], ['/market/oven', ['Take it down']], ['/people', ['Invite a neighbour']], ['/people', ['Invite a neighbour', 'Make the invitation']],
  ['/mine/words', ['Show the words']], ['/mine/words', ['Show the words', 'I have written them down']], ['/mine', ['Remove']], ['/mine', ['Where copies are']],
  ['/mine', ['What has left, and when']], ['/t/bicycles', ['Reply']],
];

let server;
before(async () => { server = await serveFolder(process.env.KITH_FIXTURE); });
after(() => server.close());

async function show(page, route) {
  await page.goto('about:blank');
  await page.goto(server.url + route);
  await settled(page);
}

/** The made-up core answers at once: two frames after the title everything stands. */
async function settled(page) {
  await page.locator('h1').first().waitFor();
  await page.evaluate(async () => {
    await document.fonts.ready;
    for (let i = 0; i < 4; i++) await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 20)));
  });
}

test('of several places one is chosen, and the others are named', async () => chromiumBrowser(async (browser) => {
  const context = await browser.context({ viewport: { width: 390, height: 844 }, serviceWorkers: 'block', reducedMotion: 'reduce' });
  const page = await context.newPage();
  const troubles = troublesOf(page);
  await show(page, '/belong?phase=empty');
  const words = 'legal winner thank year wave sausage worth useful legal winner thank yellow'.split(' ');
  for (const [i, word] of words.entries()) await page.getByLabel(`Word ${i + 1}`, { exact: true }).fill(word);
  await page.getByLabel('Where your neighbours can be found').fill('https://houses.example/several');
  await page.getByRole('button', { name: 'Bring everything back' }).click();
  await page.getByRole('heading', { name: 'Where do you come back to?' }).waitFor();
  assert.deepEqual(await violations(page), []);
  await page.getByRole('button', { name: /Linden Row/ }).click();
  await page.getByText('You belong elsewhere, too').waitFor();
  await page.getByText('A place whose name is not known').waitFor();
  assert.deepEqual(await violations(page), []);
  assert.deepEqual(troubles, []);
}));

for (const colorScheme of ['light', 'dark']) {
  for (const [width, height] of [[390, 844], [1280, 900]]) {
    test(`axe, ${colorScheme}, ${width} px`, async () => chromiumBrowser(async (browser) => {
      const context = await browser.context({ colorScheme, viewport: { width, height }, serviceWorkers: 'block', reducedMotion: 'reduce' });
      const page = await context.newPage();
      const troubles = troublesOf(page);
      const found = [];
      for (const route of ROUTES) {
        await show(page, route);
        found.push(...(await violations(page)).map((line) => `${route}: ${line}`));
      }
      for (const [route, buttons] of OPENED) {
        await show(page, route);
        for (const name of buttons) await page.locator('button, summary').filter({ hasText: name }).first().click();
        await settled(page);
        found.push(...(await violations(page)).map((line) => `${route} ${buttons.join(', ')}: ${line}`));
      }
      assert.deepEqual(found, []);
      assert.deepEqual(troubles, []);
    }));
  }
}

for (const locale of ['en-GB', 'de-DE']) {
  test(`320 px, ${locale}: nothing sideways`, async () => chromiumBrowser(async (browser) => {
    const page = await (await browser.context({ viewport: { width: 320, height: 640 }, locale, serviceWorkers: 'block' })).newPage();
    const wide = [];
    for (const route of ROUTES) {
      await show(page, route);
      const by = await sideways(page);
      if (by > 0) wide.push(`${route}: ${by} px`);
    }
    assert.deepEqual(wide, []);
  }));

  test(`text twice as large, ${locale}: nothing sideways, on a phone and a desktop`, async () => chromiumBrowser(async (browser) => {
    const page = await (await browser.context({ viewport: { width: 390, height: 844 }, locale, serviceWorkers: 'block', bypassCSP: true })).newPage();
    const wide = [];
    for (const width of [390, 1280]) {
      await page.setViewportSize({ width, height: 844 });
      for (const route of ROUTES) {
        await show(page, route);
        await page.addStyleTag({ content: 'html { font-size: 200% }' });
        const by = await sideways(page);
        if (by > 0) wide.push(`${route} at ${width} px: ${by} px`);
      }
    }
    assert.deepEqual(wide, []);
  }));
}
