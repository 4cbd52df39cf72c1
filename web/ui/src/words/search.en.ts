// SPDX-License-Identifier: Apache-2.0
export default {
  what: 'A word, a name, a thing',
  found: { one: 'One found.', other: '{n} found.' },
  searched: { one: 'Searched the one thing that is on this phone.', other: 'Searched all {n} things that are on this phone.' },
  by: 'Notice by {name}',
  named: '{name}',
  note: 'A note of yours',
  more: 'Show more',
  none: 'Nothing on this phone fits',
  none_why: 'Somebody may know all the same.',
  ask: 'Does anybody know: {text}?',
  ask_all: 'Ask on the board',
} as const;
