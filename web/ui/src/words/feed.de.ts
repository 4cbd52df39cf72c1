// SPDX-License-Identifier: Apache-2.0
import type { Same } from '../words';
import type en from './feed.en';

export default {
  put: 'Was soll {place} wissen?',
} satisfies Same<typeof en>;
