// SPDX-License-Identifier: Apache-2.0
// A neighbour at a browser: what people do on the pages, by the words that they read there.
import { Profile } from './browser.mjs';
import { until } from './houses.mjs';

export class Neighbour {
  constructor(name, profile) {
    this.name = name;
    this.profile = profile;
  }

  /** `use(meet)`: meet(name) is a neighbour with a browser of their own. All browsers are closed at the end. */
  static async gather(use, options = {}) {
    const all = [];
    try {
      return await use(async (name) => {
        const one = new Neighbour(name, await Profile.make(options));
        all.push(one);
        one.page = await one.profile.open();
        return one;
      });
    } finally {
      for (const one of all) await one.profile.remove();
    }
  }

  async reopen() {
    await this.profile.close();
    this.page = await this.profile.open();
  }

  button(name) { return this.page.getByRole('button', { name }); }
  field(name) { return this.page.getByLabel(name); }
  /** That a text can be read on the page. */
  reads(text) { return this.page.locator('main').getByText(text).filter({ visible: true }).first().waitFor(); }
  async press(name) { await this.button(name).first().click(); }

  /** From an invitation to the board: one field, one button. */
  async join(invite) {
    await this.page.goto(invite);
    await this.page.getByRole('heading', { name: /invite/ }).waitFor();
    await this.field('Your first name').fill(this.name);
    await this.press(/^Join/);
    await this.page.waitForURL((url) => url.pathname === '/');
    await this.page.locator('.app h1').waitFor();
  }

  /** Puts up a notice from wherever it is in the page. */
  async posts(text) {
    await this.goes('/');
    await this.page.locator('a[href="/new"]').first().click();
    await this.field('Your notice').fill(text);
    await this.press(/^Post/);
    await this.reads(text);
    await this.page.getByRole('dialog').waitFor({ state: 'detached' });
  }

  /** Another page, the way a link inside the page goes there; with reload, as the address bar does. */
  async goes(path) {
    await this.page.evaluate((to) => {
      const link = document.createElement('a');
      link.href = to;
      document.body.append(link);
      link.click();
      link.remove();
    }, path);
    await this.page.waitForURL((url) => url.pathname === path.split(/[?#]/)[0]);
  }

  async finds(words, text) {
    await this.goes(`/search?q=${encodeURIComponent(words)}`);
    await this.reads(text);
  }

  async offers(kind, title) {
    await this.goes('/market/new');
    await this.page.getByLabel(kind, { exact: true }).check({ force: true });
    await this.field(/^What (is it|are you)/).fill(title);
    await this.press(/^(Show it|Keep it)/);
    await this.page.getByRole('heading', { name: title }).waitFor();
    return new URL(this.page.url()).pathname;
  }

  /** Keeps a note to oneself. */
  async notes(text) {
    await this.goes('/notes');
    await this.field('Your note').fill(text);
    await this.press('Keep');
    await this.reads(text);
  }

  /** Begins an offer and leaves it. */
  async drafts(text) {
    await this.goes('/market/new');
    await this.field('What is it?').fill(text);
    await this.goes('/drafts');
    await this.reads(text);
  }

  /** The twelve words, each into its field. */
  async types(words) {
    for (const [i, word] of words.entries()) await this.page.getByLabel(`Word ${i + 1}`, { exact: true }).fill(word);
  }

  /** Waits until nothing of mine waits here any more. */
  async allLeft() {
    await this.goes('/mine');
    await this.reads('Everything of yours has left this device.');
  }
}

/** That a house has a post with this text. */
export const arrives = (house, text) => until(async () => {
  const lines = await house.kith('feed', '--limit', '200');
  return lines.some((line) => JSON.stringify(line).includes(text));
}, `${house.name}'s house has “${text}”`);
