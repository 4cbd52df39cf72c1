// SPDX-License-Identifier: Apache-2.0
// The board's notices: what is on the screen stays where it is while one reads. Changes to what is shown come at once, own
// notices too; new ones of others wait until they are wanted.
import type { Id, Result, ThreadCard } from './api';
import { call } from './core';
import { Asked } from './query.svelte';

const PAGE = 20;
type Filter = { category: string | undefined; tag: string | undefined };

interface Pages { threads: ThreadCard[]; next: string | null }

let open: Board | undefined; // the one on the screen

/** A notice of mine, as the core answered its writing: it stands on the board before that is asked anew. */
export function putUp(post: Result<'forum.write'>): void {
  open?.putUp(post);
}

export class Board extends Asked<Pages> {
  shown = $state.raw<ThreadCard[]>([]);
  waiting = $state.raw<ThreadCard[]>([]);
  /** Those that came in when the button was pressed. */
  arrived = $state.raw<ReadonlySet<Id>>(new Set());
  next = $state<string | null>(null);
  ready = $state(false);
  #filter: Filter = { category: undefined, tag: undefined };
  #pages = 1;
  #known = new Set<Id>();

  constructor(filter: () => Filter) {
    super();
    $effect(() => {
      this.#filter = filter();
      this.#pages = 1;
      this.#known.clear();
      this.ready = false;
      void this.askElse();
    });
    $effect(() => {
      open = this;
      return () => (open = undefined);
    });
    this.follow(['forum', 'people', 'personal', 'outbox']);
  }

  putUp(post: Result<'forum.write'>): void {
    const { category, tag } = this.#filter;
    if (!this.ready || (category && post.category !== category) || (tag && !post.tags.includes(tag))) return;
    const { id, person, name, written_ms } = post;
    this.shown = [{ id, post, replies: 0, last_ms: written_ms, last_person: person, last_name: name, unread: 0, muted: false, followed: false, pinned: false }, ...this.shown];
    this.#known.add(id);
    void this.askElse(); // what is on its way knows nothing of it
  }

  reveal(): void {
    this.arrived = new Set(this.waiting.map((thread) => thread.id));
    this.#known.clear();
    void this.askElse();
    scrollTo({ top: 0 });
  }

  older(): Promise<void> {
    this.#pages++;
    return this.askElse();
  }

  /** Every page anew, each from where the one before it ended: a notice that moved is neither lost nor doubled. */
  protected override async pull(): Promise<Pages> {
    const { category, tag } = this.#filter;
    const after = (next: string | null) => call('forum.feed', { limit: PAGE, ...(next && { before: next }), ...(category && { category }), ...(tag && { tag }) });
    // Pinned ones first, on the whole board only.
    const [top, first]: [Result<'forum.pinned'>, Result<'forum.feed'>] = await Promise.all([category || tag ? { threads: [], next: null } : call('forum.pinned', {}), after(null)]);
    const pinned = new Set(top.threads.map((thread) => thread.id));
    const threads = [...top.threads];
    let got = first;
    for (let page = 1; ; page++) {
      threads.push(...got.threads.filter((thread) => !pinned.has(thread.id)));
      if (!got.next || page >= this.#pages) return { threads, next: got.next };
      got = await after(got.next);
    }
  }

  protected override take({ threads, next }: Pages): void {
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
