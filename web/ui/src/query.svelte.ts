// SPDX-License-Identifier: Apache-2.0
// What a page shows of the core: asked when its arguments change and again on every `changed` event of its areas.
//   const feed = query('forum.feed', () => ({ limit: 20 }), ['forum', 'people']);
//   {#if feed.value} … {/if}      feed.problem is why it could not be asked; the last value stays.
import { isProblem, type Area, type Args, type Name, type Problem, type Result } from './api';
import { call, on } from './core';

/** Something that is asked again and again: while one question is on its way, many wishes become one more question. Its answer is taken all
 *  the same, unless something else is wanted meanwhile: where much comes in, the next change is always there before the answer. */
export abstract class Asked<Answer> {
  problem = $state.raw<Problem>();
  #asking = false;
  #again = false;
  #wish = 0;

  protected abstract pull(): Promise<Answer>;
  protected abstract take(answer: Answer): void;

  /** With other arguments than before. */
  protected askElse(): Promise<void> {
    this.#wish++;
    return this.ask();
  }

  async ask(): Promise<void> {
    if (this.#asking) {
      this.#again = true;
      return;
    }
    this.#asking = true;
    do {
      this.#again = false;
      const wish = this.#wish;
      try {
        const answer = await this.pull();
        if (wish !== this.#wish) continue;
        this.take(answer);
        this.problem = undefined;
      } catch (e) {
        if (wish !== this.#wish) continue;
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
      void this.askElse();
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
