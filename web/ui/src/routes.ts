// SPDX-License-Identifier: Apache-2.0
// Every page: its path, the tab that is lit, and its chunk. A page that loads its own words exports nothing else but its component.
import type { Component } from 'svelte';

export type Tab = 'feed' | 'market' | 'notes' | 'people' | 'mine';
export interface Route {
  /** '/t/:id' hands the page a prop `id`. */
  path: string;
  tab?: Tab;
  /** Who has no neighbourhood yet sees this page too; others lead such a person to the beginning. */
  alone?: true;
  /** Without header, tabs and freshness: the first screens. */
  bare?: true;
  /** This one is a sheet (<Sheet>) that lies over the page with that path. */
  over?: string;
  /** The page has a field at its foot and shows what has just happened above it. */
  toast?: 'own';
  /** A wider main column; or one with the rail beside it. */
  wide?: true;
  load: () => Promise<{ default: Component<never> }>;
}

export const ROUTES: readonly Route[] = [
  { path: '/', tab: 'feed', alone: true, load: () => import('./pages/Feed.svelte') },
  { path: '/t/:id', tab: 'feed', toast: 'own', load: () => import('./pages/Thread.svelte') },
  { path: '/new', over: '/', load: () => import('./pages/Compose.svelte') },
  { path: '/search', alone: true, load: () => import('./pages/Search.svelte') },
  { path: '/drafts', alone: true, load: () => import('./pages/Drafts.svelte') },
  { path: '/notes', tab: 'notes', alone: true, load: () => import('./pages/Notes.svelte') },
  { path: '/me', over: '/', alone: true, load: () => import('./pages/Me.svelte') },
  { path: '/i', bare: true, alone: true, load: () => import('./pages/Join.svelte') },
  { path: '/begin', bare: true, alone: true, load: () => import('./pages/Begin.svelte') },
  { path: '/belong', bare: true, alone: true, load: () => import('./pages/Belong.svelte') },
  { path: '/secure', bare: true, alone: true, load: () => import('./pages/Secure.svelte') },
  { path: '/market', tab: 'market', wide: true, load: () => import('./pages/Market.svelte') },
  { path: '/market/new', tab: 'market', alone: true, load: () => import('./pages/Offer.svelte') },
  { path: '/market/:id', tab: 'market', wide: true, load: () => import('./pages/Item.svelte') },
  { path: '/market/:id/edit', tab: 'market', load: () => import('./pages/Offer.svelte') },
  { path: '/people', tab: 'people', load: () => import('./pages/People.svelte') },
  { path: '/people/:person', tab: 'people', load: () => import('./pages/Person.svelte') },
  { path: '/mine', tab: 'mine', alone: true, wide: true, load: () => import('./pages/Mine.svelte') },
  { path: '/mine/words', tab: 'mine', alone: true, load: () => import('./pages/MineWords.svelte') },
  { path: '/mine/link', tab: 'mine', alone: true, load: () => import('./pages/MineLink.svelte') },
  { path: '/about', wide: true, load: () => import('./pages/About.svelte') },
  { path: '/settings', over: '/', alone: true, load: () => import('./pages/Settings.svelte') },
];
