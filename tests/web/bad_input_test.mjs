// SPDX-License-Identifier: Apache-2.0
// What goes wrong around a person: no room, a browser that has thrown everything away or keeps nothing, a clock that is off, a door of another
// version, text that means harm, a borrowed name. Each time a sentence and a way on; never a blank page, never lost text.
import assert from 'node:assert/strict';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Neighbour, arrives } from './lib/neighbour.mjs';
import { street } from './lib/houses.mjs';

async function founded(build) {
  const ana = build('Ana');
  await ana.found();
  await ana.serve();
  return ana;
}

/** A house whose page runs this text first in the core's worker, where no test can reach in from outside. */
async function foundedWith(build, script, use) {
  const web = await mkdtemp(join(tmpdir(), 'kith-page-'));
  try {
    await cp(process.env.KITH_WEB, web, { recursive: true });
    for (const name of await readdir(join(web, 'assets'))) {
      if (!name.startsWith('worker-')) continue;
      const path = join(web, 'assets', name);
      if (name.endsWith('.js')) await writeFile(path, `${script};\n${await readFile(path, 'utf8')}`);
      else await rm(path); // compressed
    }
    const ana = build('Ana');
    ana.web = web;
    await ana.found();
    await ana.serve();
    return await use(ana);
  } finally {
    await rm(web, { recursive: true, force: true });
  }
}

/** Of this much more than is used now. */
async function roomFor(page, bytes) {
  const session = await page.context().newCDPSession(page);
  const origin = new URL(page.url()).origin;
  const { usage } = await session.send('Storage.getUsageAndQuota', { origin });
  await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: usage + bytes });
  return () => session.send('Storage.overrideQuotaForOrigin', { origin });
}

test('no room left: the page says so, keeps what is typed, and goes on once there is room', () => street((build) => Neighbour.gather(async (meet) => {
  const ana = await founded(build);
  const ben = await meet('Ben');
  await ben.join(await ana.invite());
  await ben.posts('While there was room');
  const long = 'A long letter. '.repeat(500);
  const more = await roomFor(ben.page, 0);
  let refused = false;
  for (let i = 0; i < 40 && !refused; i++) {
    await ben.page.locator('a[href="/new"]').first().click();
    await ben.field('Your notice').fill(`${long}${i}`);
    await ben.press(/^Post/);
    refused = await Promise.race([
      ben.page.getByRole('dialog').waitFor({ state: 'detached' }).then(() => false),
      ben.page.getByRole('alert').getByText(/room/).first().waitFor().then(() => true),
    ]);
  }
  assert.ok(refused, 'the quota was never met');
  assert.match(await ben.field('Your notice').inputValue(), /^A long letter/);
  await more();
  await ben.press(/^Post/);
  await ben.page.getByRole('dialog').waitFor({ state: 'detached' });
  await ben.page.reload();
  await ben.reads('While there was room');
  await ben.reads(/A long letter/);
})));

test('the browser has thrown everything away: the page begins anew and offers the ways back', () => street((build) => Neighbour.gather(async (meet) => {
  const ana = await founded(build);
  const ben = await meet('Ben');
  await ben.join(await ana.invite());
  await ben.posts('Before the sweep');
  await arrives(ana, 'Before the sweep');
  const session = await ben.page.context().newCDPSession(ben.page);
  await ben.page.goto('about:blank');
  await session.send('Storage.clearDataForOrigin', { origin: new URL(ana.url).origin, storageTypes: 'all' });
  await ben.page.goto(ana.url);
  await ben.page.getByRole('heading', { name: 'Good that you are here' }).waitFor();
  await ben.page.getByRole('link', { name: 'Come back' }).click();
  await ben.page.getByLabel('Word 1', { exact: true }).waitFor();
})));

test('everything is thrown away while the page is open: nobody is told that a thing is written which is not', () => street((build) => Neighbour.gather(async (meet) => {
  const ana = await founded(build);
  const ben = await meet('Ben');
  await ben.join(await ana.invite());
  const session = await ben.page.context().newCDPSession(ben.page);
  await session.send('Storage.clearDataForOrigin', { origin: new URL(ana.url).origin, storageTypes: 'all' });
  await ben.page.reload();
  await ben.page.getByRole('heading', { level: 1 }).first().waitFor();
  await ben.page.getByRole('link', { name: /Come back|already belong/ }).or(ben.page.getByRole('alert')).first().waitFor();
})));

