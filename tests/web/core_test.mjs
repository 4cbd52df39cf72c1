// SPDX-License-Identifier: Apache-2.0
// The core that the page runs (kith.wasm with src/core.ts around it), under Node, against real houses: node --experimental-transform-types
// --test core_test.mjs with $KITH and $KITH_WASM.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { BlockFiles } from '../../web/wasm/src/block_files.ts';
import { CoreHost } from '../../web/wasm/src/core.ts';
import { street, until } from './lib/houses.mjs';

const wasm = await WebAssembly.compile(await readFile(process.env.KITH_WASM));

/** A browser's core, without the browser. */
class Phone {
  events = [];
  status = null;
  stopped = null;

  static async start(files = new BlockFiles(), secret = null) {
    const phone = new Phone();
    phone.files = files;
    phone.core = await CoreHost.start({
      wasm,
      files,
      secret: secret && secret.slice(),
      options: { storage: files.kind, persistent: null, doors: [], is_secure: false },
      event: (event) => {
        phone.events.push(event);
        if (event.type === 'status') phone.status = event;
      },
      stopped: (problem) => { phone.stopped = problem; },
    });
    return phone;
  }

  async call(name, args = {}) {
    const answer = await this.core.call({ name, args });
    if ('problem' in answer) throw Object.assign(new Error(answer.problem.cause), answer.problem);
    return answer.result;
  }

  /** As if the tab were closed. */
  close() {
    this.core.stop({ code: 'core_stopped', cause: 'closed', remedy: '' });
  }
}

/** A phone that belongs to the house's neighbourhood. */
async function joined(house, name, files) {
  const phone = await Phone.start(files);
  const { link } = await house.one('invite');
  await phone.call('begin.join', { invite: link, name });
  return phone;
}

test('alone: notes stay when the core is started again, under a key of the browser', async () => {
  const files = new BlockFiles();
  const secret = crypto.getRandomValues(new Uint8Array(32));
  const first = await Phone.start(files, secret);
  assert.equal(first.status.phase, 'empty');
  await first.call('begin.alone', { name: 'Ana' });
  assert.equal((await first.call('replica.status')).phase, 'alone');
  await first.call('notes.write', { body: 'Bread' });
  first.close();
  const again = await Phone.start(files, secret);
  assert.deepEqual((await again.call('notes.list')).notes.map((note) => note.body), ['Bread']);
  again.close();
  const stranger = await Phone.start(files, crypto.getRandomValues(new Uint8Array(32)));
  await assert.rejects(stranger.call('notes.list'), { code: 'cannot_open' });
  stranger.close();
});

test('a phone joins over WebSocket, reads, writes, and notices when it is cut off', () => street(async (house) => {
  const ana = house('ana');
  await ana.found();
  await ana.serve();
  await ana.one('post', 'Lost: a grey cat', '--rest', '0');
  const phone = await joined(ana, 'Dan');
  await until(async () => (await phone.call('replica.status')).phase === 'member', 'the place knows Dan');
  await until(async () => (await phone.call('forum.feed')).threads.length === 1, 'the feed is there');
  const { threads } = await phone.call('forum.feed');
  assert.equal(threads[0].post.body, 'Lost: a grey cat');
  assert.equal(threads[0].post.name, 'ana');
  await phone.call('forum.write', { body: 'Seen at no. 12', rest_ms: 0 });
  await until(async () => (await ana.kith('feed')).some((line) => JSON.stringify(line).includes('Seen at no. 12')), 'the post arrives');
  await until(() => phone.status.in_touch && phone.status.only_here === 0, 'all has left');

  await ana.stop('SIGKILL');
  await until(() => !phone.status.in_touch, 'the cut is noticed');
  await phone.call('forum.write', { body: 'Written in the dark', rest_ms: 0 });
  assert.equal((await phone.call('forum.feed')).threads.length, 3);
  await ana.serve();
  await until(async () => (await ana.kith('feed')).some((line) => JSON.stringify(line).includes('Written in the dark')), 'it leaves when the house is back');
  phone.close();
}));

test('whoever was killed in the middle of a join, or after it, has lost nothing that was acknowledged', () => street(async (house) => {
  const ana = house('ana');
  await ana.found();
  await ana.serve();
  const files = new BlockFiles();
  const phone = await joined(ana, 'Dan', files);
  const { id } = await phone.call('forum.write', { body: 'Kept', rest_ms: 0 });
  phone.close();
  const again = await Phone.start(files);
  assert.equal(again.status.phase, 'member');
  assert.equal((await again.call('forum.thread', { id })).post.body, 'Kept');
  await until(() => again.status.in_touch, 'it is in touch again');
  again.close();
}));

