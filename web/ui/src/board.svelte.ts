// SPDX-License-Identifier: Apache-2.0
// The board's notices: what is on the screen stays where it is while one reads. Changes to what is shown come at once, own
// notices too; new ones of others wait until they are wanted.
import { isProblem, type Id, type Problem, type Result, type ThreadCard } from './api';
import { call, on } from './core';

const PAGE = 20;
type Filter = { category: string | undefined; tag: string | undefined };

export class Board {
  shown = $state.raw<ThreadCard[]>([]);
  waiting = $state.raw<ThreadCard[]>([]);
  /** Those that came in when the button was pressed. */
  arrived = $state.raw<ReadonlySet<Id>>(new Set());
  next = $state<string | null>(null);
  ready = $state(false);
  problem = $state.raw<Problem>();
  #filter: Filter = { category: undefined, tag: undefined };
  #pages = 1;
  #known = new Set<Id>();
  #asking = false;
  #again = false;

  constructor(filter: () => Filter) {
    $effect(() => {
      this.#filter = filter();
      this.#pages = 1;
      this.#known.clear();
      this.ready = false;
      void this.#ask();
    });
    $effect(() =>
      on((event) => {
        if (event.type === 'changed' && event.what.some((area) => area === 'forum' || area === 'people' || area === 'personal' || area === 'outbox')) void this.#ask();
      }),
    );
  }

  reveal(): void {
    this.arrived = new Set(this.waiting.map((thread) => thread.id));
    this.#known.clear();
    void this.#ask();
    scrollTo({ top: 0 });
  }

  older(): Promise<void> {
    this.#pages++;
    return this.#ask();
  }

  /** Every page anew, each from where the one before it ended: a notice that moved is neither lost nor doubled. */
  async #pull(): Promise<{ threads: ThreadCard[]; next: string | null }> {
    const { category, tag } = this.#filter;
    const threads: ThreadCard[] = [];
    let next: string | null = null;
    for (let page = 0; page < this.#pages; page++) {
      const got: Result<'forum.feed'> = await call('forum.feed', { limit: PAGE, ...(next && { before: next }), ...(category && { category }), ...(tag && { tag }) });
      threads.push(...got.threads);
      next = got.next;
      if (!next) break;
    }
    return { threads, next };
  }

  async #ask(): Promise<void> {
    if (this.#asking) {
      this.#again = true;
      return;
    }
    this.#asking = true;
    do {
      this.#again = false;
      try {
        const { threads, next } = await this.#pull();
        if (!this.#again) this.#take(threads, next);
        this.problem = undefined;
      } catch (e) {
        this.problem = isProblem(e) ? e : { code: 'page', cause: String(e), remedy: '' };
      }
    } while (this.#again);
    this.#asking = false;
  }

  #take(threads: ThreadCard[], next: string | null): void {
    const first = this.#known.size === 0;
    const oldest = this.shown.at(-1)?.last_ms ?? Infinity;
    // Older ones that were asked for are no news; nor is what I wrote myself.
    const isNews = (thread: ThreadCard) => !first && !this.#known.has(thread.id) && !thread.post?.mine && thread.last_ms > oldest;
    this.waiting = threads.filter(isNews);
    const waiting = new Set(this.waiting);
    const fresh = new Map(threads.map((thread) => [thread.id, thread]));
    const kept = first ? [] : this.shown.flatMap((thread) => fresh.get(thread.id) ?? []);
    const keptIds = new Set(kept.map((thread) => thread.id));
    const added = threads.filter((thread) => !waiting.has(thread) && !keptIds.has(thread.id));
    const mine = added.filter((thread) => thread.post?.mine && thread.last_ms > oldest);
    this.shown = first ? threads : [...mine, ...kept, ...added.filter((thread) => !mine.includes(thread))];
    for (const thread of this.shown) this.#known.add(thread.id);
    this.next = next;
    this.ready = true;
  }
}
