// SPDX-License-Identifier: Apache-2.0
// What people do, in real browsers with the real core, against real houses: $KITH, which serves the page of $KITH_WEB.
import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { Neighbour, arrives } from './lib/neighbour.mjs';
import { street } from './lib/houses.mjs';

/** Ana's house serves Linden Row. */
async function founded(build) {
  const ana = build('Ana');
  await ana.found();
  await ana.serve();
  return ana;
}

test('join by an invitation, write, read, search', () => street((build) => Neighbour.gather(async (meet) => {
  const ana = await founded(build);
  await ana.kith('post', 'The gate squeaks again', '--rest', '0');
  const ben = await meet('Ben');
  await ben.join(await ana.invite());
  await ben.reads('The gate squeaks again');
  await ben.posts('Oil is in the shed');
  await arrives(ana, 'Oil is in the shed');
  await ana.kith('post', 'Thank you for the oil', '--rest', '0');
  await ben.goes('/');
  await ben.page.getByText('Thank you for the oil').or(ben.button(/new notice/)).first().waitFor();
  await ben.finds('squeak', 'The gate squeaks again');
  assert.deepEqual(ben.page.troubles, []);
})));

test('an invitation says whose it is before one joins, and what one will read', () => street((build) => Neighbour.gather(async (meet) => {
  const ana = await founded(build);
  await ana.kith('describe', '--rule', 'Speak as you would at somebody’s door.');
  await ana.kith('post', 'The gate squeaks again', '--rest', '0');
  const link = await ana.invite();
  const ben = await meet('Ben');
  await ben.page.goto(link);
  await ben.page.getByRole('heading', { name: 'Ana invites you in' }).waitFor();
  await ben.reads('Linden Row');
  await ben.reads('1 neighbour');
  await ben.reads('Once you are in you can read the one notice that hangs here');
  await ben.reads('Speak as you would at somebody’s door.');
  await ben.button('Join Linden Row').waitFor();
  // Whoever cannot open it is told nothing: the link's own path has its public half alone.
  const asked = await ben.page.evaluate(() => performance.getEntriesByType('resource').map((one) => new URL(one.name).pathname).find((path) => path.startsWith('/invitations/')));
  const told = await (await fetch(`${ana.url}${asked}`)).text();
  assert.doesNotMatch(told, /Linden|Ana|squeaks|door\./);
  assert.equal((await fetch(`${ana.url}/invitations/${'0'.repeat(64)}`)).status, 404);
})));

test('everything is taken along in one file', () => street((build) => Neighbour.gather(async (meet) => {
  const ana = await founded(build);
  await ana.kith('post', 'The gate squeaks again', '--rest', '0');
  const ben = await meet('Ben');
  await ben.join(await ana.invite());
  await ben.reads('The gate squeaks again');
  await ben.posts('Oil is in the shed');
  await ben.goes('/mine');
  const coming = ben.page.waitForEvent('download');
  await ben.press('Make the file');
  const download = await coming;
  assert.match(download.suggestedFilename(), /\.sqlite$/);
  const file = new DatabaseSync(await download.path(), { readOnly: true });
  try {
    assert.deepEqual(file.prepare('SELECT body, name FROM posts ORDER BY id').all().map((row) => ({ ...row })), [
      { body: 'The gate squeaks again', name: 'Ana' }, { body: 'Oil is in the shed', name: 'Ben' },
    ]);
    assert.equal(file.prepare('SELECT count(*) AS n FROM people').get().n, 2);
  } finally {
    file.close();
  }
  await ben.reads(/^The file is made/);
  // My devices are mine alone: Ana's is not among them.
  assert.equal(await ben.page.getByRole('region', { name: 'My devices' }).getByRole('listitem').count(), 1);
  await ben.reads('No way back is ready yet.');
})));

test('a ladder is offered, asked for, promised and handed over', () => street((build) => Neighbour.gather(async (meet) => {
  const ana = await founded(build);
  const [ben, cleo] = [await meet('Ben'), await meet('Cleo')];
  await ben.join(await ana.invite());
  await cleo.join(await ana.invite());
  const path = await ben.offers('Lend', 'A long ladder');
  await ben.allLeft();
  await cleo.goes('/market');
  await cleo.page.getByRole('link', { name: 'A long ladder' }).click();
  await cleo.press(/^Ask Ben/);
  await cleo.reads('You asked first, as far as this phone knows.');
  await ben.goes(path);
  await ben.press('Promise it to Cleo');
  await ben.page.getByRole('dialog').getByLabel(/^Where/).fill('No. 7');
  await ben.page.getByRole('dialog').getByRole('button', { name: 'Promise it', exact: true }).click();
  await ben.reads('You promised it to Cleo');
  await cleo.reads('Ben promised it to you');
  await ben.press('Handed over');
  await ben.reads('It has found somebody');
  await cleo.reads('It has found somebody');
})));

