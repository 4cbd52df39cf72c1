// SPDX-License-Identifier: Apache-2.0
// Measures the page in Debian's Chromium with the real core, against real houses ($KITH, serving $KITH_WEB): one JSON object of key: number
// on standard output, as the other benches give it. The browser is $CHROMIUM (script/bench takes the one without a window). What each figure means stands in bench/report.py.
import { street, until } from '../tests/web/lib/houses.mjs';
import { Neighbour, arrives } from '../tests/web/lib/neighbour.mjs';

const POSTS = Number(process.env.KITH_BENCH_POSTS ?? 20_000);
const WRITES = 60;
const WORDS = 'ladder linden bicycle passage kettle gate garden market window kitchen river bread school piano cellar tomato neighbour lamp bench stairs'.split(' ');
const figures = {};
const told = (text) => process.stderr.write(`  ${text}\n`);

const percentile = (values, p) => [...values].sort((a, b) => a - b)[Math.ceil(p * values.length) - 1];
const median = (values) => percentile(values, 0.5);

/** In every page: when a selector first found something, and when that was painted; and how long the main thread was held. */
const watcher = () => {
  globalThis.kithStood = {};
  globalThis.kithSeen = {};
  globalThis.kithTasks = [];
  new PerformanceObserver((list) => {
    for (const task of list.getEntries()) globalThis.kithTasks.push({ at: task.startTime, ms: task.duration });
  }).observe({ type: 'longtask', buffered: true });
  const painted = (then) => requestAnimationFrame(() => setTimeout(then, 0));
  const marks = { heading: 'h1', notice: '.note' };
  const look = () => {
    for (const [name, selector] of Object.entries(marks)) {
      if (globalThis.kithSeen[name] === undefined && document.querySelector(selector)) {
        globalThis.kithSeen[name] = null;
        globalThis.kithStood[name] = performance.now();
        painted(() => { globalThis.kithSeen[name] = performance.now(); });
      }
    }
  };
  new MutationObserver(look).observe(document, { childList: true, subtree: true });
};

async function meetWatched(meet, name) {
  const one = await meet(name);
  await one.profile.context.addInitScript(watcher);
  return one;
}
const seen = (page, name) => page.waitForFunction((key) => globalThis.kithSeen?.[key], name).then((handle) => handle.jsonValue());

/** How much of a file of the page travels, compressed as the house serves it. */
async function served(url, encoding) {
  const answer = await fetch(url, { headers: { 'accept-encoding': encoding } });
  if (!answer.ok || !answer.headers.get('content-encoding')) throw new Error(`${url}: ${answer.status}, not compressed`);
  await answer.arrayBuffer();
  return Number(answer.headers.get('content-length'));
}

/** Somebody who was never here: which scripts and styles have come by the time the first screen stands there with its words, and how soon the
 *  page can be used on a slow phone. Every browser takes gzip; not every one is offered brotli. */
async function coldStart(meet, url) {
  const { page, profile } = await meetWatched(meet, 'nobody yet');
  const client = await profile.context.newCDPSession(page);
  await client.send('Emulation.setCPUThrottlingRate', { rate: 4 });
  await page.goto(url);
  const heading = await seen(page, 'heading');
  await page.waitForTimeout(3_000);
  const { stood, loaded, tasks } = await page.evaluate(() => ({
    stood: globalThis.kithStood.heading,
    loaded: performance.getEntriesByType('resource').map(({ name, responseEnd }) => ({ name, at: responseEnd })),
    tasks: globalThis.kithTasks,
  }));
  await profile.close();
  const files = new Set(loaded.filter(({ name, at }) => at <= stood && /\.(js|css)$/.test(new URL(name).pathname)).map(({ name }) => name));
  const sizes = await Promise.all([...files].map((name) => served(name, 'gzip')));
  return {
    bytes: sizes.reduce((sum, size) => sum + size, 0),
    ready: Math.max(heading, ...tasks.filter((task) => task.at < heading + 500).map((task) => task.at + task.ms)),
  };
}

