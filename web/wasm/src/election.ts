// SPDX-License-Identifier: Apache-2.0
// One tab holds the core. With Web Locks the browser says which, and who is next when that one goes. Without (a page
// over plain HTTP) a lease in IndexedDB does: renewed every second, free for the taking when nobody did for five. A
// tab that slept through its lease can do no harm: whoever opens the files anew shuts it out (indexed_files.ts).
import { done, openDatabase, request } from './indexed_db.ts';

const LOCK = 'kith-core';
const LEASE_MS = 5000;
const RENEW_MS = 1000;
const DATABASE = 'kith-lease';
const STORE = 'lease';

interface Lease {
  holder: string;
  until: number; // Date.now()
}

/** Resolves when this tab is to hold the core; it does until it is closed, or until `lost` is called. */
export async function election(own: string, lost: () => void): Promise<void> {
  if (typeof navigator.locks !== 'undefined') {
    await new Promise<void>((resolve, reject) => {
      navigator.locks.request(LOCK, () => (resolve(), new Promise<never>(() => {}))).catch(reject);
    });
    return;
  }
  if (typeof indexedDB === 'undefined') return;
  let database: IDBDatabase;
  try {
    database = await openDatabase(DATABASE, (fresh) => fresh.createObjectStore(STORE));
  } catch {
    return; // no storage at all: every tab is alone with its memory
  }
  while (!(await take(database, own))) await new Promise((resolve) => setTimeout(resolve, RENEW_MS));
  const renewal = setInterval(async () => {
    if (await take(database, own)) return;
    clearInterval(renewal);
    lost();
  }, RENEW_MS);
}

async function take(database: IDBDatabase, own: string): Promise<boolean> {
  const transaction = database.transaction(STORE, 'readwrite');
  const finished = done(transaction);
  const store = transaction.objectStore(STORE);
  const lease = (await request(store.get(0))) as Lease | undefined;
  const isMine = !lease || lease.holder === own || lease.until < Date.now();
  if (isMine) store.put({ holder: own, until: Date.now() + LEASE_MS } satisfies Lease, 0);
  await finished;
  return isMine;
}
