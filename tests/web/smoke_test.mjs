// SPDX-License-Identifier: Apache-2.0
// The same page in the other engines: Firefox over WebDriver BiDi, WebKit over WebDriver. Join by an invitation, read, write, reload.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Firefox } from './lib/bidi.mjs';
import { street } from './lib/houses.mjs';
import { arrives } from './lib/neighbour.mjs';
import { WebKit, webkitBrowser } from './lib/webkit.mjs';

const reads = (text) => `document.querySelector('main')?.innerText.includes(${JSON.stringify(text)}) ?? false`;
const press = (selector) => `(document.querySelector(${JSON.stringify(selector)}).click(), true)`;

async function joinsReadsWrites(engine, name) {
  await street(async (build) => {
    const ana = build('Ana');
    await ana.found();
    await ana.serve();
    await ana.kith('post', 'Good morning, street', '--rest', '0');
    await engine.goto(await ana.invite());
    await engine.until(`!!document.querySelector('#name')`, 'the field for the name');
    await engine.type('#name', name);
    await engine.evaluate(press('form.stub button'));
    await engine.until(reads('Good morning, street'), 'the board with what was there');
    await engine.evaluate(press('a[href="/new"]'));
    await engine.until(`!!document.querySelector('#body')`, 'the sheet for a notice');
    await engine.type('#body', `${name} was here`);
    await engine.evaluate(press('dialog .btn.go'));
    await engine.until(reads(`${name} was here`), 'the notice on the board');
    await arrives(ana, `${name} was here`);
    await engine.reload();
    await engine.until(reads(`${name} was here`), 'the notice after a reload');
    const kind = await engine.evaluate(`navigator.storage?.getDirectory ? 'opfs' : 'other'`);
    console.log(`# ${name}: storage offered: ${kind}`);
  });
}

test('Firefox', async () => {
  const firefox = await Firefox.launch();
  try {
    await joinsReadsWrites(firefox, 'Fox');
    assert.deepEqual(firefox.errors.filter((text) => !/WebSocket|can’t establish/.test(text)), []);
  } finally {
    await firefox.close();
  }
});

test('WebKit', { skip: webkitBrowser() ? false : 'webkit2gtk-driver is not installed' }, async () => {
  const webkit = await WebKit.launch();
  try {
    await joinsReadsWrites(webkit, 'Kit');
  } finally {
    await webkit.close();
  }
});
