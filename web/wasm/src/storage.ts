// SPDX-License-Identifier: Apache-2.0
// The best place for files that this browser has, and always the same one: a browser that once had OPFS and now
// refuses it must not begin anew with nothing.
import { BlockFiles } from './block_files.ts';
import type { CoreFiles, StorageKind } from './files.ts';
import { IndexedFiles } from './indexed_files.ts';
import { done, openDatabase, request } from './indexed_db.ts';
import { OpfsFiles } from './opfs_files.ts';

const DATABASE = 'kith-storage';
const STORE = 'kind';

/** `wanted`: for tests of the lesser ones. Throws if the one with this browser's files cannot be opened. */
export async function openFiles(wanted: StorageKind | null): Promise<CoreFiles> {
  const known = await knownKind();
  for (const kind of wanted ? [wanted] : (['opfs', 'indexeddb'] as const)) {
    try {
      const files = await open(kind);
      if (files.kind !== 'memory' && known !== files.kind) await keepKind(files.kind);
      return files;
    } catch (error) {
      if (known === kind) throw error;
    }
  }
  return new BlockFiles();
}

async function open(kind: StorageKind): Promise<CoreFiles> {
  if (kind === 'opfs') return OpfsFiles.open();
  return kind === 'indexeddb' ? IndexedFiles.open() : new BlockFiles();
}

function openKind(): Promise<IDBDatabase> {
  return openDatabase(DATABASE, (fresh) => fresh.createObjectStore(STORE));
}

async function knownKind(): Promise<StorageKind | null> {
  try {
    const database = await openKind();
    const kind = (await request(database.transaction(STORE).objectStore(STORE).get(0))) as StorageKind | undefined;
    database.close();
    return kind ?? null;
  } catch {
    return null; // no IndexedDB: it kept nothing either
  }
}

async function keepKind(kind: StorageKind): Promise<void> {
  const database = await openKind();
  const transaction = database.transaction(STORE, 'readwrite');
  transaction.objectStore(STORE).put(kind, 0);
  await done(transaction);
  database.close();
}
