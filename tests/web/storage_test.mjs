// SPDX-License-Identifier: Apache-2.0
// Where a browser keeps the core's files, and what is left of them when it is killed: node --test storage_test.mjs with $KITH_WASM.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Browser, call, servePage, withProfile } from './lib/bare_page.mjs';

let site;
before(async () => { site = await servePage(); });
after(async () => {
  await Browser.killAll();
  await site.close();
});

const bodies = async (page) => {
  const out = [];
  for (let before; before !== null;) {
    const { notes, next } = await call(page, 'notes.list', { limit: 100, ...(before ? { before } : {}) });
    out.push(...notes.map((note) => note.body));
    before = next;
  }
  return out;
};

/** Begins alone, writes, kills the browser in the middle, several times; everything acknowledged must be there. */
async function surviveKills(url, kind, rounds) {
  await withProfile(async (profile) => {
    const acknowledged = [];
    for (let round = 0; round < rounds; ++round) {
      const browser = await Browser.open(profile);
      const page = await browser.page(url);
      assert.equal(await page.evaluate(() => window.coreStatus?.storage.kind), kind);
      if (round === 0) await call(page, 'begin.alone', { name: 'Ana' });
      const here = new Set(await bodies(page));
      for (const body of acknowledged) assert.ok(here.has(body), `${body} was acknowledged and is gone (round ${round})`);
      await page.exposeFunction('acknowledge', (body) => { acknowledged.push(body); });
      const before = acknowledged.length;
      await page.evaluate((number) => {
        void (async () => {
          for (let i = 0; ; ++i) {
            const body = `note ${number}.${i} ${'x'.repeat((i * 37) % 3000)}.`;
            await window.core.call('notes.write', { body });
            await window.acknowledge(body);
          }
        })();
      }, round);
      while (acknowledged.length < before + 5 + 7 * round) await new Promise((resolve) => setTimeout(resolve, 5));
      await browser.kill();
    }
    const browser = await Browser.open(profile);
    const page = await browser.page(url);
    const here = new Set(await bodies(page));
    for (const body of acknowledged) assert.ok(here.has(body), `${body} was acknowledged and is gone`);
    await browser.close();
  });
}

test('OPFS: what was saved is there after the browser was killed in the middle of writes', async () => {
  await surviveKills(site.local, 'opfs', 5);
});

test('IndexedDB: the same, where there is no OPFS', async () => {
  await surviveKills(`${site.local}?storage=indexeddb`, 'indexeddb', 5);
});

test('plain HTTP in the LAN: IndexedDB by itself, no WebCrypto, no locks', async (context) => {
  if (!site.lan) return context.skip('this machine has no address but its own');
  await surviveKills(site.lan, 'indexeddb', 2);
});

test('memory says that nothing stays', () => withProfile(async (profile) => {
  const browser = await Browser.open(profile);
  const page = await browser.page(`${site.local}?storage=memory`);
  await call(page, 'begin.alone', { name: 'Ana' });
  assert.equal(await page.evaluate(() => window.core.call('replica.status', {}).then((status) => status.storage.kind)), 'memory');
  await browser.close();
}));

for (const [name, address] of [['locks', (site) => site.local], ['a lease', (site) => site.lan]]) {
  test(`two tabs share one core by ${name}, and the second goes on when the first is closed`, (context) => withProfile(async (profile) => {
      if (!address(site)) return context.skip('this machine has no address but its own');
    const browser = await Browser.open(profile);
    const first = await browser.page(address(site));
    await call(first, 'begin.alone', { name: 'Ana' });
    const second = await browser.page(address(site));
    await call(second, 'notes.write', { body: 'from the second' });
    assert.deepEqual(await bodies(first), ['from the second']);
    // Under way while the first tab goes: answered by the second's own core, or with a clear problem.
    const slow = second.evaluate(async () => {
      const out = [];
      for (let i = 0; i < 200; ++i) {
        out.push(await window.core.call('notes.write', { body: `while it goes ${i}` }).then(() => i, (problem) => problem.code));
      }
      return out;
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    await first.close();
    const answers = await slow;
    const here = new Set(await bodies(second));
    for (const [at, answer] of answers.entries()) {
      if (answer === at) assert.ok(here.has(`while it goes ${at}`));
      else assert.equal(answer, 'core_gone');
    }
    assert.ok(answers.filter((answer) => answer === 'core_gone').length <= 1);
    await browser.close();
    }));
}
