import type { SharedStore } from '../../engine/store/remote/shared-store.ts';
import type { StoreList } from '../../engine/store/remote/store-list.ts';

/** The shared stores of a project. */
export type PulledStore = SharedStore | StoreList;

/** The stores that answer and have a list. A single one says by itself why it has none. */
export async function storesWithList({ stores }: PulledStore): Promise<readonly SharedStore[]> {
  if (stores.length === 1) return stores;
  const listable: SharedStore[] = [];
  for (const store of stores) {
    if (store.remote.bucket.isReadOnly !== true && (await store.answers())) listable.push(store);
  }
  return listable;
}
