// SPDX-License-Identifier: Apache-2.0
// The icons that the page uses. From lucide by name (ISC, the package lucide-static); the others are drawn by us.
// tools/html.mjs makes <symbol>s of them inside index.html, so that they are there with the first paint.

export const LUCIDE = /** @type {const} */ ([
  'archive', 'arrow-left', 'arrow-right', 'arrow-up', 'bell-off', 'bell-ring', 'calendar-days', 'check', 'chevron-down', 'clock',
  'cloud-off', 'copy', 'download', 'ellipsis', 'eye-off', 'file-text', 'hand-heart', 'hash', 'heart-handshake', 'history', 'hourglass',
  'house', 'image', 'info', 'key-round', 'landmark', 'link', 'log-out', 'messages-square', 'notebook-pen', 'pencil', 'pin', 'plus',
  'qr-code', 'refresh-cw', 'reply', 'router', 'search', 'send', 'share-2', 'shield-check', 'shopping-basket', 'sliders-horizontal',
  'smartphone', 'tag', 'trash-2', 'triangle-alert', 'undo-2', 'user', 'user-plus', 'users', 'volume-off', 'x',
]);

export const OURS = /** @type {const} */ ({
  'lamp-on':
    '<path d="M8 9h8l-1.4 8H9.4z" fill="var(--lit)"/><path d="M6.5 9 12 4l5.5 5zM12 4V2.5M10 17.5h4M12 17.5V22M3 12h1.5M19.5 12H21M4.5 6.5l1 .8M19.5 6.5l-1 .8"/>',
  'lamp-part':
    '<path d="M8.7 13h6.6l-.7 4H9.4z" fill="var(--lit)" stroke="none"/><path d="M8 9h8l-1.4 8H9.4zM6.5 9 12 4l5.5 5zM12 4V2.5M10 17.5h4M12 17.5V22"/>',
  'lamp-off': '<path d="M8 9h8l-1.4 8H9.4zM6.5 9 12 4l5.5 5zM12 4V2.5M10 17.5h4M12 17.5V22"/>',
  board: '<rect x="3" y="4" width="18" height="14" rx="1.5"/><path d="M7 8h4v5H7zM14 8h3M14 11h3M6 18v3M18 18v3"/>',
});

/** @typedef {(typeof LUCIDE)[number] | keyof typeof OURS} IconName */
