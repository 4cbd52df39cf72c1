// SPDX-License-Identifier: Apache-2.0
// One thread: the notice and its replies, page after page.
import type { Id, Result } from './api';
import { call } from './core';
import { Asked } from './query.svelte';

const PAGE = 100;
type Thread = Result<'forum.thread'>;

export class Talk extends Asked<Thread> {
  value = $state.raw<Thread>();
  #id: Id = '';
  #pages = 1;

  constructor(id: () => Id) {
    super();
    $effect(() => {
      this.#id = id();
      void this.askElse();
    });
    this.follow(['forum', 'people', 'personal', 'outbox']);
  }

  later(): Promise<void> {
    this.#pages++;
    return this.askElse();
  }

  protected override async pull(): Promise<Thread> {
    const first = await call('forum.thread', { id: this.#id, limit: PAGE });
    const replies = [...first.replies];
    let next = first.next;
    for (let page = 1; page < this.#pages && next; page++) {
      const more: Thread = await call('forum.thread', { id: this.#id, limit: PAGE, after: next });
      replies.push(...more.replies);
      next = more.next;
    }
    return { ...first, replies, next };
  }
  protected override take(answer: Thread): void {
    this.value = answer;
  }
}
