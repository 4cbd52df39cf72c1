// SPDX-License-Identifier: Apache-2.0
// Journeys with the keyboard alone, over the made-up core ($KITH_FIXTURE): everything can be reached, nothing traps, the focus comes back.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { chromiumBrowser } from './lib/browser.mjs';
import { serveFolder } from './lib/static.mjs';

let server;
before(async () => { server = await serveFolder(process.env.KITH_FIXTURE); });
after(() => server.close());

const TABS_MAX = 80; // more stops than any page has before its main things
const focused = (page) => page.evaluate(() => {
  const it = document.activeElement;
  return (it?.labels?.[0]?.innerText || it?.getAttribute('aria-label') || it?.innerText || it?.id || '').replace(/\s+/g, ' ').trim();
});

/** Tab until something with these words has the focus. */
async function tabTo(page, words) {
  const met = [];
  for (let i = 0; i < TABS_MAX; i++) {
    await page.keyboard.press('Tab');
    const name = await focused(page);
    if (words instanceof RegExp ? words.test(name) : name === words) return;
    met.push(name);
  }
  assert.fail(`Tab never came to ${words}; it met: ${met.join(' | ')}`);
}

async function open(browser, route) {
  const page = await (await browser.context({ viewport: { width: 1280, height: 900 }, serviceWorkers: 'block' })).newPage();
  await page.goto(server.url + route);
  await page.locator('h1').first().waitFor();
  return page;
}

test('from an invitation to the board', async () => chromiumBrowser(async (browser) => {
  const page = await open(browser, '/i?phase=empty#open');
  await tabTo(page, 'Your first name');
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type('Rosa');
  await page.keyboard.press('Enter');
  await page.waitForURL((url) => url.pathname === '/' || url.pathname === '/begin');
}));

test('a notice is written and posted; Escape closes the sheet and gives the focus back', async () => chromiumBrowser(async (browser) => {
  const page = await open(browser, '/');
  await tabTo(page, /^What should Linden Row know/);
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor();
  await page.keyboard.type('With the keyboard alone');
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  assert.match(await focused(page), /^What should Linden Row know/);
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor();
  await page.waitForFunction(() => document.querySelector('#body')?.value === 'With the keyboard alone');
  await tabTo(page, /^Post to/);
  await page.keyboard.press('Enter');
  await page.locator('.note').getByText('With the keyboard alone').waitFor();
}));

test('the first Tab skips to the page', async () => chromiumBrowser(async (browser) => {
  const page = await open(browser, '/market');
  await page.keyboard.press('Tab');
  assert.equal(await focused(page), 'Skip to the page');
  await page.keyboard.press('Enter');
  await tabTo(page, 'Offer something');
}));

test('a kind is chosen with the arrows, an offer opened, asked for', async () => chromiumBrowser(async (browser) => {
  const page = await open(browser, '/market');
  await tabTo(page, 'All');
  await page.keyboard.press('ArrowRight');
  await page.getByRole('radio', { name: 'Give' }).and(page.locator(':checked')).waitFor();
  await tabTo(page, 'Tomato seedlings, three sorts');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Tomato seedlings, three sorts' }).waitFor();
  await tabTo(page, /^A line to Yusuf/);
  await page.keyboard.type('Two, please');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.querySelector('#line')?.value === '');
}));

test('a promise is made in a sheet that holds the focus', async () => chromiumBrowser(async (browser) => {
  const page = await open(browser, '/market/oven');
  await tabTo(page, 'Promise it to Priya');
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor();
  for (let i = 0; i < 12; i++) {
    await page.keyboard.press('Tab');
    assert.ok(await page.evaluate(() => document.activeElement === document.body || document.activeElement.closest('dialog') !== null), 'the focus left the sheet');
  }
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  assert.equal(await focused(page), 'Promise it to Priya');
}));
