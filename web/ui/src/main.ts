// SPDX-License-Identifier: Apache-2.0
import { mount } from 'svelte';
import App from './App.svelte';
import { attach, on } from './core';
import './look/fonts.css';
import './look/tokens.css';
import './look/kith.css';
import './look/more.css';
import { followLinks, router } from './router.svelte';
import { shell } from './shell.svelte';
import { wasHere, watchStatus } from './status.svelte';
import { language, load, recall } from './words';

document.documentElement.lang = language;
const light = recall('light');
if (light) document.documentElement.dataset['theme'] = light;

async function core(): Promise<void> {
  if (import.meta.env.MODE === 'fixture') attach((await import('../fixture/core')).fixture());
  else attach((await import('./connect')).core());
}

/** Or after a second: a tab in the background paints nothing. */
const painted = (): Promise<void> =>
  new Promise((resolve) => {
    requestAnimationFrame(() => setTimeout(resolve));
    setTimeout(resolve, 1_000);
  });

/** To the first screen, without asking the core. Should that know better, it leads back. */
function begin(): void {
  history.replaceState(null, '', '/begin');
  const stop = on((event) => {
    if (event.type !== 'status') return;
    stop();
    if (event.phase !== 'empty' && location.pathname === '/begin') router.go('/', true);
  });
}

// Where nobody has begun, the first screen does not wait for the core, which would compete with it for the line.
const isKnown = wasHere() || import.meta.env.MODE === 'fixture';
if (!isKnown && location.pathname === '/') begin();
followLinks();
const shown = router.show(); // its chunk is on the way while the frame is painted
watchStatus();
if (isKnown) void core();
shell.t = await load({ en: () => import('./words/shell.en'), de: () => import('./words/shell.de') });
mount(App, { target: document.getElementById('app')! });
const settled = shown.then(painted);
if (!isKnown) void settled.then(core);
if (import.meta.env.PROD) void settled.then(() => import('./shell_watch')).then(({ watchShell }) => watchShell());