test('a window that keeps nothing: before one joins, and on every page, it is said', () => street((build) => Neighbour.gather((meet) => foundedWith(build,
  `delete StorageManager.prototype.getDirectory; Object.defineProperty(self, 'indexedDB', { value: undefined })`, async (ana) => {
  const ben = await meet('Ben');
  await ben.page.goto(await ana.invite());
  await ben.page.getByRole('alert').getByText('Nothing is kept').waitFor();
  await ben.field('Your first name').fill('Ben');
  await ben.press(/^Join/);
  await ben.page.waitForURL((url) => url.pathname === '/');
  await ben.page.getByRole('alert').getByText('Nothing is kept').waitFor();
  await ben.posts('From a private window');
  await arrives(ana, 'From a private window');
}))));

for (const [hours, said] of [[5, /The clock of this device is 5\sh ahead/], [-5, /The clock of this device is 5\sh behind/]]) {
  const off = `{ const now = Date.now.bind(Date); Date.now = () => now() + ${hours} * 3600_000 }`;
  test(`a clock that is ${hours} hours off: it is said before one joins, and nothing is lost`, () => street((build) => Neighbour.gather((meet) => foundedWith(build, off, async (ana) => {
    const ben = await meet('Ben');
    await ben.page.addInitScript(off);
    await ben.page.goto(await ana.invite());
    await ben.page.getByRole('alert').getByText(said).waitFor();
    await ben.field('Your first name').fill('Ben');
    await ben.press(/^Join/);
    await ben.page.waitForURL((url) => url.pathname === '/');
    await ben.posts('By a wrong clock');
    await ben.page.reload();
    await ben.reads('By a wrong clock');
    await ben.page.getByRole('alert').getByText(said).waitFor();
  }))));
}

test('a door that claims another version, unsigned, changes nothing: one joins and writes as ever', () => street((build) => Neighbour.gather(async (meet) => {
  const ana = await founded(build);
  const ben = await meet('Ben');
  await ben.page.context().route('**/door.json', (route) => route.fulfill({ json: { shell: '0'.repeat(64), version: { core: '9.0.0', protocol: '/kith/sync/9', schema: '' }, peer: '', host: '', envelope: '' } }));
  await ben.join(await ana.invite());
  await ben.posts('An older page still writes');
  await arrives(ana, 'An older page still writes');
  assert.deepEqual(ben.page.troubles, []);
})));

test('text, links and a name that mean harm do nothing', () => street((build) => Neighbour.gather(async (meet) => {
  const ana = await founded(build);
  const hostile = '<img src=x onerror="document.title=\'owned\'"> <script>document.title="owned"</script> [press](javascript:document.title="owned") '
    + '![pixel](https://tracker.invalid/p.gif) [data](data:text/html,owned) \u202etxet desrever **bold**';
  await ana.kith('post', hostile, '--title', '<b onclick=alert(1)>Free money</b>', '--rest', '0');
  const ben = await meet('Ben');
  const asked = [];
  ben.page.on('request', (request) => asked.push(new URL(request.url()).host));
  await ben.join(await ana.invite());
  await ben.page.getByText('Free money').first().click();
  await ben.page.locator('article .say').first().waitFor();
  const found = await ben.page.evaluate(() => ({
    elements: document.querySelectorAll('article script, article img, article iframe, article b[onclick]').length,
    links: [...document.querySelectorAll('article a')].map((link) => link.protocol).filter((protocol) => !/^https?:$/.test(protocol)),
    title: document.title,
  }));
  assert.equal(found.elements, 0);
  assert.deepEqual(found.links, []);
  assert.doesNotMatch(found.title, /owned/);
  assert.deepEqual(asked.filter((host) => host !== new URL(ana.url).host), []);
  assert.deepEqual(ben.page.troubles, []);
})));

test('a name that looks like another’s is told apart', () => street((build) => Neighbour.gather(async (meet) => {
  const ana = await founded(build);
  await ana.kith('post', 'From the real one', '--rest', '0');
  const ben = await meet('Ben');
  await ben.join(await ana.invite());
  const borrowed = await meet('Аnа'); // with Cyrillic letters
  await borrowed.join(await ana.invite());
  await borrowed.posts('Please send me your keys');
  await ben.page.getByText('Please send me your keys').or(ben.button(/new notice/)).first().waitFor();
  await ben.goes('/people');
  await ben.reads(/looks like|look alike|another/);
})));
