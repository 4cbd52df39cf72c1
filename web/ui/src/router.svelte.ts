// SPDX-License-Identifier: Apache-2.0
// Paths to pages. Every page is a chunk of its own, loaded with its words; a sheet lies over the page that was open before.
import type { Component } from 'svelte';
import { ROUTES, type Route } from './routes';

export interface Shown { route: Route; params: Record<string, string>; page: Component<Record<string, string>>; key: string }

function match(path: string): { route: Route; params: Record<string, string> } {
  const parts = path.split('/').filter(Boolean);
  for (const route of ROUTES) {
    const want = route.path.split('/').filter(Boolean);
    if (want.length !== parts.length) continue;
    const params: Record<string, string> = {};
    const fits = want.every((piece, i) => {
      if (!piece.startsWith(':')) return piece === parts[i];
      params[piece.slice(1)] = decodeURIComponent(parts[i]!);
      return true;
    });
    if (fits) return { route, params };
  }
  return { route: ROUTES[0]!, params: {} };
}

class Router {
  path = $state(location.pathname);
  /** Text after ?, for filters that a link may carry. */
  search = $state(location.search);
  /** Without the frame: known before the page itself is here. */
  bare = $state(false);
  page = $state.raw<Shown>();
  sheet = $state.raw<Shown>();
  /** A chunk could not be had: the shell says so instead of staying blank. */
  failed = $state(false);
  #latest = 0;

  async show(): Promise<void> {
    const turn = ++this.#latest;
    this.path = location.pathname;
    this.search = location.search;
    const { route, params } = match(this.path);
    if (!this.page) this.bare = route.bare ?? false;
    if (!this.bare) void import('./Frame.svelte').catch(() => undefined); // on its way before anything is mounted
    try {
      const under = route.over && !this.page ? await this.#load(match(route.over)) : undefined;
      const shown = await this.#load({ route, params });
      if (turn !== this.#latest) return;
      this.failed = false;
      this.bare = (this.page && route.over ? this.page.route : route).bare ?? false;
      if (route.over) {
        if (under) this.page = under;
        this.sheet = shown;
      } else {
        this.sheet = undefined;
        if (this.page?.key !== shown.key) this.page = shown;
      }
    } catch {
      if (turn === this.#latest) this.failed = true;
    }
  }

  async #load(found: { route: Route; params: Record<string, string> }): Promise<Shown> {
    const key = `${found.route.path} ${Object.values(found.params).join(' ')}`; // filters after ? do not make a page anew
    const { bare, tab } = found.route;
    const looks = [!bare && import('./look/board.css'), tab !== 'feed' && import('./look/first.css'), !bare && tab !== 'feed' && import('./look/rest.css')];
    const [page] = await Promise.all([found.route.load(), ...looks]);
    return { ...found, key, page: page.default as Component<Record<string, string>> };
  }

  go(path: string, replace = false): void {
    if (path !== location.pathname + location.search) history[replace ? 'replaceState' : 'pushState']({ inside: true }, '', path);
    void this.show();
  }

  /** Back to where one came from; from a link out of nowhere, to `path`. */
  leave(path: string): void {
    if ((history.state as { inside?: boolean } | null)?.inside) history.back();
    else this.go(path, true);
  }
}

export const router = new Router();

/** Links to our own pages are followed here; everything else is the browser's. */
export function followLinks(): void {
  addEventListener('popstate', () => void router.show());
  document.addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = (event.target as Element).closest('a[href]') as HTMLAnchorElement | null;
    if (!link || link.target || link.hasAttribute('download') || link.origin !== location.origin) return;
    if (link.pathname === location.pathname && link.search === location.search && link.hash) return; // inside the page
    event.preventDefault();
    router.go(link.pathname + link.search + link.hash);
  });
}
