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
  /** A wider main column; or one with the rail beside it. */
  wide?: true;
  load: () => Promise<{ default: Component<never> }>;
}

export const ROUTES: readonly Route[] = [
  { path: '/', tab: 'feed', alone: true, load: () => import('./pages/Feed.svelte') },
  { path: '/t/:id', tab: 'feed', load: () => import('./pages/Thread.svelte') },
  { path: '/new', over: '/', load: () => import('./pages/Compose.svelte') },
  { path: '/search', alone: true, load: () => import('./pages/Search.svelte') },
  { path: '/drafts', alone: true, load: () => import('./pages/Drafts.svelte') },
  { path: '/notes', tab: 'notes', alone: true, load: () => import('./pages/Notes.svelte') },
  { path: '/me', over: '/', alone: true, load: () => import('./pages/Me.svelte') },
  { path: '/settings', over: '/', alone: true, load: () => import('./pages/Settings.svelte') },
];