test('the house is off: reload, read, write; it comes back: both sides have everything', () => street((build) => Neighbour.gather(async (meet) => {
  const ana = await founded(build);
  await ana.kith('post', 'Before the storm', '--rest', '0');
  const ben = await meet('Ben');
  await ben.join(await ana.invite());
  await ben.reads('Before the storm');
  await ben.page.waitForFunction(() => navigator.serviceWorker.controller !== null);
  await ana.stop();
  await ben.page.reload();
  await ben.reads('Before the storm');
  await ben.posts('Written in the dark');
  await ben.page.reload();
  await ben.reads('Written in the dark');
  await ana.kith('post', 'Ana wrote at home', '--rest', '0');
  await ana.serve();
  await arrives(ana, 'Written in the dark');
  await ben.finds('home', 'Ana wrote at home');
})));

test('the house is gone for ever: the page goes on, and finds the other house by itself', () => street((build) => Neighbour.gather(async (meet) => {
  const ana = await founded(build);
  const dan = build('Dan');
  await dan.join((await ana.one('invite')).link);
  await dan.serve();
  const ben = await meet('Ben');
  await ben.join(await ana.invite());
  await ben.page.waitForFunction(() => navigator.serviceWorker.controller !== null);
  await ben.posts('While both were there');
  await arrives(dan, 'While both were there');
  await ana.stop('SIGKILL');
  await ben.reopen();
  await ben.page.goto(ana.url);
  await ben.reads('While both were there');
  await ben.posts('Ana’s house is gone');
  await arrives(dan, 'Ana’s house is gone');
})));

test('two browsers through two houses, one of them killed', () => street((build) => Neighbour.gather(async (meet) => {
  const ana = await founded(build);
  const dan = build('Dan');
  await dan.join((await ana.one('invite')).link);
  await dan.serve();
  const [ben, cleo] = [await meet('Ben'), await meet('Cleo')];
  await ben.join(await ana.invite());
  const other = new URL(await ana.invite());
  await cleo.join(`${dan.url}/i${other.hash}`);
  await ben.posts('From the one house');
  await cleo.page.getByText('From the one house').or(cleo.button(/new notice/)).first().waitFor();
  await ana.stop('SIGKILL');
  await cleo.posts('From the other house');
  await ben.finds('other', 'From the other house');
})));

test('begin alone; joining later keeps notes and drafts', () => street((build) => Neighbour.gather(async (meet) => {
  const ana = await founded(build);
  const ben = await meet('Ben');
  await ben.page.goto(`${ana.url}/begin`);
  await ben.field('Your first name').fill('Ben');
  await ben.button('Begin').click();
  await ben.page.waitForURL((url) => url.pathname === '/notes');
  await ben.notes('Meter reading 4711');
  await ben.drafts('A half-finished offer');
  await ben.page.goto(await ana.invite());
  await ben.page.waitForFunction(() => document.querySelector('#name')?.value === 'Ben');
  await ben.press(/^Join/);
  await ben.page.waitForURL((url) => url.pathname === '/');
  await ben.goes('/notes');
  await ben.reads('Meter reading 4711');
  await ben.goes('/drafts');
  await ben.reads(/half-finished offer/);
})));

test('twelve words alone bring place, notes and drafts back in another profile, and a mistyped one is named', () => street((build) => Neighbour.gather(async (meet) => {
  const ana = await founded(build);
  const ben = await meet('Ben');
  await ben.join(await ana.invite());
  await ben.posts('Before the phone fell into the canal');
  await ben.notes('The spare key hangs behind the third shutter');
  await ben.drafts('A half-finished notice');
  await ben.goes('/mine/words');
  await ben.press('Show the words');
  const words = await ben.page.locator('.words li').allTextContents();
  assert.equal(words.length, 12);
  await ben.allLeft();
  await ben.goes('/mine');
  await ben.reads(/kept locked by/);
  await ana.keeps(1);
  await ben.profile.close();

  const again = await meet('Ben, new phone');
  await again.page.goto(`${ana.url}/belong`);
  const typed = [...words];
  typed[6] = `${words[6]}x`;
  await again.types(typed);
  await again.press('Bring everything back');
  await again.page.getByRole('alert').getByText('Word 7:').waitFor();
  await again.page.getByLabel('Word 7', { exact: true }).fill(words[6]);
  await again.press('Bring everything back');
  await again.page.getByRole('heading', { name: /^You are back/ }).waitFor();
  await again.reads(/entries? came back/);
  await again.goes('/');
  await again.reads('Before the phone fell into the canal');
  await again.goes('/notes');
  await again.reads('The spare key hangs behind the third shutter');
  await again.goes('/drafts');
  await again.reads(/half-finished notice/);
})));