/** Dan, in Elm Street with one browser and in Oak Street with another; both are closed. What the houses have is enough to find him. */
async function danOfTwoPlaces(house) {
  const [ana, mira] = [house('ana'), house('mira')];
  await ana.found('Elm Street');
  await mira.found('Oak Street');
  await ana.serve();
  await mira.serve();
  const dan = await joined(ana, 'Dan');
  await dan.call('notes.write', { body: 'Bread' });
  const words = (await dan.call('words.show')).words.join(' ');
  const elm = { code: (await dan.call('replica.rescue')).code, name: 'Elm Street' };
  await ana.keeps(1);
  dan.close();

  const there = await Phone.start();
  const alone = await there.call('begin.restore', { words, address: ana.url, alone: true });
  assert.deepEqual([alone.spaces, alone.choose, alone.others], [0, [], [elm]]);
  assert.equal((await there.call('replica.status')).phase, 'alone');
  await there.call('begin.join', { invite: (await mira.one('invite')).link, name: 'Dan' });
  const { code, others } = await there.call('replica.rescue');
  assert.deepEqual(others, [elm]);
  await mira.keeps(1);
  there.close();
  return { mira, words, elm, oak: { code, name: 'Oak Street' } };
}

test('whoever belongs to two places is asked to which one to come back, and told of the other', () => street(async (house) => {
  const { mira, words, elm, oak } = await danOfTwoPlaces(house);
  const again = await Phone.start();
  const asked = await again.call('begin.restore', { words, address: mira.url });
  assert.deepEqual([asked.spaces, asked.choose], [0, [oak, elm]]);
  await assert.rejects(again.call('begin.choose', { code: 'rubbish' }), { code: 'bad_invite' });
  const back = await again.call('begin.choose', { code: elm.code });
  assert.deepEqual([back.spaces, back.choose, back.others], [1, [], [oak]]);
  assert.equal((await again.call('replica.status')).place, 'Elm Street');
  assert.deepEqual((await again.call('notes.list')).notes.map((note) => note.body), ['Bread']);
  await assert.rejects(again.call('begin.choose', { code: oak.code }), { code: 'usage' });
  again.close();

  // The command has nobody to ask here: it names both, and their codes say which.
  const home = house('home');
  await writeFile(home.words, words, { mode: 0o600 });
  const restore = (...code) => home.one('restore', ...code, '--at', mira.address, '--with-words', home.words);
  await assert.rejects(restore(), (error) => [elm, oak].every(({ name, code }) => error.message.includes(`"${name}" (${code})`)));
  const homely = await restore(elm.code);
  assert.deepEqual([homely.place, homely.others], ['Elm Street', [oak]]);
}));

test('a question that is left open is no beginning', () => street(async (house) => {
  const { mira, words } = await danOfTwoPlaces(house);
  const files = new BlockFiles();
  const left = await Phone.start(files);
  assert.equal((await left.call('begin.restore', { words, address: mira.url })).choose.length, 2);
  await left.call('begin.alone', { name: 'Eve' });
  assert.deepEqual((await left.call('notes.list')).notes, []);
  left.close();
  const eve = await Phone.start(files);
  assert.equal((await eve.call('replica.status')).phase, 'alone');
  eve.close();
}));

test('invitations that will not do are told apart', () => street(async (house) => {
  const ana = house('ana');
  await ana.found();
  await ana.serve();
  const { link } = await ana.one('invite');
  const dan = await Phone.start();
  assert.equal((await dan.call('begin.look', { invite: link })).state, 'open');
  await dan.call('begin.join', { invite: link, name: 'Dan' });
  assert.equal((await dan.call('begin.look', { invite: link })).state, 'member');
  await assert.rejects(dan.call('begin.join', { invite: link, name: 'Dan' }), { code: 'already_member' });
  const eve = await Phone.start();
  await assert.rejects(eve.call('begin.join', { invite: 'rubbish', name: 'Eve' }), { code: 'bad_invite' });
  await until(() => dan.status.only_here === 0 && dan.status.in_touch, 'the house knows of Dan');
  await assert.rejects(eve.call('begin.join', { invite: link, name: 'Eve' }), { code: 'invite_spent' });
  const { link: fresh } = await ana.one('invite');
  await eve.call('begin.join', { invite: fresh, name: 'Eve' });
  dan.close();
  eve.close();
}));
