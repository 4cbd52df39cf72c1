// SPDX-License-Identifier: Apache-2.0
// What a page shows of the core: asked when its arguments change and again on every `changed` event of its areas.
//   const feed = query('forum.feed', () => ({ limit: 20 }), ['forum', 'people']);
//   {#if feed.value} … {/if}      feed.problem is why it could not be asked; the last value stays.
import { isProblem, type Area, type Args, type Name, type Problem, type Result } from './api';
import { call, on } from './core';

/** Something that is asked again and again: while one question is on its way, many wishes become one more question. */
export abstract class Asked<Answer> {
  problem = $state.raw<Problem>();
  #asking = false;
  #again = false;

  protected abstract pull(): Promise<Answer>;
  protected abstract take(answer: Answer): void;

  async ask(): Promise<void> {
    if (this.#asking) {
      this.#again = true;
      return;
    }
    this.#asking = true;
    do {
      this.#again = false;
      try {
        const answer = await this.pull();
        if (this.#again) continue; // already old
        this.take(answer);
        this.problem = undefined;
      } catch (e) {
        this.problem = isProblem(e) ? e : { code: 'page', cause: String(e), remedy: '' };
      }
    } while (this.#again);
    this.#asking = false;
  }

  /** Asks anew on every change of these areas, as long as the component lives that is being made. */
  protected follow(areas: Area[]): void {
    $effect(() =>
      on((event) => {
        if (event.type === 'changed' && event.what.some((area) => areas.includes(area))) void this.ask();
      }),
    );
  }
}

export class Query<N extends Name> extends Asked<Result<N>> {
  value = $state.raw<Result<N>>();
  #name: N;
  #args: Args<N> = {};

  constructor(name: N, args: () => Args<N>, areas: Area[]) {
    super();
    this.#name = name;
    $effect(() => {
      this.#args = args();
      void this.ask();
    });
    this.follow(areas);
  }

  protected override pull(): Promise<Result<N>> {
    return call(this.#name, this.#args);
  }
  protected override take(answer: Result<N>): void {
    this.value = answer;
  }
}

/** Call it while a component is being made; it ends with the component. */
export function query<N extends Name>(name: N, args: () => Args<N>, areas: Area[]): Query<N> {
  return new Query(name, args, areas);
}
