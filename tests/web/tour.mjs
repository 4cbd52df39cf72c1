// SPDX-License-Identifier: Apache-2.0
// Makes docs/tour.md and its pictures: node tour.mjs FIXTURE DOCS. The pages are the real ones; the neighbours are made up (web/ui/fixture),
// so that everybody who makes the tour gets the same one.
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chromiumBrowser } from './lib/browser.mjs';
import { serveFolder } from './lib/static.mjs';

const [fixture, docs] = process.argv.slice(2);
const PHONE = { width: 390, height: 844 };
const DESK = { width: 1280, height: 900 };

/** file, route, what is said; `press` are buttons, in order; `whole`: the page to its end, not what one screen shows. */
const STOPS = [
  { file: 'invitation', route: '/i?phase=empty#open', title: 'An invitation', whole: true,
    say: 'Who invites, which place it is, its rules in three lines. One field, one button, and you are a neighbour. No address of yours, no password.' },
  { file: 'begin', route: '/begin?phase=empty', title: 'Other ways in', whole: true, say: 'Come back with twelve words or a code from another device; or begin alone, with notes and drafts that come along later.' },
  { file: 'board', route: '/', title: 'The board', say: 'What the street talks about, newest first. The lamp says how fresh it is; what needs you stands on top.' },
  { file: 'board-evening', route: '/', dark: true, title: 'The board in the evening', say: 'The same, with the lamps on.' },
  { file: 'board-desk', route: '/', desk: true, title: 'On a desk', say: 'A wider screen shows everything at once.' },
  { file: 'write', route: '/new', title: 'Writing', say: 'Who will be able to read it stands there before you post, in words and in numbers. For ten seconds it stays on your phone, and can be taken back.' },
  { file: 'search', route: '/search?q=linden', title: 'Search', say: 'Over all that is on this phone, as you type, also without a connection.' },
  { file: 'market', route: '/market', title: 'The market', say: 'To sell, give, lend, swap, and what people look for. Each says as of when it is known to be there.' },
  { file: 'promise', route: '/market/sewing', title: 'A promise', say: 'Asked for, promised, with time and place for the calendar. The deal itself is settled in person.' },
  { file: 'requests', route: '/market/oven', whole: true, title: 'Who asked', say: 'In the order in which the requests arrived. Somebody who wrote earlier and was offline is shown, not hidden; you decide.' },
  { file: 'people', route: '/people', title: 'People', say: 'Everybody has a door, drawn from their key. A name that looks like another’s is pointed at.' },
  { file: 'inviting', route: '/people', press: ['Invite a neighbour', 'Make the invitation'], title: 'Inviting', say: 'A code for the neighbour’s camera, or a link to pass on. Whoever comes in sees whose it is before typing a word.' },
  { file: 'mine', route: '/mine', desk: true, title: 'My data', whole: true, say: 'Ways back, devices, who can read what, what has not left yet and what left when, a file to take along.' },
  { file: 'words', route: '/mine/words', press: ['Show the words', 'I have written them down'], title: 'Practising the words', say: 'Twelve words on paper bring everything back. The practice screen checks that the paper is right.' },
  { file: 'about', route: '/about', dark: true, title: 'About this place', whole: true, say: 'Its rules, who looks after it, how fresh it is, and whether every house serves the same page.' },
];

async function picture(browser, url, stop) {
  const context = await browser.context({ viewport: stop.desk ? DESK : PHONE, colorScheme: stop.dark ? 'dark' : 'light', serviceWorkers: 'block', reducedMotion: 'reduce' });
  const page = await context.newPage();
  await page.goto(url + stop.route);
  await page.locator('h1').first().waitFor();
  for (const name of stop.press ?? []) await page.getByRole('button', { name }).first().click();
  await page.evaluate(() => document.fonts.ready);
  await page.waitForTimeout(500); // pictures of the pages themselves
  if (stop.whole) await page.setViewportSize({ ...page.viewportSize(), height: await page.evaluate(() => Math.min(1800, document.documentElement.scrollHeight)) });
  const session = await context.newCDPSession(page);
  const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality: 82 });
  await writeFile(join(docs, 'tour', `${stop.file}.webp`), Buffer.from(data, 'base64'));
  await context.close();
}

function text() {
  const parts = STOPS.map(({ file, title, say, desk }) => `## ${title}\n\n${say}\n\n<img src="tour/${file}.webp" alt="${title}" width="${desk ? 720 : 300}">\n`);
  return `# A tour\n\nMade by \`script/tour\` from the pages as they are, with made-up neighbours. Every page exists in English and German, by day and in the evening, from 320 pixels on.\n\n${parts.join('\n')}`;
}

await rm(join(docs, 'tour'), { recursive: true, force: true });
await mkdir(join(docs, 'tour'), { recursive: true });
const server = await serveFolder(fixture);
await chromiumBrowser(async (browser) => {
  for (const stop of STOPS) await picture(browser, server.url, stop);
});
await server.close();
await writeFile(join(docs, 'tour.md'), text());
