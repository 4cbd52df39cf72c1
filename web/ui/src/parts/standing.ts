// SPDX-License-Identifier: Apache-2.0
import type { Listing } from '../api';
import { past } from '../times';
import type { Say } from '../words';
import type en from '../words/market.en';

/** That it is still to be had, with how old that is. */
export function standingAsOf(t: Say<typeof en>, listing: Listing, now: number): string {
  const wanted = listing.kind === 'wanted';
  if (listing.as_of_ms === null) return t(wanted ? 'wantedAsKnown' : 'asKnown');
  return t(wanted ? 'wantedAsOf' : 'asOf', { age: past(listing.as_of_ms, now) });
}
