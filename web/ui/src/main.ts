// SPDX-License-Identifier: Apache-2.0
import { mount } from 'svelte';
import App from './App.svelte';
import { attach } from './core';
import './look/fonts.css';
import './look/tokens.css';
import './look/kith.css';
import './look/more.css';
import { followLinks, router } from './router.svelte';
import { shell } from './shell.svelte';
import { watchStatus } from './status.svelte';
import { shellUpdate } from './update.svelte';
import { language, load, recall } from './words';

document.documentElement.lang = language;
const light = recall('light');
if (light) document.documentElement.dataset['theme'] = light;

async function core(): Promise<void> {
  if (import.meta.env.MODE === 'fixture') attach((await import('../fixture/core')).fixture());
  else attach((await import('./connect')).core());
}

followLinks();
void router.show(); // its chunk is on the way while the frame is painted
watchStatus();
void core();
shell.t = await load({ en: () => import('./words/shell.en'), de: () => import('./words/shell.de') });
mount(App, { target: document.getElementById('app')! });
if (import.meta.env.PROD) void shellUpdate.watch();
