// SPDX-License-Identifier: Apache-2.0
// Two Vite plugins for index.html: the icons of src/look/icons.mjs as one hidden <svg> of symbols; and, while developing only, a
// content security policy that lets Vite put its styles in.
import { readFileSync } from 'node:fs';
import { LUCIDE, OURS } from '../src/look/icons.mjs';

const folder = new URL('../node_modules/lucide-static/icons/', import.meta.url);

function drawing(name) {
  const svg = readFileSync(new URL(`${name}.svg`, folder), 'utf8');
  return svg.slice(svg.indexOf('>', svg.indexOf('<svg')) + 1, svg.lastIndexOf('</svg>')).replace(/\s*\n\s*/g, '').replaceAll(' />', '/>');
}

export function icons() {
  return {
    name: 'kith-icons',
    transformIndexHtml(html) {
      const all = [...LUCIDE.map((name) => [name, drawing(name)]), ...Object.entries(OURS)];
      const symbols = all.map(([name, inside]) => `<symbol id="i-${name}" viewBox="0 0 24 24">${inside}</symbol>`).join('');
      return html.replace('<!--icons-->', `<svg hidden>${symbols}</svg>`);
    },
  };
}

export function developersPolicy() {
  return { name: 'kith-policy', apply: 'serve', transformIndexHtml: (html) => html.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'") };
}