test('words that nobody keeps: a sentence says what to do', () => street((build) => Neighbour.gather(async (meet) => {
  const ana = await founded(build);
  const stranger = await meet('Somebody');
  await stranger.page.goto(`${ana.url}/belong`);
  const words = 'legal winner thank year wave sausage worth useful legal winner thank yellow'.split(' ');
  await stranger.types(words);
  await stranger.press('Bring everything back');
  await stranger.page.getByRole('alert').getByText(/Nobody at this address keeps anything/).waitFor();
})));

test('a second device is linked by a code', () => street((build) => Neighbour.gather(async (meet) => {
  const ana = await founded(build);
  const ben = await meet('Ben');
  await ben.join(await ana.invite());
  await ben.posts('From the phone');
  await ben.allLeft();
  const tablet = await meet('Ben’s tablet');
  await tablet.page.goto(`${ana.url}/belong`);
  await tablet.page.getByLabel('Another device').check({ force: true });
  await tablet.press('Show me a code');
  const code = await tablet.field('The code of this device').inputValue();
  await ben.goes('/mine/link');
  await ben.field('The code of the new device').fill(code);
  await ben.press('Make the answer');
  const answer = await ben.field('The answer').inputValue();
  await tablet.field(/It answers with/).fill(answer);
  await tablet.press('Add this device');
  await tablet.page.getByRole('heading', { name: /^You are back/ }).waitFor();
  await tablet.goes('/');
  await tablet.reads('From the phone');
})));

test('the founder comes in at the browser by `kith link`', () => street((build) => Neighbour.gather(async (meet) => {
  const ana = await founded(build);
  const tablet = await meet('Ana');
  await tablet.page.goto(`${ana.url}/belong`);
  await tablet.page.getByLabel('Another device').check({ force: true });
  await tablet.press('Show me a code');
  const code = await tablet.field('The code of this device').inputValue();
  const { answer } = await ana.one('link', code, '--with-words', ana.words);
  await tablet.field(/It answers with/).fill(answer);
  await tablet.press('Add this device');
  await tablet.page.getByRole('heading', { name: 'You are back, Ana' }).waitFor();
})));

test('the browser is killed while somebody writes: everything that was shown as written is there', () => street((build) => Neighbour.gather(async (meet) => {
  const ana = await founded(build);
  const ben = await meet('Ben');
  await ben.join(await ana.invite());
  await ben.page.waitForFunction(() => navigator.serviceWorker.controller !== null);
  await ana.stop();
  for (let round = 0; round < 3; round++) {
    await ben.posts(`Round ${round}`);
    await ben.page.locator('a[href="/new"]').first().click();
    await ben.field('Your notice').fill(`Unfinished ${round}`);
    await ben.profile.kill();
    ben.page = await ben.profile.open();
    await ben.page.goto(ana.url);
    await ben.reads(`Round ${round}`);
  }
})));

test('invitations that cannot be used say so, with a way on', () => street((build) => Neighbour.gather(async (meet) => {
  const ana = await founded(build);
  const link = await ana.invite('--uses', '1');
  const ben = await meet('Ben');
  await ben.join(link);
  await ben.page.goto(link);
  await ben.page.getByRole('heading', { name: 'You belong here already' }).waitFor();
  const cleo = await meet('Cleo');
  await cleo.page.goto(link);
  await cleo.page.getByRole('heading', { name: 'This invitation has been used' }).waitFor();
  await cleo.reads('Ask Ana for a new one');
  await cleo.page.goto('about:blank');
  await cleo.page.goto(link.slice(0, link.indexOf('#') + 20));
  await cleo.page.getByRole('heading', { name: 'This invitation is not whole' }).waitFor();
  await cleo.page.getByRole('link', { name: 'Begin alone meanwhile' }).click();
  await cleo.page.getByRole('heading', { name: 'Good that you are here' }).waitFor();
})));

test('a second tab shows the same, and goes on when the first is closed', () => street((build) => Neighbour.gather(async (meet) => {
  const ana = await founded(build);
  const ben = await meet('Ben');
  await ben.join(await ana.invite());
  const first = ben.page;
  ben.page = await ben.profile.context.newPage();
  await ben.page.goto(ana.url);
  await ben.posts('From the second tab');
  await first.getByText('From the second tab').first().waitFor();
  await first.close();
  await ben.posts('After the first was closed');
  await arrives(ana, 'After the first was closed');
})));