/** At the door of the house, and with an invitation: whichever is more. */
async function coldStarts(meet, house) {
  const both = [await coldStart(meet, house.url), await coldStart(meet, await house.invite())];
  figures['web.tti_ms'] = Math.max(...both.map(({ ready }) => ready));
  figures['web.first_load_kb'] = Math.max(...both.map(({ bytes }) => bytes)) / 1000;
}

async function wasmSize(url) {
  const { files } = await (await fetch(`${url}/shell.json`)).json();
  const path = Object.keys(files).find((name) => name.endsWith('.wasm'));
  figures['web.wasm_kb'] = (await served(url + path, 'br, gzip')) / 1000;
}

/** A street with a year of talk in it, put in over the house's own door. */
async function fill(house, posts) {
  const put = async (i) => {
    const words = Array.from({ length: 12 }, (_, k) => WORDS[(i * 7 + k * k * 3 + (i >> 4)) % WORDS.length]);
    const answer = await fetch(`${house.url}/api/posts`, {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ body: `Notice ${i}: ${words.join(' ')}.`, rest_ms: 0 }),
    });
    if (!answer.ok) throw new Error(`the house refused post ${i}: ${answer.status} ${await answer.text()}`);
    await answer.arrayBuffer();
  };
  for (let i = 0; i < posts; i += 16) await Promise.all(Array.from({ length: Math.min(16, posts - i) }, (_, k) => put(i + k)));
}

async function joinLarge(meet, house) {
  const someone = await meetWatched(meet, 'Newcomer');
  const { page } = someone;
  await page.goto(await house.invite());
  await someone.field('Your first name').fill('Newcomer');
  await page.evaluate(() => { globalThis.kithTasks.length = 0; globalThis.kithSeen.notice = undefined; });
  const began = await page.evaluate(() => performance.now());
  await someone.press(/^Join/);
  figures['web.join_first_posts_s'] = ((await seen(page, 'notice')) - began) / 1000;
  await someone.goes('/search');
  // Seen in the page: asking it from outside every few milliseconds would cost it a layout each time.
  const all = await page.evaluate((wanted) => new Promise((resolve) => {
    const look = () => {
      const count = /all ([\d,]+) things/.exec(document.querySelector('main').textContent)?.[1].replaceAll(',', '');
      if (Number(count ?? 0) < wanted) return;
      observer.disconnect();
      resolve(performance.now());
    };
    const observer = new MutationObserver(look);
    observer.observe(document.body, { childList: true, subtree: true, characterData: true });
    look();
  }), POSTS);
  figures['web.join_20k_s'] = (all - began) / 1000;
  figures['web.longest_task_ms'] = await page.evaluate(() => Math.max(0, ...globalThis.kithTasks.map((task) => task.ms)));
  return someone;
}

async function searches(someone) {
  const { page } = someone;
  await someone.goes('/search');
  const times = [];
  for (let i = 0; i < WRITES; i++) {
    const word = WORDS[i % WORDS.length];
    const typed = word.slice(0, 3 + (i % (word.length - 2)));
    times.push(await page.evaluate((text) => new Promise((resolve) => {
      const field = document.querySelector('#q');
      const before = performance.now();
      const observer = new MutationObserver(() => {
        if (![...document.querySelectorAll('main mark')].some((mark) => mark.textContent.toLowerCase().startsWith(text))) return;
        observer.disconnect();
        requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - before), 0));
      });
      observer.observe(document.querySelector('main'), { childList: true, subtree: true, characterData: true });
      field.value = text;
      field.dispatchEvent(new Event('input', { bubbles: true }));
    }), typed));
  }
  figures['web.search_ms_p95'] = percentile(times, 0.95);
}

