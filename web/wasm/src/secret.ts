// SPDX-License-Identifier: Apache-2.0
// What the core's keys lie under: 32 random bytes, sealed by a key that no script can take out of this browser. That
// keeps the keys out of a copied database, not from script of this origin (docs/threat-model.md).
import { done, openDatabase, request } from './indexed_db.ts';

const DATABASE = 'kith-secret';
const STORE = 'secret';
const SECRET_BYTES = 32;
const NONCE_BYTES = 12;

interface Sealed {
  key: CryptoKey;
  nonce: Uint8Array<ArrayBuffer>;
  box: ArrayBuffer;
}

/** Null: there is no WebCrypto here (plain HTTP), the keys lie in clear. */
export async function openSecret(): Promise<Uint8Array | null> {
  if (typeof crypto.subtle === 'undefined' || typeof indexedDB === 'undefined') return null;
  const database = await openDatabase(DATABASE, (fresh) => fresh.createObjectStore(STORE));
  try {
    const known = (await request(database.transaction(STORE).objectStore(STORE).get(0))) as Sealed | undefined;
    if (known) {
      return new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv: known.nonce }, known.key, known.box));
    }
    const secret = crypto.getRandomValues(new Uint8Array(SECRET_BYTES));
    const key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
    const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
    const box = await crypto.subtle.encrypt({ name: 'AES-GCM', iv: nonce }, key, secret);
    const transaction = database.transaction(STORE, 'readwrite', { durability: 'strict' });
    transaction.objectStore(STORE).put({ key, nonce, box } satisfies Sealed, 0);
    await done(transaction);
    return secret;
  } finally {
    database.close();
  }
}