async function writes(someone) {
  const { page } = someone;
  const times = [];
  for (let i = 0; i < WRITES; i++) {
    const text = `A short notice, number ${i}.`;
    await someone.goes('/');
    await page.locator('a[href="/new"]').first().click();
    await someone.field('Your notice').fill(text);
    times.push(await page.evaluate((said) => {
      const sheet = document.querySelector('dialog form');
      const begin = performance.now();
      const painted = new Promise((resolve) => {
        const observer = new MutationObserver(() => {
          if (![...document.querySelectorAll('.note')].some((note) => note.textContent.includes(said))) return;
          observer.disconnect();
          requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - begin), 0));
        });
        observer.observe(document.body, { childList: true, subtree: true });
      });
      sheet.requestSubmit();
      return painted;
    }, text));
  }
  figures['web.write_to_paint_ms_p95'] = percentile(times, 0.95);
}

/** Another's "thank you" (which does not rest) until it is painted here: from the press in one browser to the figure in the other. Both
 *  read one clock, that of the machine. */
async function live(writer, reader, house) {
  await house.kith('post', 'Shall we paint the bench?', '--rest', '0');
  const { post } = await until(async () => {
    const [first] = await house.kith('feed', '--limit', '1');
    return first && JSON.stringify(first).includes('paint the bench') ? { post: first } : null;
  }, 'the post is in the feed');
  const path = `/t/${post.id}`;
  for (const one of [writer, reader]) {
    await one.page.goto(house.url + path);
    await one.reads('Shall we paint the bench?');
  }
  const thank = (page) => page.locator('.acts button[aria-pressed]').first();
  const times = [];
  for (let i = 0; i < WRITES; i++) {
    const shown = reader.page.evaluate(() => new Promise((resolve) => {
      const acts = document.querySelector('.acts');
      const before = acts.textContent;
      const observer = new MutationObserver(() => {
        if (acts.textContent === before) return;
        observer.disconnect();
        requestAnimationFrame(() => setTimeout(() => resolve(performance.timeOrigin + performance.now()), 0));
      });
      observer.observe(acts, { childList: true, subtree: true, characterData: true });
    }));
    await thank(writer.page).waitFor();
    const pressed = await thank(writer.page).evaluate((button) => {
      const at = performance.timeOrigin + performance.now();
      button.click();
      return at;
    });
    times.push((await shown) - pressed);
  }
  figures['web.live_to_paint_ms_p95'] = percentile(times, 0.95);
}

async function offlineReloads(someone, house) {
  await someone.goes('/');
  await someone.page.waitForFunction(() => navigator.serviceWorker.controller !== null);
  await house.stop();
  const times = [];
  for (let i = 0; i < 7; i++) {
    await someone.page.reload();
    times.push(await seen(someone.page, 'notice'));
  }
  figures['web.offline_reload_ms'] = median(times);
}

/** A figure that cannot be had is left out, and the reason is told: the others are worth having all the same. */
async function part(name, work) {
  told(name);
  try {
    return await work();
  } catch (error) {
    told(`${name}: ${error.message.split('\n')[0]}`);
    process.exitCode = 1;
    return undefined;
  }
}

await street((build) => Neighbour.gather(async (meet) => {
  const house = build('Ana');
  await house.found();
  await house.serve();
  await part('cold start', () => coldStarts(meet, house));
  const [ben, cleo] = [await meetWatched(meet, 'Ben'), await meetWatched(meet, 'Cleo')];
  await part('joining', async () => {
    await ben.join(await house.invite());
    await cleo.join(await house.invite());
  });
  await part('size of the core', () => wasmSize(house.url));
  await part('writing', () => writes(ben));
  await part('live', () => live(cleo, ben, house));
  await part('offline', async () => {
    await ben.posts('Something of my own');
    await arrives(house, 'Something of my own');
    await offlineReloads(ben, house);
    await house.serve();
  });
  // Their browsers would take in what the house is filled with, and the two cores with it, while the newcomer joins.
  for (const one of [ben, cleo]) await one.profile.close();
  await part(`filling the street with ${POSTS} posts`, () => fill(house, POSTS));
  const newcomer = await part('joining the large one', () => joinLarge(meet, house));
  if (newcomer) await part('searching', () => searches(newcomer));
}));
console.log(JSON.stringify(figures));
